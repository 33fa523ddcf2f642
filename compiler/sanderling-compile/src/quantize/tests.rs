//! Quantization of small graphs.

use sanderling_ir::{DType, Graph, Quant, Tensor, verify};

use super::{Calibration, Method, PostTraining, calibrate, post_training, quantize};
use crate::CompileError;
use crate::passes::tests::{graph, ops, random_inputs};

fn samples(graph: &Graph) -> Vec<Vec<Tensor>> {
    (1..20).map(|seed| random_inputs(graph, seed)).collect()
}

fn quantized(graph: &Graph) -> PostTraining {
    post_training(graph, &Calibration { method: Method::MinMax, samples: samples(graph) }).unwrap()
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
        let done = post_training(&real, &Calibration { method, samples: samples(&real) }).unwrap();
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
