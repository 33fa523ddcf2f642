//! The files that a fuzzer starts from.

use std::fs;
use std::io::Cursor;
use std::path::Path;

use anyhow::{Context, Result};
use image::{ImageFormat, RgbImage};

use sanderling_data::images::ImageRecord;
use sanderling_data::{Batch, Csr, Format, Matrix, Writer, wav};
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
    for (target, name, bytes) in rows()? {
        add(target, name, bytes);
    }
    add(
        "jsonlines",
        "labelled",
        b"{\"features\": [1.5, null], \"label\": 1}\n{\"label\": [0], \"features\": [2, -3e2]}\n".to_vec(),
    );
    add("image_lists", "list", b"0\t1\ta.png\n1\t2\t5\t0.5\tb.jpg\n".to_vec());
    add("image_lists", "manifest", b"{\"source-ref\": \"a.png\", \"class\": 1}\n".to_vec());
    let mut record = Vec::new();
    let image = ImageRecord { id: 1, id2: 0, labels: vec![1.0], picture: picture(ImageFormat::Png)? };
    image.write(&mut record).context("cannot write an image record")?;
    add("image_lists", "record", record);
    let mut sound = Vec::new();
    wav::write(8000, 2, &[0.5, -0.5, 0.25, 0.0], &mut sound).context("cannot write a sound")?;
    add("wav", "floats", sound);
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

/// A few rows in each format of the data crate.
fn rows() -> Result<Vec<(&'static str, &'static str, Vec<u8>)>> {
    let folder = tempfile::tempdir().context("a folder for the rows")?;
    let mut csr = Csr::default();
    csr.push([(1, 2.5), (4, -1.0)]);
    csr.push([(0, 7.0), (4, 0.5)]);
    let batch = |features| Batch { features, labels: vec![1.0, 0.0], label_size: 1, weights: None, names: [].into() };
    let dense = batch(Matrix::Dense { values: vec![1.5, f32::NAN, 2.0, -3.0], columns: 2 });
    let sparse = batch(Matrix::Sparse(csr));
    let cases = [
        ("recordio", "dense", Format::RecordIo, &dense),
        ("recordio", "sparse", Format::RecordIo, &sparse),
        ("jsonlines", "sparse", Format::JsonLines, &sparse),
        ("json", "dense", Format::Json, &dense),
        ("npy_rows", "npy", Format::Npy { labels: 1, weights: false }, &dense),
        ("npy_rows", "npz", Format::Npz, &dense),
        ("parquet", "dense", Format::Parquet { labels: 1, weights: false }, &dense),
        ("arrow", "dense", Format::Arrow { labels: 1, weights: false }, &dense),
    ];
    let mut seeds = Vec::new();
    for (target, name, format, batch) in cases {
        let path = folder.path().join(format!("{target}-{name}"));
        let mut writer = Writer::create(&path, format)?;
        writer.write(batch)?;
        writer.finish()?;
        seeds.push((target, name, read(&path)?));
    }
    Ok(seeds)
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
