//! The files that a fuzzer starts from.

use std::fs;
use std::io::Cursor;
use std::path::Path;

use anyhow::{Context, Result};
use image::{ImageFormat, RgbImage};

use sanderling_format::Element;
use sanderling_host::{Array, encode_npz};

use crate::models;

/// Larger files only slow a fuzzer down.
pub const LARGEST: usize = 60_000;

/// A target, and the folder and the name of the files of the public models that it takes.
const PUBLIC: [(&str, &str, &str); 6] = [
    ("tflite", "tflite", "model.tflite"),
    ("onnx", "onnx", "model.onnx"),
    ("onnx", "sklearn_onnx", "model.onnx"),
    ("xgboost", "xgboost", "model.json"),
    ("xgboost", "xgboost", "model.ubj"),
    ("npz", "tflite", "io.npz"),
];

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
    for file in models::classical_files(root)? {
        add("onnx", &file.0, file.1);
    }
    add("tflite", "kws", read(&root.join("examples/models/kws/model.tflite"))?);
    for (target, name, bytes) in models::forest_files() {
        add(target, name, bytes);
    }
    add("csv", "plain", b"1,2.5,\n0,-1e3,4\n".to_vec());
    add("csv", "named", b"label, a ,\"b\"\r\n1,2,3\r\n".to_vec());
    add("libsvm", "plain", b"1:0.5 0:2.5 3:-1 # note\n\n-1 qid:1 7:1e-3\n".to_vec());
    add("idx", "pair", idx());
    for (name, format) in [("png", ImageFormat::Png), ("jpeg", ImageFormat::Jpeg)] {
        add("picture", name, picture(format)?);
    }
    add("npz", "arrays", encode_npz(&arrays()).context("cannot encode arrays")?);
    if let Some(data) = data {
        for (target, kind, file) in PUBLIC {
            let folder = data.join("models").join(kind);
            for entry in fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))? {
                let path = entry?.path();
                if path.join(file).exists() {
                    let name = path.file_name().unwrap_or_default().to_string_lossy();
                    add(target, &format!("{name}_{file}"), read(&path.join(file))?);
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

/// Two images of a byte with their labels, behind the place where the labels begin.
fn idx() -> Vec<u8> {
    let images = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 7, 9];
    let labels = [0, 0, 8, 1, 0, 0, 0, 2, 0, 3];
    [&(images.len() as u16).to_le_bytes()[..], &images, &labels].concat()
}

fn picture(format: ImageFormat) -> Result<Vec<u8>> {
    let mut bytes = Cursor::new(Vec::new());
    let picture = RgbImage::from_fn(9, 7, |x, y| image::Rgb([x as u8 * 20, y as u8 * 30, 128]));
    picture.write_to(&mut bytes, format).context("cannot encode a picture")?;
    Ok(bytes.into_inner())
}
