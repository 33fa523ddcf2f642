//! Whole TFLite models against recorded outputs of LiteRT, on every backend.

use std::path::{Path, PathBuf};
use std::{env, fs};

use sanderling_host::{Array, Backend, kernels, read_npz};
use sanderling_import::{ImportOptions, import};
use sanderling_ir::{DType, Tensor, TensorType};
use sanderling_runtime::{Model, Session};

use crate::harness::agree;

/// Models that are not compared, and why.
const NOT_COMPARED: &[(&str, &str)] = &[(
    "mlperf_kws_fp32",
    "LiteRT quantizes the inputs of its i8-weight convolutions; the importer widens the weights",
)];

#[test]
fn float_models_give_the_recorded_outputs() {
    let Some(data) = env::var_os("SANDERLING_DATA") else {
        println!("skipped: SANDERLING_DATA is not set");
        return;
    };
    let mut folders: Vec<PathBuf> =
        fs::read_dir(Path::new(&data).join("models/tflite")).unwrap().map(|e| e.unwrap().path()).collect();
    folders.sort();
    let mut failures = Vec::new();
    for folder in folders.iter().filter(|f| f.join("io.npz").exists()) {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        match compare(&name, folder) {
            Ok(what) => println!("{name}: {what}"),
            Err(why) => failures.push(format!("{name}: {why}")),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn compare(name: &str, folder: &Path) -> Result<String, String> {
    if let Some((_, why)) = NOT_COMPARED.iter().find(|(n, _)| *n == name) {
        return Ok(format!("skipped: {why}"));
    }
    let bytes = fs::read(folder.join("model.tflite")).map_err(|e| e.to_string())?;
    let module = match import(&bytes, &ImportOptions::default()) {
        Ok(module) => module,
        Err(why) => return Ok(format!("skipped: {why}")),
    };
    let graph = &module.functions[0];
    if graph.inputs.iter().chain(&graph.outputs).any(|&id| graph.ty(id).dtype != DType::F32) {
        return Ok("skipped: not a float model".into());
    }
    let target = sanderling_targets::find("host").unwrap();
    let artifact = match sanderling_compile::compile(&module, &target) {
        Ok(compiled) => compiled.artifact,
        Err(why) => return Ok(format!("skipped: {why}")),
    };
    let recorded = read_npz(&folder.join("io.npz")).map_err(|e| e.to_string())?;
    let mut samples = 0;
    for backend in [Backend::Scalar, Backend::Auto] {
        samples = run(&artifact, backend, &recorded).map_err(|why| format!("{backend:?}: {why}"))?;
    }
    if samples == 0 { Err("no samples".into()) } else { Ok(format!("{samples} samples on both backends")) }
}

/// Every sample, and the self-test. Samples were recorded one after another: states go on from each to the next.
fn run(artifact: &[u8], backend: Backend, recorded: &[Array]) -> Result<usize, String> {
    let model = Model::parse(artifact, kernels(backend)).map_err(|e| e.to_string())?;
    let mut arena = vec![0; model.arena_bytes()];
    let mut session = Session::new(&model, &mut arena).map_err(|e| e.to_string())?;
    session.self_test().map_err(|e| format!("self-test: {e}"))?;
    let array = |sample: usize, what: &str, i: usize| {
        let name = format!("s{sample}_{what}{i}");
        recorded.iter().find(|array| array.name == name)
    };
    let mut sample = 0;
    while array(sample, "in", 0).is_some() {
        for i in 0..model.inputs().count() {
            let input = array(sample, "in", i).ok_or("an input is not recorded")?;
            session.input(i).map_err(|e| e.to_string())?.copy_from_slice(&input.data);
        }
        session.run().map_err(|e| e.to_string())?;
        for i in 0..model.outputs().count() {
            let expected = array(sample, "out", i).ok_or("an output is not recorded")?;
            let tensor = |data: &[u8]| Tensor { ty: TensorType::new(DType::F32, &expected.shape), data: data.to_vec() };
            let found = tensor(session.output(i).map_err(|e| e.to_string())?);
            agree(&found, &tensor(&expected.data), 1e-4, 2e-6)
                .map_err(|e| format!("sample {sample} output {i}: {e}"))?;
        }
        sample += 1;
    }
    Ok(sample)
}
