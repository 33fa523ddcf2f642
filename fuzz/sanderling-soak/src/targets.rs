//! What a fuzzer does with bytes, one function for each parser of outside bytes.

use std::fs;
use std::io::Cursor;
use std::path::Path;

use sanderling_data::{Batch, Bounds, DataError, Format, Images, Matrix, Part, Reader, Table, wav};
use sanderling_format::rehash;
use sanderling_host::{Backend, decode_npz, kernels};
use sanderling_import::{ImportOptions, import};
use sanderling_ir::{Graph, Module, parse, print, verify};
use sanderling_runtime::{Model, Session};

/// Memory that an artifact may have; those that ask for more are refused by the session.
const ARENA: usize = 1 << 16;
/// Elements of all values of a function up to which it is compiled: the compiler runs it for its self-test, and a fuzzer
/// that waits for sums finds nothing.
const SMALL: usize = 1 << 12;

/// The name of a target and what it does.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const ALL: [Target; 19] = [
    ("artifact", artifact),
    ("tflite", tflite),
    ("onnx", onnx),
    ("xgboost", model),
    ("lightgbm", lightgbm),
    ("ir_text", ir_text),
    ("npz", npz),
    ("csv", csv),
    ("libsvm", libsvm),
    ("idx", idx),
    ("picture", picture),
    ("recordio", recordio),
    ("jsonlines", jsonlines),
    ("json", json),
    ("npy_rows", npy_rows),
    ("parquet", parquet),
    ("arrow", arrow),
    ("image_lists", image_lists),
    ("wav", sound),
];

/// Artifacts: parsed, and run where they pass, on the plain kernels and on the fastest.
pub fn artifact(data: &[u8]) {
    let mut file = data.to_vec();
    // Length and hash are right, so that nobody need find them.
    if file.len() >= 20 {
        let bytes = (file.len() as u32).to_le_bytes();
        file[8..12].copy_from_slice(&bytes);
        rehash(&mut file);
    }
    let mut arena = vec![0xa5; ARENA];
    for backend in [Backend::Scalar, Backend::Auto] {
        let Ok(model) = Model::parse(&file, kernels(backend)) else { return };
        let Ok(mut session) = Session::new(&model, &mut arena) else { return };
        session.run().expect("what parses, runs");
        if backend == Backend::Scalar {
            // It may fail, but must come to an end.
            let _ = session.self_test();
        }
    }
}

/// TFLite models: imported, verified, compiled, parsed as an artifact.
pub fn tflite(data: &[u8]) {
    let mut file = data.to_vec();
    if let Some(identifier) = file.get_mut(4..8) {
        identifier.copy_from_slice(b"TFL3");
    }
    model(&file);
}

/// ONNX models likewise. No bytes at their start are theirs alone.
pub fn onnx(data: &[u8]) {
    model(data);
}

/// LightGBM models likewise.
pub fn lightgbm(data: &[u8]) {
    model(&[b"tree\n", data].concat());
}

/// Models of whatever format; those of XGBoost, JSON and UBJSON, are told by their braces.
pub fn model(data: &[u8]) {
    if let Ok(module) = import(data, &ImportOptions::default()) {
        compile(&module);
    }
}

/// The text form of graphs: parsed, verified, printed, parsed again, compiled.
pub fn ir_text(data: &[u8]) {
    let Ok(source) = std::str::from_utf8(data) else { return };
    let Ok(module) = parse(source) else { return };
    let printed = print(&module);
    if module.functions.iter().any(|function| verify(function).is_err()) {
        return;
    }
    let again = parse(&printed).expect("what is printed parses");
    // As text, because what is not a number equals nothing.
    assert_eq!(print(&again), printed);
    compile(&module);
}

/// numpy's files: inputs of runs and calibration data.
pub fn npz(data: &[u8]) {
    let _ = decode_npz(Cursor::new(data));
}

/// Tables with commas between numbers: as many labels and weights as rows, whatever was read.
pub fn csv(data: &[u8]) {
    for format in [Format::CSV, Format::Csv { labels: 0, weights: false }, Format::Csv { labels: 1, weights: true }] {
        table(data, format);
    }
}

/// Sparse tables likewise.
pub fn libsvm(data: &[u8]) {
    table(data, Format::Libsvm);
}

/// A pair of IDX files: the first two bytes say where the second, that of the labels, begins.
pub fn idx(data: &[u8]) {
    let Some((start, files)) = data.split_first_chunk() else { return };
    let (images, labels) = files.split_at(files.len().min(u16::from_le_bytes(*start).into()));
    with_files(&[("t-images-idx3-ubyte", images), ("t-labels-idx1-ubyte", labels)], |folder| {
        if let Ok(images) = Images::read(folder, None) {
            check(&images);
        }
    });
}

