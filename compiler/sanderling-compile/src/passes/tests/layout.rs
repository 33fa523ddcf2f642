//! Transposes meet and vanish.

use super::super::layout;
use super::{after, graph, ops};

/// A channels-first value around `body`, which leads from `%n` to `%m`.
fn around(body: &str, shape: &str, perm: &str, out: &str) -> String {
    let g = graph(
        "%x: f32[1x4x6x3]",
        &format!(
            "%c = const : f32[3x1x1] rand
%d = const : f32[1x3x4x6] rand
%n = transpose(%x) {{perm=[0, 3, 1, 2]}} : f32[1x3x4x6]
{body} : f32[{shape}]
%y = transpose(%m) {{perm={perm}}} : f32[{out}]
%z = unary neg(%y) : f32[{out}]
return %z"
        ),
    );
    ops(&after(layout::run, &g))
}

#[test]
fn transposes_pass_what_does_not_care_for_the_order_of_axes() {
    let last = |body: &str, shape: &str, out: &str| around(body, shape, "[0, 2, 3, 1]", out);
    for (body, op) in [
        ("%m = unary tanh(%n)", "unary"),
        ("%m = binary mul(%n, %c)", "binary"),
        ("%m = binary add(%d, %n)", "binary"),
        ("%m = binary add(%n, %n)", "binary"),
    ] {
        let found = last(body, "1x3x4x6", "1x4x6x3");
        // Constants turn too, and fold later.
        assert!(found.replace("transpose ", "").replace("reshape ", "") == format!("{op} unary"), "{body}: {found}");
    }
    assert_eq!(last("%m = concat(%n, %n) {axis=1}", "1x6x4x6", "1x4x6x6"), "concat unary");
    assert_eq!(
        last("%m = pad(%n) {before=[0, 0, 1, 2], after=[0, 0, 0, 1], mode=reflect}", "1x3x5x9", "1x5x9x3"),
        "pad unary"
    );
    assert_eq!(
        last("%m = slice(%n) {start=[0, 2, 1, 5], step=[1, -1, 2, -2], size=[1, 2, 2, 3]}", "1x2x2x3", "1x2x3x2"),
        "slice unary"
    );
    assert_eq!(last("%m = reduce mean(%n) {axes=[2, 3], keep_dims=true}", "1x3x1x1", "1x1x1x3"), "reduce unary");
}

#[test]
fn a_reduction_drops_axes_and_what_is_left_of_the_order() {
    let body = "%r = reduce max(%n) {axes=[1], keep_dims=false} : f32[1x4x6]\n%m = unary abs(%r)";
    assert_eq!(around(body, "1x4x6", "[0, 2, 1]", "1x6x4"), "reduce unary unary transpose");
}

#[test]
fn a_softmax_over_channels_is_one_along_the_last_axis() {
    let body = "%t = transpose(%n) {perm=[0, 2, 3, 1]} : f32[1x4x6x3]
%s = softmax(%t) : f32[1x4x6x3]
%m = transpose(%s) {perm=[0, 3, 1, 2]}";
    assert_eq!(around(body, "1x3x4x6", "[0, 2, 3, 1]", "1x4x6x3"), "softmax unary");
}

#[test]
fn quantization_along_an_axis_turns_with_it() {
    let g = graph(
        "%x: f32[1x4x6x3]",
        "%n = transpose(%x) {perm=[0, 3, 1, 2]} : f32[1x3x4x6]
%q = quantize(%n) {dtype=i8} : i8[1x3x4x6] q(axis=1, [0.1, 0.2, 0.3])
%d = dequantize(%q) : f32[1x3x4x6]
%y = transpose(%d) {perm=[0, 2, 3, 1]} : f32[1x4x6x3]
%z = unary neg(%y) : f32[1x4x6x3]
return %z",
    );
    assert_eq!(ops(&after(layout::run, &g)), "quantize dequantize unary");
}

#[test]
fn a_transpose_that_would_only_multiply_stays() {
    let g = graph(
        "%x: f32[1x4x6x3], %u: f32[1x3x4x6]",
        "%n = transpose(%x) {perm=[0, 3, 1, 2]} : f32[1x3x4x6]
%a = unary tanh(%n) : f32[1x3x4x6]
%b = unary neg(%n) : f32[1x3x4x6]
%c = binary add(%a, %u) : f32[1x3x4x6]
return %b, %c",
    );
    assert_eq!(ops(&after(layout::run, &g)), "transpose unary unary binary");
}
