//! Graphs on real numbers.

use sanderling_ir::{
    Activation, BinaryKind, Coordinates, DType, Forest, Module, Op, Padding, ReduceKind, ResizeMode, Rounding, Split,
    Test, TreeNode, UnaryKind,
};

use super::build::{Build, binary, conv, plain};

pub fn modules() -> Vec<Module> {
    let halves = [DType::F16, DType::BF16].map(halves).into();
    [vec![convolutions(), pools(), elementwise(), rows(), recurrent(), trees()], halves].concat()
}

fn real(shape: &[usize]) -> sanderling_ir::TensorType {
    plain(DType::F32, shape)
}

fn convolutions() -> Module {
    let mut b = Build::new("real convolutions");
    let x = b.input(real(&[1, 7, 6, 3]));
    let y = b.layer(conv(2, 1, 1, 1), x, real(&[9, 3, 3, 3]), None);
    let y = b.layer(conv(1, 1, 1, 9), y, real(&[9, 3, 3, 1]), None);
    let y = b.layer(conv(1, 2, 2, 3), y, real(&[6, 3, 3, 3]), None);
    let y = b.layer(conv(1, 1, 0, 1), y, real(&[17, 1, 1, 6]), None);
    let padding = Padding { top: 1, bottom: 1, left: 1, right: 0 };
    let up = Op::ConvTranspose2d {
        stride: [2; 2],
        padding,
        extra: [1; 2],
        activation: Activation::None,
        rounding: Rounding::Twice,
    };
    b.layer(up, y, real(&[2, 3, 3, 17]), None);
    b.module()
}

/// Weights of two bytes.
fn halves(dtype: DType) -> Module {
    let mut b = Build::new(&format!("weights in {dtype}"));
    let weights = |b: &mut Build, shape: &[usize]| {
        let half = b.constant(plain(dtype, shape));
        b.inner(Op::Cast { dtype: DType::F32 }, &[half], None)[0]
    };
    let x = b.input(real(&[1, 7, 6, 3]));
    let (w, bias) = (weights(&mut b, &[9, 3, 3, 3]), b.constant(real(&[9])));
    let y = b.node(conv(2, 1, 1, 1), &[x, w, bias], None);
    let (w, bias) = (weights(&mut b, &[9, 3, 3, 1]), b.constant(real(&[9])));
    let y = b.node(conv(1, 1, 1, 9), &[y, w, bias], None);
    let (w, bias) = (weights(&mut b, &[2, 3, 3, 9]), b.constant(real(&[2])));
    let padding = Padding { top: 1, bottom: 1, left: 1, right: 0 };
    let up = Op::ConvTranspose2d {
        stride: [2; 2],
        padding,
        extra: [1; 2],
        activation: Activation::None,
        rounding: Rounding::Twice,
    };
    b.node(up, &[y, w, bias], None);
    let (p, w) = (b.input(real(&[2, 4, 8])), weights(&mut b, &[2, 8, 9]));
    b.node(Op::MatMul, &[p, w], None);
    b.module()
}

fn pools() -> Module {
    let mut b = Build::new("real pools");
    let x = b.input(real(&[1, 7, 6, 5]));
    let padding = Padding { top: 1, bottom: 1, left: 1, right: 0 };
    let (kernel, stride, activation) = ([3, 2], [2, 1], Activation::None);
    b.node(Op::MaxPool2d { kernel, stride, dilation: [1, 1], padding, activation }, &[x], None);
    let y = b.node(
        Op::AvgPool2d { kernel, stride, dilation: [1, 1], padding, count_padding: true, activation },
        &[x],
        None,
    );
    let size = Op::Resize { size: [9, 3], mode: ResizeMode::Bilinear, coordinates: Coordinates::AlignCorners };
    b.node(size, &[y], None);
    b.module()
}

