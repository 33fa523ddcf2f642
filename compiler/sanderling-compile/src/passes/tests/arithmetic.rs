//! Passes on real numbers.

use sanderling_ir::{Activation, Op, UnaryKind};

use super::super::{canonicalize, dense, fold_affine, fold_constants, fuse_activations, fuse_pads};
use super::{after, graph, ops};

#[test]
fn chains_of_moves_are_one() {
    let g = graph(
        "%x: f32[2x3x4]",
        "%a = reshape(%x) {shape=[6, 4]} : f32[6x4]
%b = reshape(%a) {shape=[4, 6]} : f32[4x6]
%c = transpose(%b) {perm=[1, 0]} : f32[6x4]
%d = transpose(%c) {perm=[1, 0]} : f32[4x6]
%e = reshape(%d) {shape=[1, 4, 6]} : f32[1x4x6]
%f = transpose(%e) {perm=[1, 0, 2]} : f32[4x1x6]
return %f",
    );
    let new = after(canonicalize::run, &g);
    assert_eq!(ops(&new), "reshape");
}

#[test]
fn a_chain_back_to_the_input_keeps_the_output() {
    let g = graph(
        "%x: f32[2x3]",
        "%a = transpose(%x) {perm=[1, 0]} : f32[3x2]
%b = transpose(%a) {perm=[1, 0]} : f32[2x3]
return %b",
    );
    assert_eq!(ops(&after(canonicalize::run, &g)), "reshape");
}

#[test]
fn neutral_constants_vanish_and_others_take_one_form() {
    let g = graph(
        "%x: f32[2x2]",
        "%zero = const : f32[2] [0.0, 0.0]
%one = const : f32[] [1.0]
%four = const : f32[] [4.0]
%three = const : f32[] [3.0]
%two = const : f32[] [2.0]
%a = binary add(%x, %zero) : f32[2x2]
%b = binary mul(%a, %one) : f32[2x2]
%c = binary div(%b, %four) : f32[2x2]
%d = binary sub(%c, %three) : f32[2x2]
%e = binary div(%d, %three) : f32[2x2]
%f = binary pow(%e, %two) : f32[2x2]
return %f",
    );
    let new = after(canonicalize::run, &g);
    let kinds: Vec<String> = new.nodes.iter().map(|n| format!("{:?}", n.op)).collect();
    let found: Vec<&str> = kinds.iter().map(|k| k.split("kind: ").nth(1).unwrap().split(',').next().unwrap()).collect();
    assert_eq!(found, ["Mul", "Add", "Div", "Mul"]);
}

#[test]
fn minima_and_maxima_of_constants_are_clamps_and_join() {
    let g = graph(
        "%x: f32[2x2]",
        "%zero = const : f32[] [0.0]
%six = const : f32[] [6.0]
%a = binary max(%x, %zero) : f32[2x2]
%b = binary min(%six, %a) : f32[2x2]
return %b",
    );
    // The constant moves behind first.
    let new = after(canonicalize::run, &after(canonicalize::run, &g));
    assert_eq!(new.nodes[0].op, Op::Unary { kind: UnaryKind::Clamp { min: 0.0, max: 6.0 } });
    let g = graph("%x: f32[4]", "%y = unary clamp(%x) {min=0.0, max=3.4028235e38} : f32[4]\nreturn %y");
    let new = after(canonicalize::run, &g);
    assert_eq!(new.nodes[0].op, Op::Unary { kind: UnaryKind::Clamp { min: 0.0, max: f32::INFINITY } });
}

#[test]
fn hard_swish_is_recognised() {
    let g = graph(
        "%x: f32[8]",
        "%h = unary hard_sigmoid(%x) {alpha=0.16666667, beta=0.5} : f32[8]
%y = binary mul(%x, %h) : f32[8]
return %y",
    );
    assert_eq!(after(canonicalize::run, &g).nodes[0].op, Op::Unary { kind: UnaryKind::HardSwish });
}

#[test]
fn constants_fold_unless_they_grow() {
    let g = graph(
        "%x: f32[4]",
        "%a = const : f32[4] rand
%b = const : f32[4] rand
%c = binary add(%a, %b) : f32[4]
%y = binary mul(%x, %c) : f32[4]
return %y",
    );
    assert_eq!(ops(&after(fold_constants::run, &g)), "binary");
    let g = graph(
        "%x: f32[200x100]",
        "%a = const : f32[1x100] rand
%b = broadcast(%a) {shape=[200, 100]} : f32[200x100]
%y = binary mul(%x, %b) : f32[200x100]
return %y",
    );
    assert_eq!(ops(&after(fold_constants::run, &g)), "broadcast binary");
}

#[test]
fn a_batch_normalization_is_in_the_layer() {
    for (layer, shape) in [
        ("conv2d(%x, %w, %b) {stride=[1, 2], padding=[1, 0, 1, 1]}", "1x4x2x4"),
        ("conv2d(%x, %v, %b) {groups=2}", "1x3x2x4"),
        ("conv_transpose2d(%x, %w, %b) {stride=[2, 1]}", "1x8x6x4"),
    ] {
        let g = graph(
            "%x: f32[1x4x4x2]",
            &format!(
                "%w = const : f32[4x2x3x2] rand
%v = const : f32[4x2x3x1] rand
%b = const : f32[4] rand
%m = const : f32[1x1x4] rand
%a = const : f32[4] rand
%l = {layer} : f32[{shape}]
%s = binary mul(%l, %m) : f32[{shape}]
%t = binary add(%s, %a) {{activation=relu6}} : f32[{shape}]
return %t"
            ),
        );
        let new = after(fold_affine::run, &g);
        assert_eq!((new.nodes.len(), new.nodes[0].op.activation()), (1, Activation::Relu6), "{layer}");
    }
}

