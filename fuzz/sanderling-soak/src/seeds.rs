//! The files that a fuzzer starts from.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use sanderling_format::Element;
use sanderling_host::{Array, encode_npz};

use crate::models;

/// Larger files only slow a fuzzer down.
pub const LARGEST: usize = 60_000;

/// A file for a target.
pub struct Seed {
    pub target: &'static str,
    pub name: String,
    pub bytes: Vec<u8>,
}

/// Tiny models for every target, and the real ones that are small; those of the public data where `data` is its folder.
pub fn all(root: &Path, data: Option<&Path>) -> Result<Vec<Seed>> {
    let mut seeds = Vec::new();
    let mut add = |target, name: &str, bytes: Vec<u8>| {
        if bytes.len() <= LARGEST {
            seeds.push(Seed { target, name: name.replace([' ', '/'], "_"), bytes });
        }
    };
    // A run of a real one takes so long, with counters, that little else would be tried.
    for model in models::all(root, None)?.into_iter().filter(|model| model.artifact.len() < 1 << 14) {
        add("artifact", &model.name, model.artifact);
    }
    for module in models::tiny() {
        add("ir_text", &module.name, sanderling_ir::print(&module).into_bytes());
    }
    for (name, bytes) in models::onnx_files() {
        add("onnx", name, bytes);
    }
    add("tflite", "kws", read(&root.join("examples/models/kws/model.tflite"))?);
    add("npz", "arrays", encode_npz(&arrays()).context("cannot encode arrays")?);
    if let Some(data) = data {
        for (target, kind, file) in
            [("tflite", "tflite", "model.tflite"), ("onnx", "onnx", "model.onnx"), ("npz", "tflite", "io.npz")]
        {
            let folder = data.join("models").join(kind);
            for entry in fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))? {
                let path = entry?.path();
                if path.join(file).exists() {
                    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                    add(target, &name, read(&path.join(file))?);
                }
            }
        }
    }
    Ok(seeds)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

/// An array of each type that can be written.
fn arrays() -> Vec<Array> {
    let types = [Element::I8, Element::U8, Element::I16, Element::I32, Element::I64, Element::F32, Element::Bool];
    let array = |element: Element| Array {
        name: format!("{element:?}"),
        element,
        shape: vec![2, 3],
        data: vec![1; 6 * element.bytes() as usize],
    };
    types.map(array).to_vec()
}