fn elementwise() -> Module {
    let mut b = Build::new("real functions");
    let (p, q) = (b.input(real(&[2, 3, 9])), b.input(real(&[9])));
    let y = b.node(binary(BinaryKind::Div), &[p, q], None);
    b.node(binary(BinaryKind::Pow), &[p, q], None);
    b.node(binary(BinaryKind::LessEqual), &[p, q], None);
    for kind in [UnaryKind::Exp, UnaryKind::Erf, UnaryKind::Sin, UnaryKind::Elu { alpha: 1.0 }] {
        b.node(Op::Unary { kind }, &[y], None);
    }
    b.node(Op::Reduce { kind: ReduceKind::Max, axes: vec![0, 2], keep_dims: true }, &[y], None);
    b.module()
}

fn rows() -> Module {
    let mut b = Build::new("real rows");
    let (p, q) = (b.input(real(&[2, 4, 8])), b.input(real(&[8, 9])));
    let y = b.node(Op::MatMul, &[p, q], None);
    let (gamma, beta) = (b.constant(real(&[9])), b.constant(real(&[9])));
    b.node(Op::LayerNorm { epsilon: 1e-5 }, &[y, gamma, beta], None);
    let sure = b.node(Op::Softmax { beta: 0.5 }, &[y], None);
    let pairs = b.node(Op::Reshape { shape: vec![12, 6] }, &[sure], None);
    b.node(Op::PairwiseCoupling, &[pairs], None);
    b.module()
}

/// States that live across runs.
fn recurrent() -> Module {
    let mut b = Build::new("recurrent");
    let (t, n, i, h) = (3, 1, 5, 4);
    let x = b.input(real(&[t, n, i]));
    let (hidden, cell) = (b.state(real(&[n, h])), b.state(real(&[n, h])));
    let [w, r, bias] = [&[4 * h, i][..], &[4 * h, h], &[4 * h]].map(|shape| b.constant(real(shape)));
    b.node(Op::Reshape { shape: vec![t * i] }, &[x], None);
    let lstm = b.inner(Op::Lstm { reverse: false, clip: 0.0 }, &[x, w, r, bias, hidden, cell], None);
    b.next(hidden, lstm[1]);
    b.next(cell, lstm[2]);
    let start = b.state(real(&[n, i]));
    let shapes: [&[usize]; 4] = [&[3 * i, h], &[3 * i, i], &[3 * i], &[3 * i]];
    let [w, r, bias, again] = shapes.map(|shape| b.constant(real(shape)));
    let gru = Op::Gru { reverse: true, linear_before_reset: true };
    let outputs = b.inner(gru, &[lstm[0], w, r, bias, again, start], None);
    b.next(start, outputs[1]);
    b.node(Op::Unary { kind: UnaryKind::Tanh }, &[outputs[0]], None);
    b.module()
}

/// Trees with every kind of split, and leaves of two values.
fn trees() -> Module {
    let mut b = Build::new("trees");
    let x = b.input(real(&[3, 4]));
    let split = |feature, test, yes, no| {
        TreeNode::Split(Split { feature, test, missing: feature == 1, zero_is_missing: feature == 2, yes, no })
    };
    let leaf = |value: f32, width: usize| TreeNode::Leaf(vec![value; width]);
    for width in [1, 2] {
        let mut forest = Forest::new(vec![0.5; 2], width);
        let tests = [Test::AtMost(0.25), Test::Less(-0.5), Test::Equal(1.0), Test::In(vec![0b1010, 1].into())];
        for (feature, test) in tests.into_iter().enumerate() {
            let nodes = [
                split(feature, test, 1, 2),
                leaf(1.0, width),
                split(3 - feature, Test::AtMost(0.0), 3, 4),
                leaf(-1.0, width),
                leaf(0.125, width),
            ];
            forest.grow(if width == 1 { feature % 2 } else { 0 }, 0, &nodes).expect("the trees here are sound");
        }
        b.forest(&forest, x);
    }
    b.module()
}
