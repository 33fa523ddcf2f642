//! Weights of two bytes, and models that compute in f16 or bf16.

mod flatbuffer;
#[path = "../common/gpu.rs"]
mod gpu;
mod models;

use half::{bf16, f16};
use sanderling_compile::{Compiled, Options, Weights, compile_with};
use sanderling_host::{Backend, kernels};
use sanderling_import::{ImportOptions, import};
use sanderling_ir::{DType, Graph, Module, Tensor};
use sanderling_oracle::Oracle;
use sanderling_runtime::{Model, Session};

use crate::models::{DTYPES, layers, narrow, numbers, real};

fn compiled(graph: &Graph, weights: Option<Weights>) -> Result<Compiled, String> {
    let target = sanderling_targets::find("host").unwrap();
    let options = Options { weights, ..Options::default() };
    compile_with(&Module::new("test", graph.clone()), &target, &options).map_err(|e| e.to_string())
}

/// The bytes of the first output on a backend; the self-test passes too.
fn run(artifact: &[u8], backend: Backend, inputs: &[Tensor]) -> Vec<u8> {
    let model = Model::parse(artifact, kernels(backend)).unwrap();
    let mut arena = vec![0xa5; model.arena_bytes()];
    let mut session = Session::new(&model, &mut arena).unwrap();
    session.self_test().unwrap();
    for (i, input) in inputs.iter().enumerate() {
        session.input(i).unwrap().copy_from_slice(&input.data);
    }
    session.run().unwrap();
    session.output(0).unwrap().to_vec()
}

/// Real numbers, whatever their type.
fn reals(dtype: DType, bytes: &[u8]) -> Vec<f32> {
    match dtype {
        DType::F16 => bytes.as_chunks().0.iter().map(|&b| f16::from_le_bytes(b).to_f32()).collect(),
        DType::BF16 => bytes.as_chunks().0.iter().map(|&b| bf16::from_le_bytes(b).to_f32()).collect(),
        _ => bytes.as_chunks().0.iter().map(|&b| f32::from_le_bytes(b)).collect(),
    }
}

/// No two are further apart than this part of the largest.
fn assert_near(found: &[f32], expected: &[f32], part: f32, what: &str) {
    let largest = expected.iter().fold(0f32, |m, v| m.max(v.abs()));
    assert_eq!(found.len(), expected.len(), "{what}");
    for (i, (a, b)) in found.iter().zip(expected).enumerate() {
        assert!((a - b).abs() <= part * largest, "{what}, element {i}: {a} should be {b}");
    }
}

fn kernel_names(compiled: &Compiled) -> Vec<&'static str> {
    compiled.report.layers.iter().flat_map(|layer| layer.kernels.clone()).collect()
}

#[test]
fn weights_given_in_halves_stay_so() {
    for (dtype, suffix) in DTYPES {
        let graph = layers(Some(dtype));
        let found = compiled(&graph, None).unwrap();
        let names = ["conv2d", "depthwise", "conv_transpose", "mat_mul", "conv2d"].map(|n| format!("{n}_{suffix}"));
        let kernels = kernel_names(&found);
        let layers: Vec<&str> = kernels.into_iter().filter(|name| name.ends_with(suffix)).collect();
        assert_eq!(layers, names);
        let input = [numbers(9, &[1, 6, 5, 8])];
        let expected = Oracle::new(&graph).run(&input).unwrap().remove(0);
        for backend in [Backend::Scalar, Backend::Auto] {
            let y = run(&found.artifact, backend, &input);
            assert_near(&reals(DType::F32, &y), &expected.as_f32(), 1e-5, suffix);
        }
        for y in gpu::run(&Module::new("test", graph), &[input.to_vec()], suffix).into_iter().flatten() {
            assert_near(&reals(DType::F32, &y[0]), &expected.as_f32(), 1e-4, suffix);
        }
    }
}

#[test]
fn halves_halve_the_artifact() {
    let full = compiled(&layers(None), None).unwrap();
    assert!(kernel_names(&full).iter().all(|name| !name.ends_with("f16")), "{:?}", kernel_names(&full));
    let parameters = |c: &Compiled| c.report.layers.iter().map(|l| l.parameter_bytes).sum::<u64>();
    for (dtype, _) in DTYPES {
        let half = compiled(&layers(Some(dtype)), None).unwrap();
        let ratio = half.report.constants_bytes as f64 / full.report.constants_bytes as f64;
        assert!((0.49..0.56).contains(&ratio), "{ratio}");
        assert!(parameters(&half) < parameters(&full) * 11 / 20);
    }
}

#[test]
fn rounded_weights_are_those_of_the_model_rounded_beforehand() {
    let full = compiled(&layers(None), None).unwrap();
    assert!(full.report.rounded_weights.is_none());
    for ((dtype, suffix), weights) in DTYPES.into_iter().zip([Weights::F16, Weights::Bf16]) {
        let found = compiled(&layers(None), Some(weights)).unwrap();
        let before = compiled(&layers(Some(dtype)), None).unwrap();
        let input = [numbers(9, &[1, 6, 5, 8])];
        for backend in [Backend::Scalar, Backend::Auto] {
            let same = run(&found.artifact, backend, &input) == run(&before.artifact, backend, &input);
            assert!(same, "{suffix}");
        }
        let told = found.report.rounded_weights.as_ref().unwrap();
        assert_eq!(told.dtype, suffix);
        let saved = full.report.artifact_bytes - found.report.artifact_bytes;
        assert!(told.saved_bytes > 0 && saved.abs_diff(told.saved_bytes as usize) < 700, "{saved} {told:?}");
        let noise: Vec<f64> = found.report.layers.iter().filter_map(|l| l.sqnr_db).collect();
        let least = noise.iter().copied().fold(f64::INFINITY, f64::min);
        let range = if weights == Weights::F16 { 50.0..100.0 } else { 35.0..70.0 };
        assert!(!noise.is_empty() && range.contains(&least), "{suffix}: {noise:?}");
    }
}

