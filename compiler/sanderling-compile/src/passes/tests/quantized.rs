//! Pairs of quantize and dequantize become ops on quantized values.

use sanderling_ir::{DType, Rounding};

use super::super::run;
use super::{difference, graph, ops};

/// All passes on a quantized value of 1x4x4x4 and what is made of it: the ops that are left, and that the outputs are
/// those of the real ops to within one quantum.
fn joined(body: &str) -> String {
    let constants = "%w = const : i8[4x3x3x4] q(axis=0, [0.01, 0.02, 0.005, 0.01]) rand
%v = const : i8[4x16] q(0.02, 0) rand
%b = const : f32[4] rand
%dw = dequantize(%w) : f32[4x3x3x4]
%dv = dequantize(%v) : f32[4x16]
%d = dequantize(%x) : f32[1x4x4x4]";
    let g = graph("%x: i8[1x4x4x4] q(0.05, 3)", &format!("{constants}\n{body}"));
    let (new, _) = run(&g).unwrap();
    let most = difference(&g, &new);
    assert!(most <= 1.001, "{most} quanta: {body}");
    let real = new.values.iter().filter(|v| v.ty.dtype == DType::F32).count();
    format!("{}{}", ops(&new), if real > 0 { " (real)" } else { "" })
}

#[test]
fn layers_take_their_weights_and_bias() {
    let conv = "%c = conv2d(%d, %dw, %b) {padding=[1, 1, 1, 1]} : f32[1x4x4x4]";
    assert_eq!(
        joined(&format!("{conv}\n%q = quantize(%c) {{dtype=i8}} : i8[1x4x4x4] q(0.1, -7)\nreturn %q")),
        "conv2d"
    );
    let relu = "%r = unary clamp(%c) {min=0.0, max=inf} : f32[1x4x4x4]";
    assert_eq!(
        joined(&format!("{conv}\n{relu}\n%q = quantize(%r) {{dtype=i8}} : i8[1x4x4x4] q(0.1, -128)\nreturn %q")),
        "conv2d"
    );
    assert_eq!(
        joined(
            "%f = reshape(%d) {shape=[4, 16]} : f32[4x16]
%y = fully_connected(%f, %dv, %b) : f32[4x4]
%q = quantize(%y) {dtype=i8} : i8[4x4] q(0.2, 5)
return %q"
        ),
        "reshape fully_connected"
    );
}

/// As ONNX Runtime rounds; the real op between its pairs does too.
#[test]
fn sums_of_layers_round_once() {
    for op in [
        "conv2d(%d, %dw, %b) {padding=[1, 1, 1, 1]}",
        "conv2d(%d, %dg, %b) {padding=[1, 1, 1, 1], groups=4}",
        "conv_transpose2d(%d, %dw, %b) {padding=[1, 1, 1, 1]}",
    ] {
        let body = format!(
            "%w = const : i8[4x3x3x4] q(axis=0, [0.01, 0.02, 0.005, 0.01]) rand
%g = const : i8[4x3x3x1] q(0.02, 0) rand
%b = const : f32[4] [0.0, 0.0, 0.0, 0.0]
%dw = dequantize(%w) : f32[4x3x3x4]
%dg = dequantize(%g) : f32[4x3x3x1]
%d = dequantize(%x) : f32[1x4x4x4]
%y = {op} : f32[1x4x4x4]
%q = quantize(%y) {{dtype=i8}} : i8[1x4x4x4] q(0.017, -7)
return %q"
        );
        let g = graph("%x: i8[1x4x4x4] q(0.05, 3)", &body);
        let (new, _) = run(&g).unwrap();
        assert_eq!(difference(&g, &new), 0.0, "{op}");
        assert!(new.nodes.iter().all(|node| node.op.rounding() == Rounding::Once), "{op}: {}", ops(&new));
    }
}

#[test]
fn the_other_8_bit_type_is_a_change_at_the_end() {
    assert_eq!(
        joined(
            "%c = conv2d(%d, %dw, %b) : f32[1x2x2x4]
%q = quantize(%c) {dtype=u8} : u8[1x2x2x4] q(0.1, 120)
return %q"
        ),
        "conv2d quantize"
    );
}

#[test]
fn functions_between_pairs_are_joined() {
    for (body, expected) in [
        ("%y = binary add(%d, %d) : f32[1x4x4x4]", "binary"),
        ("%y = binary mul(%d, %d) : f32[1x4x4x4]", "binary"),
        ("%y = unary sigmoid(%d) : f32[1x4x4x4]", "unary"),
        ("%y = unary clamp(%d) {min=0.0, max=6.0} : f32[1x4x4x4]", "unary"),
        ("%y = softmax(%d) : f32[1x4x4x4]", "softmax quantize"),
        ("%y = reduce mean(%d) {axes=[1, 2], keep_dims=true} : f32[1x1x1x4]", "reduce"),
        ("%y = transpose(%d) {perm=[0, 3, 1, 2]} : f32[1x4x4x4]", "quantize transpose"),
        ("%y = max_pool2d(%d) {kernel=[2, 2]} : f32[1x3x3x4]", "max_pool2d quantize"),
        ("%y = avg_pool2d(%d) {kernel=[2, 2]} : f32[1x3x3x4]", "avg_pool2d quantize"),
    ] {
        let shape = body.rsplit_once(": f32").unwrap().1;
        let quantize = format!("%q = quantize(%y) {{dtype=i8}} : i8{shape} q(0.06, -9)\nreturn %q");
        assert_eq!(joined(&format!("{body}\n{quantize}")), expected, "{body}");
    }
}

#[test]
fn moves_of_one_quantization_need_no_change() {
    assert_eq!(
        joined(
            "%s = slice(%d) {start=[0, 0, 0, 1], step=[1, 1, 1, 1], size=[1, 4, 4, 2]} : f32[1x4x4x2]
%c = concat(%s, %d) {axis=3} : f32[1x4x4x6]
%q = quantize(%c) {dtype=i8} : i8[1x4x4x6] q(0.05, 3)
%e = dequantize(%q) : f32[1x4x4x6]
%p = quantize(%e) {dtype=i8} : i8[1x4x4x6] q(0.05, 3)
%t = transpose(%p) {perm=[0, 2, 1, 3]} : i8[1x4x4x6] q(0.05, 3)
return %t"
        ),
        "slice concat transpose"
    );
}

#[test]
fn what_has_no_pattern_stays_between_its_pairs() {
    assert_eq!(
        joined(
            "%y = unary exp(%d) : f32[1x4x4x4]
%q = quantize(%y) {dtype=i8} : i8[1x4x4x4] q(2.0, -128)
return %q"
        ),
        "dequantize unary quantize (real)"
    );
    // A mean that would lose precision in the coarser quantization of its input.
    assert_eq!(
        joined(
            "%y = avg_pool2d(%d) {kernel=[2, 2]} : f32[1x3x3x4]
%q = quantize(%y) {dtype=i8} : i8[1x3x3x4] q(0.02, 0)
return %q"
        ),
        "dequantize avg_pool2d quantize (real)"
    );
}
