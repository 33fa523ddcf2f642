//! Graphs on 8-bit integers.

use sanderling_ir::{
    Activation, BinaryKind, Coordinates, DType, Module, Op, Padding, Quant, ReduceKind, ResizeMode, Rounding,
    TensorType, UnaryKind,
};

use super::build::{Build, binary, conv, plain, quantized};

pub fn modules() -> Vec<Module> {
    vec![convolutions(), groups(), legacy(), hybrid(), pools(), sums(), tables(), rows(), recurrent()]
}

fn convolutions() -> Module {
    let mut b = Build::new("int8 convolutions");
    let x = quantized(DType::I8, &[1, 7, 6, 3], 0.05, 4);
    let like = quantized(DType::I8, &[], 0.1, -7);
    let weights = |shape: &[usize]| quantized(DType::I8, shape, 0.02, 0);
    let input = b.input(x);
    let y = b.layer(conv(2, 1, 1, 1), input, weights(&[8, 3, 3, 3]), Some(&like));
    let y = b.layer(conv(1, 1, 1, 8), y, weights(&[8, 3, 3, 1]), Some(&like));
    let y = b.layer(conv(1, 1, 0, 1), y, weights(&[4, 1, 1, 8]), Some(&like));
    b.layer(conv(1, 2, 2, 1), y, weights(&[5, 3, 3, 4]), Some(&like));
    b.module()
}

fn groups() -> Module {
    let mut b = Build::new("int8 groups");
    let like = quantized(DType::I8, &[], 0.1, -7);
    let input = b.input(quantized(DType::I8, &[1, 5, 4, 8], 0.05, 4));
    let y = b.layer(conv(1, 1, 1, 2), input, quantized(DType::I8, &[6, 3, 3, 4], 0.02, 0), Some(&like));
    let padding = Padding { top: 1, bottom: 1, left: 1, right: 0 };
    let up = Op::ConvTranspose2d {
        stride: [2; 2],
        padding,
        extra: [0; 2],
        activation: Activation::None,
        rounding: Rounding::Twice,
    };
    b.layer(up, y, quantized(DType::I8, &[3, 3, 3, 6], 0.02, 0), Some(&like));
    b.module()
}

fn legacy() -> Module {
    let mut b = Build::new("uint8 layers");
    let like = quantized(DType::U8, &[], 0.1, 120);
    let input = b.input(quantized(DType::U8, &[1, 5, 5, 4], 0.05, 130));
    let y = b.layer(conv(1, 1, 1, 1), input, quantized(DType::U8, &[6, 3, 3, 4], 0.02, 9), Some(&like));
    let y = b.layer(conv(1, 1, 1, 6), y, quantized(DType::U8, &[6, 3, 3, 1], 0.02, 9), Some(&like));
    let size = Op::Resize { size: [8, 3], mode: ResizeMode::Bilinear, coordinates: Coordinates::HalfPixel };
    b.node(size, &[y], Some(&like));
    b.module()
}

fn hybrid() -> Module {
    let mut b = Build::new("int8 weights");
    let weights = |shape: &[usize]| quantized(DType::I8, shape, 0.02, 0);
    let input = b.input(plain(DType::F32, &[1, 5, 6, 4]));
    let y = b.layer(conv(1, 1, 1, 1), input, weights(&[3, 3, 3, 4]), None);
    let flat = b.inner(Op::Reshape { shape: vec![1, 90] }, &[y], None);
    b.layer(Op::FullyConnected { activation: Activation::Relu }, flat[0], weights(&[5, 90]), None);
    b.module()
}

fn pools() -> Module {
    let mut b = Build::new("int8 pools");
    let x = quantized(DType::I8, &[1, 7, 6, 5], 0.1, 3);
    let other = quantized(DType::I8, &[], 0.2, -4);
    let padding = Padding { top: 1, bottom: 1, left: 1, right: 0 };
    let (kernel, stride, activation) = ([3, 2], [2, 1], Activation::Relu);
    let mean = |count_padding| Op::AvgPool2d { kernel, stride, dilation: [1, 1], padding, count_padding, activation };
    let input = b.input(x.clone());
    b.node(Op::MaxPool2d { kernel, stride, dilation: [1, 1], padding, activation }, &[input], Some(&x));
    b.node(mean(false), &[input], Some(&x));
    b.node(mean(true), &[input], Some(&x));
    b.node(mean(false), &[input], Some(&other));
    b.module()
}