#[test]
fn a_weight_beyond_f16_is_refused_by_name() {
    let mut graph = Graph::new("main");
    let x = graph.input("x", real(&[1, 2]));
    let w = graph.constant("w", Tensor::from_f32(real(&[2, 1]), &[1.0, 7e4]));
    let y = graph.push("y", sanderling_ir::Op::MatMul, &[x, w], None).unwrap();
    graph.outputs.push(y);
    let why = compiled(&graph, Some(Weights::F16)).unwrap_err();
    assert!(["7e4", "node y", "--weights bf16"].iter().all(|words| why.contains(words)), "{why}");
    assert!(compiled(&graph, Some(Weights::Bf16)).is_ok());
}

#[test]
fn tables_stay_halves_and_only_their_rows_widen() {
    for (dtype, suffix) in DTYPES {
        for (graph, weights) in [(models::lookup(Some(dtype)), None), (models::lookup(None), Some(dtype))] {
            let weights = weights.map(|d| if d == DType::F16 { Weights::F16 } else { Weights::Bf16 });
            let found = compiled(&graph, weights).unwrap();
            let table = models::ROWS * models::DEPTH * 2;
            assert!((table..table + 400).contains(&found.report.constants_bytes), "{}", found.report.constants_bytes);
            assert!((found.report.arena_bytes as usize) < table / 4, "the table is not widened as a whole");
            let rows = Tensor::from_i64(sanderling_ir::TensorType::new(DType::I64, &[3]), &[7, 0, 499]);
            let expected = Oracle::new(&models::lookup(Some(dtype))).run(std::slice::from_ref(&rows)).unwrap();
            assert_eq!(run(&found.artifact, Backend::Auto, &[rows]), expected[0].data, "{suffix}");
        }
    }
}

#[test]
fn models_wholly_in_halves_compute_in_f32() {
    for (dtype, suffix) in DTYPES {
        let graph = models::wholly(dtype);
        let found = compiled(&graph, None).unwrap();
        let exact = numbers(4, &[1, 6, 5, 8]);
        let input = narrow(&exact, dtype);
        let expected = Oracle::new(&graph).run(std::slice::from_ref(&input)).unwrap().remove(0);
        // f16 stays at the edge; bf16, which numpy does not know, is f32 there.
        let edge = if dtype == DType::F16 { DType::F16 } else { DType::F32 };
        let given = if dtype == DType::F16 {
            input.clone()
        } else {
            Tensor::from_f32(real(&exact.ty.shape), &reals(dtype, &input.data))
        };
        for backend in [Backend::Scalar, Backend::Auto] {
            let y = run(&found.artifact, backend, std::slice::from_ref(&given));
            // The oracle rounds after every node.
            let part = if dtype == DType::F16 { 4e-3 } else { 4e-2 };
            assert_near(&reals(edge, &y), &reals(dtype, &expected.data), part, suffix);
        }
        let names = kernel_names(&found);
        assert!(names.iter().any(|name| *name == format!("conv2d_{suffix}")), "{names:?}");
    }
}

#[test]
fn casts_around_a_model_in_halves_do_nothing_and_names_stay() {
    for (dtype, suffix) in DTYPES {
        let graph = models::inside(dtype);
        let found = compiled(&graph, None).unwrap();
        let names = kernel_names(&found);
        assert!(!names.contains(&"cast"), "{names:?}");
        let of = |id: &sanderling_ir::ValueId| found.graph.values[id.0].name.clone();
        assert_eq!(found.graph.outputs.iter().map(of).collect::<Vec<_>>(), ["result"]);
        let x = numbers(4, &[1, 6, 5, 8]);
        let expected = Oracle::new(&graph).run(std::slice::from_ref(&x)).unwrap().remove(0);
        let part = if dtype == DType::F16 { 4e-3 } else { 4e-2 };
        let y = run(&found.artifact, Backend::Auto, std::slice::from_ref(&x));
        assert_near(&reals(DType::F32, &y), &expected.as_f32(), part, suffix);
    }
}

#[test]
fn a_tflite_model_keeps_the_halves_behind_its_dequantize() {
    let (file, weights, bias) = models::tflite();
    let module = import(&file, &ImportOptions::default()).unwrap();
    let graph = module.function("main").unwrap().clone();
    let found = compiled(&graph, None).unwrap();
    assert_eq!(kernel_names(&found), ["conv2d_f16"]);
    assert!(found.report.constants_bytes < weights.len() * 2 + bias.len() * 4 + 64);
    let x = numbers(3, &[2, 16]);
    let expected: Vec<f32> = x
        .as_f32()
        .chunks(16)
        .flat_map(|x| {
            let row = |o: usize| x.iter().zip(&weights[o * 16..]).map(|(x, w)| x * w).sum::<f32>() + bias[o];
            (0..bias.len()).map(row).collect::<Vec<_>>()
        })
        .collect();
    for backend in [Backend::Scalar, Backend::Auto] {
        let y = run(&found.artifact, backend, std::slice::from_ref(&x));
        assert_near(&reals(DType::F32, &y), &expected, 1e-5, "TFLite");
    }
}