#[test]
fn what_comes_before_a_layer_is_in_it_where_padding_allows() {
    let body = |padding: &str, shape: &str| {
        format!(
            "%w = const : f32[4x2x2x2] rand
%b = const : f32[4] rand
%m = const : f32[4] rand
%a = const : f32[1x1x1x4] rand
%s = binary mul(%x, %m) : f32[1x4x4x4]
%t = binary add(%s, %a) : f32[1x4x4x4]
%l = conv2d(%t, %w, %b) {{groups=2{padding}}} : f32[{shape}]
return %l"
        )
    };
    // One of the two in a run: the next run takes the other.
    let open = graph("%x: f32[1x4x4x4]", &body("", "1x3x3x4"));
    assert_eq!(ops(&after(fold_affine::run, &after(fold_affine::run, &open))), "conv2d");
    let padded = graph("%x: f32[1x4x4x4]", &body(", padding=[1, 0, 1, 0]", "1x4x4x4"));
    assert_eq!(ops(&after(fold_affine::run, &padded)), "binary binary conv2d");
}

#[test]
fn clamps_become_activations_of_what_they_alone_read() {
    let body = |output: &str| {
        format!(
            "%y = binary add(%x, %x) : f32[4]
%z = unary clamp(%y) {{min=-1.0, max=1.0}} : f32[4]
return {output}"
        )
    };
    let new = after(fuse_activations::run, &graph("%x: f32[4]", &body("%z")));
    assert_eq!((ops(&new).as_str(), new.nodes[0].op.activation()), ("binary", Activation::ReluN1To1));
    assert_eq!(ops(&after(fuse_activations::run, &graph("%x: f32[4]", &body("%y, %z")))), "binary unary");
    let quantized = |scale: &str| {
        let body = format!(
            "%y = binary add(%x, %x) : i8[4] q(0.05, 3)
%z = unary clamp(%y) {{min=0.0, max=6.0}} : i8[4] q({scale}, 3)
return %z"
        );
        ops(&after(fuse_activations::run, &graph("%x: i8[4] q(0.02, -5)", &body)))
    };
    assert_eq!(quantized("0.05"), "binary");
    assert_eq!(quantized("0.04"), "binary unary");
}

#[test]
fn pads_are_the_padding_of_windows() {
    let body = |value: &str, window: &str| {
        format!(
            "%w = const : f32[1x2x2x1] rand
%b = const : f32[1] rand
%p = pad(%x) {{before=[0, 1, 0, 0], after=[0, 0, 1, 0], value={value}}} : f32[1x4x4x1]
%y = {window}
return %y"
        )
    };
    let count = |value, window| ops(&after(fuse_pads::run, &graph("%x: f32[1x3x3x1]", &body(value, window))));
    let conv = "conv2d(%p, %w, %b) {padding=[0, 1, 0, 0]} : f32[1x4x3x1]";
    assert_eq!(count("0.0", conv), "conv2d");
    assert_eq!(count("1.0", conv), "pad conv2d");
    assert_eq!(count("0.0", "avg_pool2d(%p) {kernel=[2, 2]} : f32[1x3x3x1]"), "avg_pool2d");
    assert_eq!(count("0.0", "avg_pool2d(%p) {kernel=[2, 2], padding=[1, 0, 0, 0]} : f32[1x4x3x1]"), "pad avg_pool2d");
    assert_eq!(count("-inf", "max_pool2d(%p) {kernel=[2, 2]} : f32[1x3x3x1]"), "max_pool2d");
    assert_eq!(count("0.0", "max_pool2d(%p) {kernel=[2, 2]} : f32[1x3x3x1]"), "pad max_pool2d");
    let quantized = graph(
        "%x: i8[1x3x3x1] q(0.5, 7)",
        "%w = const : i8[1x2x2x1] q(0.25, 0) rand
%b = const : i32[1] [5]
%p = pad(%x) {before=[0, 1, 0, 0], after=[0, 0, 1, 0], value=0.0} : i8[1x4x4x1] q(0.5, 7)
%y = conv2d(%p, %w, %b) : i8[1x3x3x1] q(9.0, 1)
return %y",
    );
    assert_eq!(ops(&after(fuse_pads::run, &quantized)), "conv2d");
}

#[test]
fn products_with_constants_are_layers_with_their_bias() {
    let g = graph(
        "%x: f32[2x3x4]",
        "%w = const : f32[4x5] rand
%b = const : f32[5] rand
%p = mat_mul(%x, %w) : f32[2x3x5]
%y = binary add(%b, %p) {activation=relu} : f32[2x3x5]
return %y",
    );
    let new = after(dense::run, &g);
    assert_eq!(ops(&new), "reshape fully_connected reshape");
    assert_eq!(new.nodes[1].op.activation(), Activation::Relu);
    let g = graph("%x: f32[2x4], %w: f32[4x5]", "%p = mat_mul(%x, %w) : f32[2x5]\nreturn %p");
    assert_eq!(ops(&after(dense::run, &g)), "mat_mul");
}

#[test]
fn a_layer_reads_a_flattened_input_in_its_own_order() {
    let g = graph(
        "%x: f32[2x3x4x5]",
        "%w = const : f32[6x60] rand
%b = const : f32[6] rand
%t = transpose(%x) {perm=[0, 3, 1, 2]} : f32[2x5x3x4]
%f = reshape(%t) {shape=[2, 60]} : f32[2x60]
%y = fully_connected(%f, %w, %b) : f32[2x6]
return %y",
    );
    assert_eq!(ops(&after(dense::run, &g)), "reshape fully_connected");
}