fn sums() -> Module {
    let mut b = Build::new("int8 sums");
    let x = quantized(DType::I8, &[2, 3, 4], 0.1, 3);
    let like = quantized(DType::I8, &[], 0.13, -4);
    let (p, q) = (b.input(x.clone()), b.input(quantized(DType::I8, &[4], 0.04, -9)));
    let sum = b.node(binary(BinaryKind::Add), &[p, p], Some(&like));
    let product = b.node(binary(BinaryKind::Mul), &[sum, q], Some(&like));
    b.node(binary(BinaryKind::Less), &[product, q], None);
    b.node(binary(BinaryKind::SquaredDifference), &[p, q], Some(&like));
    b.node(Op::Reduce { kind: ReduceKind::Mean, axes: vec![1], keep_dims: false }, &[product], Some(&like));
    let other = b.input(quantized(DType::I8, &[2, 4, 5], 0.1, 3));
    b.node(Op::MatMul, &[p, other], Some(&like));
    b.module()
}

fn tables() -> Module {
    let mut b = Build::new("int8 tables");
    let x = quantized(DType::I8, &[3, 11], 0.07, 11);
    let like = quantized(DType::I8, &[], 0.03, -17);
    let input = b.input(x.clone());
    let y = b.node(Op::Unary { kind: UnaryKind::Tanh }, &[input], Some(&like));
    b.node(Op::Dequantize, &[y], None);
    let real = b.input(plain(DType::F32, &[2, 5]));
    b.node(Op::Quantize { dtype: DType::I8 }, &[real], Some(&x));
    // Another quantization on the way: what is copied goes through a table, and then in place.
    b.node(Op::Concat { axis: 0 }, &[input, y, input], Some(&like));
    let mode = sanderling_ir::PadMode::Constant(0.3);
    b.node(Op::Pad { before: vec![1, 2], after: vec![0, 1], mode }, &[input], Some(&like));
    let places = b.input(plain(DType::I32, &[2, 2]));
    b.node(Op::Gather { axis: 1 }, &[input, places], Some(&like));
    b.module()
}

fn rows() -> Module {
    let mut b = Build::new("int8 rows");
    let like = quantized(DType::I8, &[], 1.0 / 256.0, -128);
    let input = b.input(quantized(DType::I8, &[2, 9], 0.1, 3));
    let dense = Op::FullyConnected { activation: Activation::None };
    let other = quantized(DType::I8, &[], 0.3, 1);
    let y = b.layer(dense, input, quantized(DType::I8, &[10, 9], 0.02, 0), Some(&other));
    b.node(Op::Softmax { beta: 1.0 }, &[y], Some(&like));
    b.node(Op::ArgMax { axis: 1, dtype: DType::I32 }, &[y], None);
    b.node(Op::TopK { k: 3 }, &[y], Some(&other));
    b.module()
}

/// A recurrent layer with an int8 state and a 16-bit cell.
fn recurrent() -> Module {
    let mut b = Build::new("int8 recurrent");
    let (steps, batch, features, units) = (2, 1, 5, 3);
    let (state, cell) = (Quant::per_tensor(0.0078, -3), Quant::per_tensor(2f32.powi(-12), 0));
    let x = b.input(quantized(DType::I8, &[steps, batch, features], 0.03, -5));
    let weights = |depth: usize| {
        let quant = Quant { scales: vec![0.004; 4 * units], zero_points: vec![0; 4 * units], axis: 0 };
        TensorType { quant: Some(quant), ..plain(DType::I8, &[4 * units, depth]) }
    };
    let [w, r] = [features, units].map(|depth| b.constant(weights(depth)));
    let bias = b.constant(plain(DType::I32, &[4 * units]));
    let h = b.input(TensorType { quant: Some(state.clone()), ..plain(DType::I8, &[batch, units]) });
    let c = b.input(TensorType { quant: Some(cell.clone()), ..plain(DType::I16, &[batch, units]) });
    b.nodes(Op::Lstm { reverse: false, clip: 0.0 }, &[x, w, r, bias, h, c], &[state.clone(), state, cell]);
    b.module()
}