/// Pictures in a folder for their class, in their own size and brought to another.
pub fn picture(data: &[u8]) {
    with_files(&[("class/picture", data)], |folder| {
        for shape in [None, Some([5, 4, 3])] {
            if let Ok(images) = Images::read(folder, shape) {
                check(&images);
            }
        }
    });
}

/// SageMaker's records.
pub fn recordio(data: &[u8]) {
    rows(data, Format::RecordIo);
}

/// An object a line.
pub fn jsonlines(data: &[u8]) {
    rows(data, Format::JsonLines);
}

/// Objects in a list.
pub fn json(data: &[u8]) {
    rows(data, Format::Json);
}

/// numpy's files as rows of labels and features.
pub fn npy_rows(data: &[u8]) {
    rows(data, Format::Npy { labels: 1, weights: true });
    rows(data, Format::Npz);
}

/// Columns in Parquet.
pub fn parquet(data: &[u8]) {
    rows(data, Format::Parquet { labels: 1, weights: false });
}

/// Columns in Arrow's IPC.
pub fn arrow(data: &[u8]) {
    rows(data, Format::Arrow { labels: 1, weights: false });
}

/// The files that list images, or hold them one behind another.
pub fn image_lists(data: &[u8]) {
    for name in ["x.rec", "x.lst", "x.manifest"] {
        with_files(&[(name, data)], |folder| {
            if let Ok(images) = Images::read(&folder.join(name), Some([3, 3, 1])) {
                check(&images);
            }
        });
    }
}

/// Sounds.
pub fn sound(data: &[u8]) {
    with_files(&[("sound", data)], |folder| {
        let Ok((_, channels, samples)) = wav::read(&folder.join("sound")) else { return };
        assert!(channels > 0 && samples.len() <= 8 * data.len());
    });
}

/// Batches that keep to their bounds, each like the first.
fn rows(data: &[u8], format: Format) {
    const BOUNDS: Bounds = Bounds { rows: 3, bytes: 1 << 16 };
    with_files(&[("rows", data)], |folder| {
        let reader = Reader::new([Part::local(folder.join("rows"))], format, BOUNDS);
        let Ok(batches) = reader.collect::<Result<Vec<Batch>, DataError>>() else { return };
        for batch in &batches {
            assert!((1..=BOUNDS.rows).contains(&batch.rows()));
            assert_eq!(batch.labels.len(), batch.rows() * batches[0].label_size);
            assert!(batch.labels.iter().all(|label| label.is_finite()));
            assert!(batch.weights.as_ref().is_none_or(|weights| weights.len() == batch.rows()));
            match (&batch.features, &batches[0].features) {
                (Matrix::Dense { columns, .. }, Matrix::Dense { columns: first, .. }) => assert_eq!(columns, first),
                (Matrix::Sparse(csr), Matrix::Sparse(_)) => {
                    assert!(csr.columns.iter().all(|&column| (column as usize) < csr.width));
                }
                _ => panic!("dense and sparse batches"),
            }
        }
    });
}

fn table(data: &[u8], format: Format) {
    with_files(&[("table", data)], |folder| {
        let Ok(table) = Table::read(folder, format) else { return };
        let Format::Csv { labels, .. } = format else { return };
        assert_eq!(table.labels.len(), labels * table.rows());
        assert!(table.weights.is_none_or(|weights| weights.len() == table.features.rows()));
    });
}

/// What trainers rely on.
fn check(images: &Images) {
    assert_eq!(images.pixels.len(), images.len() * images.shape.iter().product::<usize>());
    assert!(images.labels.iter().all(|&label| (label as usize) < images.classes.len()));
}

/// Readers of data take paths: the bytes become files of a folder that lasts as long as `run`.
fn with_files(files: &[(&str, &[u8])], run: impl FnOnce(&Path)) {
    let folder = tempfile::tempdir().expect("a folder for the files");
    for (name, bytes) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("a folder for the file");
        fs::write(path, bytes).expect("a file for the bytes");
    }
    run(folder.path());
}

/// Compiles what an importer accepted, if it is small. It may be refused; what is not, parses.
fn compile(module: &Module) {
    if !module.functions.iter().all(is_small) {
        return;
    }
    let Ok(target) = sanderling_targets::find("host") else { return };
    if let Ok(compiled) = sanderling_compile::compile(module, &target) {
        Model::parse(&compiled.artifact, kernels(Backend::Auto)).expect("what compiles, parses");
    }
}

fn is_small(graph: &Graph) -> bool {
    let sizes = graph.values.iter().map(|value| value.ty.elements());
    sizes.fold(0usize, usize::saturating_add) < SMALL
}
