//! Every int8 and uint8 TFLite model of the public data.

use std::env;
use std::path::{Path, PathBuf};

use sanderling_host::{Array, Backend, kernels, read_npz};
use sanderling_import::ImportOptions;
use sanderling_ir::{DType, Graph, Module, Tensor};
use sanderling_oracle::Oracle;
use sanderling_runtime::{Model, Session};

use crate::harness::compare;

/// Models that nothing runs, and why.
const NOT_RUN: &[(&str, &str)] = &[("tflm_mnist_lstm_int8", "the importer has no quantized unidirectional LSTM")];

fn folders() -> Vec<PathBuf> {
    let Some(data) = env::var_os("SANDERLING_DATA") else {
        println!("skipped: SANDERLING_DATA is not set");
        return Vec::new();
    };
    let models = Path::new(&data).join("models/tflite");
    let mut folders: Vec<PathBuf> = std::fs::read_dir(models).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders
}

fn name(folder: &Path) -> String {
    folder.file_name().unwrap().to_string_lossy().into_owned()
}

#[test]
fn integer_models_equal_litert() {
    for folder in folders() {
        let name = name(&folder);
        if let Some((_, why)) = NOT_RUN.iter().find(|(n, _)| *n == name) {
            println!("skipped: {name}: {why}");
            continue;
        }
        let bytes = std::fs::read(folder.join("model.tflite")).unwrap();
        let module = sanderling_import::import(&bytes, &ImportOptions::default()).unwrap();
        let graph = module.function("main").unwrap();
        if graph.values.iter().any(|v| v.ty.dtype == DType::F32) || !graph.states.is_empty() {
            println!("skipped: {name}: it has real values or states");
            continue;
        }
        println!("{name}: {}", check(&name, &folder, &module, graph));
    }
}

fn check(name: &str, folder: &Path, module: &Module, graph: &Graph) -> String {
    let target = sanderling_targets::find("host").unwrap();
    let compiled = sanderling_compile::compile(module, &target).unwrap_or_else(|e| panic!("{name}: {e}"));
    let inputs = read_npz(&folder.join("io.npz")).unwrap();
    let recorded = folder.join("ref.npz");
    let recorded = if recorded.exists() { read_npz(&recorded).unwrap() } else { Vec::new() };
    let mut samples = 0;
    for backend in [Backend::Scalar, Backend::Auto] {
        let model = Model::parse(&compiled.artifact, kernels(backend)).unwrap();
        let mut arena = vec![0; model.arena_bytes()];
        let mut session = Session::new(&model, &mut arena).unwrap();
        session.self_test().unwrap_or_else(|e| panic!("{name} {backend:?}: {e}"));
        samples = 0;
        // One sample shows what the self-test did not; recorded ones are cheap.
        let most = if recorded.is_empty() { 1 } else { usize::MAX };
        while samples < most
            && let Some(given) = sample(&inputs, samples, "in", graph.inputs.len())
        {
            for (i, array) in given.iter().enumerate() {
                session.input(i).unwrap().copy_from_slice(&array.data);
            }
            session.run().unwrap();
            for (i, wanted) in wanted(graph, &given, &recorded, samples).iter().enumerate() {
                compare(session.output(i).unwrap(), wanted, &format!("{name} {backend:?} sample {samples}"));
            }
            samples += 1;
        }
    }
    let source = if recorded.is_empty() { "the oracle" } else { "LiteRT's reference kernels" };
    format!("{samples} samples equal {source}")
}

/// What the outputs should be: as recorded, or as the oracle has it.
fn wanted(graph: &Graph, given: &[&Array], recorded: &[Array], index: usize) -> Vec<Tensor> {
    let tensor =
        |(&id, data): (&sanderling_ir::ValueId, &Vec<u8>)| Tensor { ty: graph.ty(id).clone(), data: data.clone() };
    match sample(recorded, index, "out", graph.outputs.len()) {
        Some(arrays) => graph.outputs.iter().zip(arrays.iter().map(|a| &a.data)).map(tensor).collect(),
        None => {
            let inputs: Vec<Tensor> = graph.inputs.iter().zip(given.iter().map(|a| &a.data)).map(tensor).collect();
            Oracle::new(graph).run(&inputs).unwrap()
        }
    }
}

/// The arrays of a sample, or `None` after the last.
fn sample<'a>(arrays: &'a [Array], index: usize, side: &str, count: usize) -> Option<Vec<&'a Array>> {
    let find = |i: usize| arrays.iter().find(|a| a.name == format!("s{index}_{side}{i}"));
    (0..count).map(find).collect()
}
