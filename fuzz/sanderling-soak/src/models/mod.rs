//! Sound artifacts to start from: tiny graphs that together call every kernel, and real models.

mod build;
mod bytes;
mod forests;
mod numbers;
mod onnx;
mod reals;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use sanderling_import::{ImportOptions, import};
use sanderling_ir::Module;

pub use forests::files as forest_files;
pub use onnx::files as onnx_files;

/// An artifact and how often it is chosen.
pub struct Model {
    pub name: String,
    pub artifact: Vec<u8>,
    pub weight: u32,
}

/// Small models of the public data, one for each way to compute: real, integer, hybrid, recurrent, Q/DQ.
const REAL: [&str; 6] = [
    "tflite/tflm_hello_world_int8",
    "tflite/tflm_micro_speech_int8",
    "tflite/tflm_mnist_lstm_fp32",
    "tflite/magicwand_fp32",
    "tflite/mlperf_kws_fp32",
    "onnx/fashion_resnet_int8_qdq",
];

/// Small models of scikit-learn that tests here come with, by name.
pub fn classical_files(root: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let folder = root.join("compiler/sanderling-compile/tests/classical/models");
    let mut files = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "onnx") {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            files.push((name, fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?));
        }
    }
    files.sort();
    Ok(files)
}

/// Tiny graphs, a few kernels each.
pub fn tiny() -> Vec<Module> {
    [bytes::modules(), numbers::modules(), reals::modules()].concat()
}

/// All artifacts; those of the public data where `data` is its folder.
pub fn all(root: &Path, data: Option<&Path>) -> Result<Vec<Model>> {
    let mut models = Vec::new();
    // On a microcontroller layers work in place that elsewhere do not.
    for target in ["host", "mps2-an386"] {
        for module in tiny() {
            // Many, because they run in microseconds.
            models.push(compile(format!("{} for {target}", module.name), &module, target, 10)?);
        }
    }
    models.push(file("kws", &root.join("examples/models/kws/model.tflite"))?);
    for name in data.iter().flat_map(|_| REAL) {
        let folder = data.map(|data| data.join("models").join(name)).unwrap_or_default();
        let kind = if name.starts_with("onnx") { "model.onnx" } else { "model.tflite" };
        models.push(file(name, &folder.join(kind))?);
    }
    Ok(models)
}

fn file(name: &str, path: &Path) -> Result<Model> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let module = import(&bytes, &ImportOptions::default()).with_context(|| format!("cannot import {name}"))?;
    compile(name.to_string(), &module, "host", 6)
}

fn compile(name: String, module: &Module, target: &str, weight: u32) -> Result<Model> {
    let target = sanderling_targets::find(target)?;
    let compiled = sanderling_compile::compile(module, &target).with_context(|| format!("cannot compile {name}"))?;
    Ok(Model { name, artifact: compiled.artifact, weight })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use sanderling_kernels::scalar;

    use super::*;

    /// A kernel that no model calls would never be tried.
    #[test]
    fn the_tiny_models_call_every_kernel() {
        let mut missing: BTreeSet<&str> = scalar::ALL.iter().map(|kernel| kernel.name).collect();
        for module in tiny() {
            let model = compile(module.name.clone(), &module, "host", 1).unwrap();
            let parsed = sanderling_runtime::Model::parse(&model.artifact, scalar::ALL).unwrap();
            for step in parsed.steps() {
                missing.remove(step.kernel.name);
            }
        }
        assert!(missing.is_empty(), "{missing:?}");
    }
}
