//! Models of scikit-learn, and nodes of its kind written by hand, against what ONNX Runtime gave; `classical/make.py` made them.

#[path = "common/gpu.rs"]
mod gpu;
#[path = "common/recorded.rs"]
mod recorded;

use std::fs;
use std::path::{Path, PathBuf};

use recorded::{Recorded, compare, import_with};
use sanderling_host::{Backend, kernels};
use sanderling_ir::{Module, Tensor};
use sanderling_runtime::{Model, Session};

/// How far scores may be off, relative to the value.
const USUAL: f64 = 1e-5;
/// Models whose float rounding is larger than elsewhere, and by how much.
const LOOSE: &[(&str, f64)] = &[
    // A sum of forty products a hundred times as large.
    ("oneclass_poly", 5e-3),
    // Exponentials of differences of numbers near a thousand.
    ("multinomial_nb", 1e-3),
    // The root of a difference of nearly equal numbers, near 0.5.
    ("svm_sure_probit", 1e-3),
];

#[test]
fn models_give_what_onnxruntime_gave() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/classical/models");
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|e| e == "onnx"));
    files.sort();
    assert!(files.len() > 100, "only {} models are there", files.len());
    let mut failed = Vec::new();
    for file in &files {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let relative = LOOSE.iter().find(|(n, _)| *n == name).map_or(USUAL, |(_, relative)| *relative);
        match check(file, relative) {
            Ok(what) => println!("{name}: {what}"),
            Err(why) => failed.push(format!("{name}: {why}")),
        }
    }
    println!("{} of {} models agree", files.len() - failed.len(), files.len());
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

fn check(file: &Path, relative: f64) -> Result<String, String> {
    let arrays = recorded::read(&file.with_extension("npz"));
    let find = |name: &str| arrays.iter().find(|a| a.name.strip_prefix("in_") == Some(name));
    let (module, inputs) = import_with(&fs::read(file).unwrap(), find)?;
    let target = sanderling_targets::find("host").unwrap();
    let artifact = sanderling_compile::compile(&module, &target).map_err(|e| e.to_string())?.artifact;
    let mut worst = 0.0;
    for backend in [Backend::Scalar, Backend::Auto] {
        let model = Model::parse(&artifact, kernels(backend)).map_err(|e| e.to_string())?;
        let mut arena = vec![0xa5; model.arena_bytes()];
        let mut session = Session::new(&model, &mut arena).map_err(|e| e.to_string())?;
        session.self_test().map_err(|e| format!("{backend:?}: self-test: {e}"))?;
        for (i, input) in inputs.iter().enumerate() {
            session.input(i).map_err(|e| e.to_string())?.copy_from_slice(&input.data);
        }
        session.run().map_err(|e| e.to_string())?;
        let outputs = (0..module.functions[0].outputs.len()).map(|i| session.output(i).map(<[u8]>::to_vec));
        let outputs: Vec<Vec<u8>> = outputs.collect::<Result<_, _>>().map_err(|e| e.to_string())?;
        worst = f64::max(worst, agree(&module, outputs, &arrays, relative).map_err(|e| format!("{backend:?}: {e}"))?);
    }
    let on_gpu = match gpu::run(&module, &[inputs], "a classical model") {
        None => "",
        Some(mut runs) => {
            agree(&module, runs.remove(0), &arrays, relative).map_err(|e| format!("on a GPU: {e}"))?;
            ", also on a GPU"
        }
    };
    Ok(format!("{} bytes, largest difference {worst:.1e}{on_gpu}", artifact.len()))
}

/// The largest difference of the outputs to those recorded under their names.
fn agree(module: &Module, outputs: Vec<Vec<u8>>, arrays: &[Recorded], relative: f64) -> Result<f64, String> {
    let main = &module.functions[0];
    let mut worst = 0.0;
    for (&id, data) in main.outputs.iter().zip(outputs) {
        let name = &main.values[id.0].name;
        let expected = arrays.iter().find(|a| a.name.strip_prefix("out_") == Some(name.as_str()));
        let expected = expected.ok_or_else(|| format!("no output {name} is recorded"))?;
        let found = Tensor { ty: main.ty(id).clone(), data };
        let off = compare(&found, module.texts.get(name), expected, relative).map_err(|e| format!("{name}: {e}"))?;
        worst = f64::max(worst, off);
    }
    Ok(worst)
}
