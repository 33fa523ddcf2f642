//! Quantization of small graphs.

use sanderling_ir::{DType, Graph, Quant, Tensor, verify};

use super::{Calibration, Method, PostTraining, Progress, calibrate, post_training, quantize};
use crate::CompileError;
use crate::passes::tests::{graph, ops, random_inputs};

fn samples(graph: &Graph) -> Vec<Vec<Tensor>> {
    (1..20).map(|seed| random_inputs(graph, seed)).collect()
}

fn quantized(graph: &Graph) -> PostTraining {
    post_training(graph, &Calibration { method: Method::MinMax, samples: samples(graph) }, &Progress::default())
        .unwrap()
}

const NET: &str = "%w = const : f32[4x3x3x2] rand
%b = const : f32[4] rand
%v = const : f32[3x4] rand
%u = const : f32[3] rand
%c = conv2d(%x, %w, %b) {padding=[1, 1, 1, 1], activation=relu} : f32[1x6x6x4]
%m = max_pool2d(%c) {kernel=[2, 2], stride=[2, 2]} : f32[1x3x3x4]
%a = binary add(%m, %m) : f32[1x3x3x4]
%r = reduce mean(%a) {axes=[1, 2], keep_dims=false} : f32[1x4]
%f = fully_connected(%r, %v, %u) : f32[1x3]
%s = softmax(%f) : f32[1x3]
return %s, %f";

#[test]
fn a_network_becomes_integers_from_end_to_end() {
    let real = graph("%x: f32[1x6x6x2]", NET);
    for (_, method) in Method::ALL {
        let done =
            post_training(&real, &Calibration { method, samples: samples(&real) }, &Progress::default()).unwrap();
        verify(&done.graph).unwrap();
        assert_eq!(done.kept_float, Vec::<String>::new());
        assert!(done.graph.values.iter().all(|v| v.ty.dtype != DType::F32));
        assert_eq!(ops(&done.graph), ops(&real));
        let names =
            |g: &Graph| g.inputs.iter().chain(&g.outputs).map(|id| g.values[id.0].name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&done.graph), names(&real));
        let least = done.sqnr.values().copied().fold(f64::INFINITY, f64::min);
        assert!(least > 20.0 && done.sqnr.len() >= 6, "{method}: {:?}", done.sqnr);
        let softmax = done.graph.ty(done.graph.outputs[0]);
        assert_eq!(softmax.quant, Some(Quant::per_tensor(1.0 / 256.0, -128)));
    }
}

#[test]
fn pools_and_moves_keep_the_quantization_of_their_input() {
    let real = graph(
        "%x: f32[1x4x4x2]",
        "%p = avg_pool2d(%x) {kernel=[2, 2]} : f32[1x3x3x2]
%t = unary tanh(%p) : f32[1x3x3x2]
%c = concat(%p, %t) {axis=3} : f32[1x3x3x4]
%f = reshape(%c) {shape=[1, 36]} : f32[1x36]
return %f",
    );
    let done = quantized(&real);
    // The tangent has a quantization of its own and changes for the concatenation.
    assert_eq!(ops(&done.graph), "avg_pool2d unary quantize concat reshape");
    let g = &done.graph;
    assert_eq!(g.ty(g.inputs[0]).quant, g.ty(g.outputs[0]).quant);
}

#[test]
fn what_has_no_integer_form_stays_real_and_is_told() {
    let real = graph(
        "%x: f32[1x8]",
        "%g = const : f32[8] rand
%h = const : f32[8] rand
%a = unary abs(%x) : f32[1x8]
%n = layer_norm(%a, %g, %h) {epsilon=1e-5} : f32[1x8]
%e = unary exp(%n) : f32[1x8]
%r = reshape(%e) {shape=[8]} : f32[8]
%t = unary tanh(%r) : f32[8]
return %t, %r",
    );
    let done = quantized(&real);
    assert_eq!(done.kept_float.len(), 2, "{:?}", done.kept_float);
    assert!(done.kept_float[0].starts_with("n (layer_norm): "));
    assert_eq!(ops(&done.graph), "unary dequantize layer_norm unary reshape quantize unary quantize");
    assert!(done.graph.outputs.iter().all(|&id| done.graph.ty(id).dtype == DType::I8));
}

#[test]
fn states_follow_the_layers_that_read_them() {
    let real = graph(
        "%x: f32[1x4]",
        "%s = state : f32[1x4]
%c = concat(%s, %x) {axis=0} : f32[2x4]
%m = reduce max(%c) {axes=[0], keep_dims=true} : f32[1x4]
next %s = %m
return %m",
    );
    let done = quantized(&real);
    assert!(done.graph.values.iter().all(|v| v.ty.dtype == DType::I8));
    let real = graph(
        "%x: f32[1x4]",
        "%s = state : f32[1x4]
%c = binary pow(%s, %x) : f32[1x4]
%m = binary add(%c, %x) : f32[1x4]
next %s = %m
return %m",
    );
    let done = quantized(&real);
    verify(&done.graph).unwrap();
    assert_eq!(done.graph.ty(done.graph.states[0].input).dtype, DType::F32);
}

#[test]
fn without_samples_there_is_no_range() {
    let real = graph("%x: f32[2]", "%y = unary neg(%x) : f32[2]\nreturn %y");
    assert!(matches!(calibrate(&real, &[], Method::Mse), Err(CompileError::NoSamples)));
}

