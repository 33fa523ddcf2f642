//! Post-training quantization of a real keyword spotter keeps its accuracy.

use std::env;
use std::path::Path;

use sanderling_compile::passes;
use sanderling_compile::quantize::{Method, calibrate, quantize, quantized_inputs, reals};
use sanderling_import::ImportOptions;
use sanderling_ir::{DType, Graph, Tensor, TensorType};
use sanderling_oracle::Oracle;

/// Real value of a step of the stored features, see their README.
const STEP: f32 = 0.41;
const CALIBRATION: usize = 100;
/// Of 900 held-out samples; all of them take minutes without optimization.
const HELD_OUT: usize = if cfg!(debug_assertions) { 150 } else { 900 };

struct Features {
    samples: Vec<Vec<Tensor>>,
    labels: Vec<usize>,
}

fn features(data: &Path, graph: &Graph) -> Features {
    let arrays = sanderling_host::read_npz(&data.join("datasets/audio/kws_features/kws_features.npz")).unwrap();
    let find = |name: &str| &arrays.iter().find(|a| a.name == name).unwrap().data;
    let ty = TensorType::new(DType::F32, &graph.ty(graph.inputs[0]).shape);
    let sample = |bytes: &[u8]| {
        let values: Vec<f32> = bytes.iter().map(|&b| STEP * f32::from(b as i8)).collect();
        vec![Tensor::from_f32(ty.clone(), &values)]
    };
    let samples = find("features_i8").chunks_exact(ty.elements()).map(sample).collect();
    let labels = find("labels").as_chunks::<8>().0.iter().map(|b| i64::from_le_bytes(*b) as usize).collect();
    Features { samples, labels }
}

/// The class of a sample.
fn class(graph: &Graph, sample: &[Tensor]) -> usize {
    let inputs = quantized_inputs(graph, sample).unwrap();
    let scores = reals(&Oracle::new(graph).run(&inputs).unwrap()[0]).unwrap();
    (0..scores.len()).rev().max_by(|&a, &b| scores[a].total_cmp(&scores[b])).unwrap()
}

#[test]
fn keyword_spotting_keeps_its_accuracy() {
    let Some(data) = env::var_os("SANDERLING_DATA") else {
        eprintln!("skipped: keyword_spotting_keeps_its_accuracy (SANDERLING_DATA is not set)");
        return;
    };
    let data = Path::new(&data);
    let model = std::fs::read(data.join("models/tflite/mlperf_kws_fp32/model.tflite")).unwrap();
    let module = sanderling_import::import(&model, &ImportOptions::default()).unwrap();
    let (real, _) = passes::run(&module.functions[0]).unwrap();
    let features = features(data, &real);
    let ranges = calibrate(&real, &features.samples[..CALIBRATION], Method::default()).unwrap();
    let quantized = quantize(&real, &ranges).unwrap();
    assert_eq!(quantized.kept_float, Vec::<String>::new());
    let (integer, _) = passes::run(&quantized.graph).unwrap();
    assert!(integer.values.iter().all(|v| v.ty.dtype != DType::F32), "something is still real");

    let held_out = CALIBRATION..CALIBRATION + HELD_OUT;
    let right = |graph: &Graph| {
        let is_right = |&i: &usize| class(graph, &features.samples[i]) == features.labels[i];
        100.0 * held_out.clone().filter(is_right).count() as f64 / HELD_OUT as f64
    };
    let (before, after) = (right(&real), right(&integer));
    println!("accuracy: real {before:.2} %, int8 {after:.2} %");
    // A few samples decide where there are few.
    let most = if HELD_OUT < 900 { 1.4 } else { 0.6 };
    assert!(before - after <= most, "{before:.2} % became {after:.2} %");
}
