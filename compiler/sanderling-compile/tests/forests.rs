//! Every XGBoost, LightGBM and scikit-learn model of the public data: compiled, run with every set of kernels, and compared
//! with what the library that made it predicted.

#[path = "common/gpu.rs"]
mod gpu;

use std::path::{Path, PathBuf};
use std::{env, fs};

use npyz::npz::NpzArchive;
use sanderling_host::{Backend, kernels};
use sanderling_import::{ImportOptions, import};
use sanderling_ir::{DType, Module, Op, Tensor, TensorType};
use sanderling_oracle::Oracle;
use sanderling_runtime::{Model, Session};

/// Models that do not compile, and what they say.
const MISSING: &[(&str, &str)] =
    &[("sklearn_onnx/pipe_strings_adult/model.onnx", "element type STRING is not supported")];
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

/// An array of numbers.
struct Recorded {
    name: String,
    shape: Vec<usize>,
    values: Vec<f64>,
}

fn recorded(path: &Path) -> Vec<Recorded> {
    let mut archive = NpzArchive::open(path).unwrap();
    let names: Vec<String> = archive.array_names().map(str::to_string).collect();
    let mut arrays = Vec::new();
    for name in names {
        let file = archive.by_name(&name).unwrap().unwrap();
        let is_by_columns = file.order() == npyz::Order::Fortran;
        let shape: Vec<usize> = file.shape().iter().map(|&d| d as usize).collect();
        let values: Vec<f64> = match file.dtype().descr().trim_matches('\'') {
            "<f4" => file.into_vec::<f32>().unwrap().into_iter().map(f64::from).collect(),
            "<f8" => file.into_vec().unwrap(),
            "<i8" => file.into_vec::<i64>().unwrap().into_iter().map(|v| v as f64).collect(),
            // Texts, which no model takes.
            _ => continue,
        };
        let (rows, columns) = (shape[0], shape.get(1).copied().unwrap_or(1));
        let values = match is_by_columns {
            true => (0..rows * columns).map(|i| values[i % columns * rows + i / columns]).collect(),
            false => values,
        };
        arrays.push(Recorded { name, shape, values });
    }
    arrays.sort_by(|a, b| a.name.cmp(&b.name));
    arrays
}

fn check(file: &Path, relative: f64) -> Result<String, String> {
    let arrays = recorded(&file.with_file_name("io.npz"));
    let find = |name: &str| arrays.iter().find(|a| a.name == name);
    let bytes = fs::read(file).unwrap();
    // Without a batch first, to learn the name of the input.
    let module = import(&bytes, &ImportOptions::default()).map_err(|e| e.to_string())?;
    let main = &module.functions[0];
    let x = find("X").or(find("in0")).ok_or("no input is recorded")?;
    let input = main.values[main.inputs[0].0].name.clone();
    let options = ImportOptions { shapes: [(input, x.shape.clone())].into() };
    let module = import(&bytes, &options).map_err(|e| e.to_string())?;
    let row: Vec<f32> = x.values.iter().map(|&v| v as f32).collect();
    let x = Tensor::from_f32(TensorType::new(DType::F32, &x.shape), &row);
    let native = file.extension().is_some_and(|e| e != "onnx");
    let sums = if native { sums(&module, &x, &arrays)? } else { String::new() };
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
        session.input(0).map_err(|e| e.to_string())?.copy_from_slice(&x.data);
        session.run().map_err(|e| e.to_string())?;
        for &(i, expected) in &expected {
            let ty = module.functions[0].ty(module.functions[0].outputs[i]).clone();
            let found = Tensor { ty, data: session.output(i).map_err(|e| e.to_string())?.to_vec() };
            let off = compare(&found, expected, relative).map_err(|e| format!("{backend:?}: output {i}: {e}"))?;
            worst = f64::max(worst, off);
        }
    }
    let on_gpu = match gpu::run(&module, &[vec![x]], "a forest") {
        None => "",
        Some(runs) => {
            for &(i, expected) in &expected {
                let ty = module.functions[0].ty(module.functions[0].outputs[i]).clone();
                let found = Tensor { ty, data: runs[0][i].clone() };
                compare(&found, expected, relative).map_err(|e| format!("on a GPU: output {i}: {e}"))?;
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
        let differ = found.as_f32().iter().zip(&expected.values).filter(|&(&a, &b)| f64::from(a) != b).count();
        return match differ {
            0 => Ok(", sums exact".into()),
            _ => Err(format!("{differ} of {} sums are not XGBoost's", expected.values.len())),
        };
    }
    compare(&found, expected, USUAL).map(|worst| format!(", sums within {worst:.1e}"))
}

/// The largest difference, beyond a part of each value and of the largest; an error where it is more than rounding.
fn compare(found: &Tensor, expected: &Recorded, relative: f64) -> Result<f64, String> {
    let values: Vec<f64> = match found.ty.dtype {
        DType::I64 => found.as_i64().into_iter().map(|v| v as f64).collect(),
        _ => found.as_f32().into_iter().map(f64::from).collect(),
    };
    // Exporters give the scores of both classes where the library gives that of the second.
    let is_pair = values.len() == 2 * expected.values.len() && found.ty.shape.last() == Some(&2);
    let values: Vec<f64> = if is_pair { values.into_iter().skip(1).step_by(2).collect() } else { values };
    if values.len() != expected.values.len() {
        return Err(format!("{} should be {:?}", found.ty, expected.shape));
    }
    let most = expected.values.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
    let exact = found.ty.dtype == DType::I64;
    let mut worst = 0.0;
    for (i, (a, b)) in values.iter().zip(&expected.values).enumerate() {
        let difference = (a - b).abs();
        let slack = if exact { 0.0 } else { relative * b.abs() + 2e-6 * most };
        if difference > slack || difference.is_nan() {
            return Err(format!("element {i}: {a} should be {b}"));
        }
        worst = f64::max(worst, difference);
    }
    Ok(worst)
}
