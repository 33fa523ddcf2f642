//! Every XGBoost, LightGBM and scikit-learn model of the public data: compiled, run with every set of kernels, and compared
//! with what the library that made it predicted.

#[path = "common/gpu.rs"]
mod gpu;
#[path = "common/recorded.rs"]
mod recorded;

use std::path::{Path, PathBuf};
use std::{env, fs};

use recorded::{Recorded, compare, import_with};
use sanderling_host::{Backend, kernels};
use sanderling_ir::{Module, Op, Tensor};
use sanderling_oracle::Oracle;
use sanderling_runtime::{Model, Session};

/// Models that do not compile, and what they say.
const MISSING: &[(&str, &str)] = &[];
/// Models whose float rounding is larger than elsewhere, and by how much, relative to the value.
const LOOSE: &[(&str, f64)] = &[
    // Distances as the root of a difference of squares a thousand times as large.
    ("sklearn_onnx/kmeans_iris/model.onnx", 1e-3),
];
/// How far other values may be off, relative to the value.
const USUAL: f64 = 1e-5;
/// Most models that may be missing, of a hundred.
const MISSING_MOST: usize = 10;

#[test]
fn forests_predict_what_their_libraries_predict() {
    let Some(data) = env::var_os("SANDERLING_DATA") else {
        eprintln!("skipped: SANDERLING_DATA is not set");
        return;
    };
    let root = Path::new(&data).join("models");
    let mut files: Vec<PathBuf> = ["xgboost", "lightgbm", "sklearn_onnx"]
        .iter()
        .flat_map(|kind| fs::read_dir(root.join(kind)).unwrap())
        .flat_map(|folder| {
            ["model.json", "model.ubj", "model.txt", "model.onnx"].map(|f| folder.as_ref().unwrap().path().join(f))
        })
        .filter(|file| file.is_file())
        .collect();
    files.sort();
    let (mut failed, mut missing) = (Vec::new(), 0);
    for file in &files {
        let name = file.strip_prefix(&root).unwrap().display().to_string();
        let expected = MISSING.iter().find(|(n, _)| *n == name);
        let relative = LOOSE.iter().find(|(n, _)| *n == name).map_or(USUAL, |(_, relative)| *relative);
        match (check(file, relative), expected) {
            (Ok(what), None) => println!("{name}: {what}"),
            (Err(why), Some((_, what))) if why.contains(what) => {
                missing += 1;
                println!("{name}: missing: {why}");
            }
            (Ok(_), Some(_)) => failed.push(format!("{name} passes now: take it off the list")),
            (Err(why), _) => failed.push(format!("{name}: {why}")),
        }
    }
    println!("{} of {} files compile", files.len() - missing, files.len());
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(missing * 100 <= MISSING_MOST * files.len(), "{missing} of {} files do not compile", files.len());
}

fn check(file: &Path, relative: f64) -> Result<String, String> {
    let arrays = recorded::read(&file.with_file_name("io.npz"));
    let find = |name: &str| arrays.iter().find(|a| a.name == name);
    let bytes = fs::read(file).unwrap();
    // Inputs have names of their own only where there are several.
    let input = |name: &str| find(&format!("in_{name}")).or(find("X")).or(find("in0"));
    let (module, inputs) = import_with(&bytes, input)?;
    let native = file.extension().is_some_and(|e| e != "onnx");
    let sums = if native { sums(&module, &inputs[0], &arrays)? } else { String::new() };
    // Exporters put the class before the probabilities, which are what the libraries predict.
    let last = module.functions[0].outputs.len() - 1;
    let expected: Vec<(usize, &Recorded)> = match find("pred") {
        Some(predictions) => vec![(last, predictions)],
        None => arrays.iter().filter(|a| a.name.starts_with("out")).enumerate().collect(),
    };
    if expected.is_empty() {
        return Err("no output is recorded".into());
    }
    let target = sanderling_targets::find("host").unwrap();
    let artifact = sanderling_compile::compile(&module, &target).map_err(|e| e.to_string())?.artifact;
    let mut worst = 0.0;
    for backend in [Backend::Scalar, Backend::Auto] {
        let model = Model::parse(&artifact, kernels(backend)).map_err(|e| e.to_string())?;
        let mut arena = vec![0; model.arena_bytes()];
        let mut session = Session::new(&model, &mut arena).map_err(|e| e.to_string())?;
        session.self_test().map_err(|e| format!("{backend:?}: self-test: {e}"))?;
        for (i, input) in inputs.iter().enumerate() {
            session.input(i).map_err(|e| e.to_string())?.copy_from_slice(&input.data);
        }
        session.run().map_err(|e| e.to_string())?;
        for &(i, expected) in &expected {
            let ty = module.functions[0].ty(module.functions[0].outputs[i]).clone();
            let found = Tensor { ty, data: session.output(i).map_err(|e| e.to_string())?.to_vec() };
            let off = compare(&found, None, expected, relative).map_err(|e| format!("{backend:?}: output {i}: {e}"))?;
            worst = f64::max(worst, off);
        }
    }
    let on_gpu = match gpu::run(&module, &[inputs], "a forest") {
        None => "",
        Some(runs) => {
            for &(i, expected) in &expected {
                let ty = module.functions[0].ty(module.functions[0].outputs[i]).clone();
                let found = Tensor { ty, data: runs[0][i].clone() };
                compare(&found, None, expected, relative).map_err(|e| format!("on a GPU: output {i}: {e}"))?;
            }
            ", also on a GPU"
        }
    };
    Ok(format!("{} bytes, largest difference {worst:.1e}{sums}{on_gpu}", artifact.len()))
}

/// The sums of the trees against those of the library, by the oracle: XGBoost's to the last bit, for it sums as we do.
fn sums(module: &Module, x: &Tensor, arrays: &[Recorded]) -> Result<String, String> {
    let mut graph = module.functions[0].clone();
    let Some(node) = graph.nodes.iter().find(|node| node.op == Op::TreeEnsemble) else { return Ok(String::new()) };
    graph.outputs = node.outputs.clone();
    let expected = arrays.iter().find(|a| a.name == "margin" || a.name == "raw").ok_or("no sums are recorded")?;
    let found = Oracle::new(&graph).run(std::slice::from_ref(x)).map_err(|e| e.to_string())?.remove(0);
    let trees = Module::new("trees", graph);
    for outputs in gpu::run(&trees, &[vec![x.clone()]], "the trees alone").into_iter().flatten() {
        if outputs[0] != found.data {
            return Err("the sums on a GPU are not those of the oracle".into());
        }
    }
    if expected.name == "margin" {
        let differ = found.as_f32().iter().zip(expected.numbers()).filter(|&(&a, &b)| f64::from(a) != b).count();
        return match differ {
            0 => Ok(", sums exact".into()),
            _ => Err(format!("{differ} of {} sums are not XGBoost's", expected.numbers().len())),
        };
    }
    compare(&found, None, expected, USUAL).map(|worst| format!(", sums within {worst:.1e}"))
}