#[test]
fn the_same_samples_give_the_same_graph() {
    let real = graph("%x: f32[1x6x6x2]", NET);
    let ranges = || calibrate(&real, &samples(&real), Method::Entropy).unwrap();
    assert_eq!(quantize(&real, &ranges()).unwrap().graph, quantize(&real, &ranges()).unwrap().graph);
}

#[test]
fn methods_have_names() {
    for (name, method) in Method::ALL {
        assert_eq!((name.parse::<Method>(), method.to_string()), (Ok(method), name.to_string()));
    }
    assert!("best".parse::<Method>().unwrap_err().contains("min-max, percentile, mse, entropy"));
}

#[test]
fn a_global_average_pool_becomes_a_mean_with_a_scale_of_its_own() {
    let real = graph(
        "%x: f32[1x4x4x2]",
        "%p = avg_pool2d(%x) {kernel=[4, 4]} : f32[1x1x1x2]
%q = avg_pool2d(%x) {kernel=[2, 2]} : f32[1x3x3x2]
return %p, %q",
    );
    let done = quantized(&real);
    assert_eq!(ops(&done.graph), "reduce avg_pool2d");
    let [x, p, q] = [done.graph.inputs[0], done.graph.outputs[0], done.graph.outputs[1]];
    let scale = |id| done.graph.ty(id).quant.as_ref().unwrap().scales[0];
    assert!(scale(p) < 0.8 * scale(x) && scale(q) == scale(x));
}

#[test]
fn channels_of_other_sizes_are_equalized_and_nothing_else_changes() {
    let real = graph(
        "%x: f32[1x4x4x2]",
        "%w = const : f32[3x1x1x2] [2.0, 1.0, 0.0625, 0.03125, -0.5, 0.25]
%b = const : f32[3] [0.5, 0.0625, 0.25]
%d = const : f32[3x3x3x1] rand
%z = const : f32[3] rand
%v = const : f32[4x3] rand
%u = const : f32[4] rand
%c = conv2d(%x, %w, %b) {activation=relu} : f32[1x4x4x3]
%e = conv2d(%c, %d, %z) {groups=3, padding=[1, 1, 1, 1], activation=relu} : f32[1x4x4x3]
%m = reduce mean(%e) {axes=[1, 2], keep_dims=false} : f32[1x3]
%f = fully_connected(%m, %v, %u) : f32[1x4]
return %f",
    );
    let samples = samples(&real);
    let counter = Progress::default();
    let equal = super::equalize::run(&real, &samples, &counter.counter(0)).unwrap();
    verify(&equal).unwrap();
    assert_eq!(ops(&equal), ops(&real));
    // Powers of two: the very same bits.
    assert_eq!(crate::passes::tests::difference(&real, &equal), 0.0);
    let sizes = |g: &Graph| {
        let mut most = [0f32; 3];
        let mut see = |id: sanderling_ir::ValueId, t: &Tensor| {
            if g.values[id.0].name == "c" {
                let pixels = t.as_f32();
                pixels.iter().enumerate().for_each(|(i, v)| most[i % 3] = most[i % 3].max(*v));
            }
        };
        samples.iter().for_each(|s| drop(sanderling_oracle::Oracle::new(g).run_observed(s, &mut see)));
        most
    };
    let spread = |s: [f32; 3]| s.iter().fold(0f32, |m, &v| m.max(v)) / s.iter().fold(f32::INFINITY, |m, &v| m.min(v));
    assert!(spread(sizes(&real)) > 8.0 && spread(sizes(&equal)) < 4.0, "{:?} {:?}", sizes(&real), sizes(&equal));
}

#[test]
fn what_a_softmax_rounds_to_zero_needs_no_steps() {
    let least = |body: &str, samples: &[[f32; 4]]| {
        let real = graph("%x: f32[1x4], %z: f32[1x4]", body);
        let ty = real.ty(real.inputs[0]);
        let tensor = |v: &[f32; 4]| Tensor::from_f32(ty.clone(), v);
        let samples: Vec<Vec<Tensor>> = samples.chunks_exact(2).map(|s| s.iter().map(tensor).collect()).collect();
        calibrate(&real, &samples, Method::MinMax).unwrap().get(real.inputs[0]).unwrap().min
    };
    let none = [0.0; 4];
    let softmax = "%y = softmax(%x) : f32[1x4]\n";
    let samples = [[10.0, -90.0, 0.0, 1.0], none, [12.0, 3.0, -5.0, -1.0], none];
    assert_eq!(least(&format!("{softmax}return %y, %z"), &samples), 10.0 - 6.24);
    assert_eq!(least(&format!("{softmax}%a = unary abs(%x) : f32[1x4]\nreturn %y, %a, %z"), &samples), -90.0);
}

#[test]
fn every_run_is_counted() {
    let real = graph("%x: f32[1x6x6x2]", NET);
    let told = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let list = told.clone();
    let progress = Progress::new(move |done, all| list.lock().unwrap().push((done, all)));
    for (method, passes) in [(Method::MinMax, 4), (Method::Entropy, 5)] {
        post_training(&real, &Calibration { method, samples: samples(&real) }, &progress).unwrap();
        let mut seen = std::mem::take(&mut *told.lock().unwrap());
        seen.sort_unstable();
        let all = passes * super::agreement::split(&samples(&real), !real.states.is_empty()).0.len();
        assert_eq!(seen, (1..=all).map(|done| (done, all)).collect::<Vec<_>>());
    }
}
