//! Convolutions, products, pooling, resizing, softmax.

use sanderling_ir::{Activation, Coordinates, DType, Op, Padding, Quant, ResizeMode, Rounding, Tensor, TensorType};

use crate::harness::{BYTES, Case, plain, quantized};

/// The weights of `out` channels: zero points of 8 bits for u8, scales for each channel for i8 where `several`.
fn weights(dtype: DType, shape: &[usize], several: bool) -> TensorType {
    let channels = shape[0];
    if dtype == DType::I8 && several {
        let scales = (0..channels).map(|o| 0.01 + 0.003 * o as f32).collect();
        let quant = Quant { scales, zero_points: vec![0; channels], axis: 0 };
        return TensorType { quant: Some(quant), ..plain(dtype, shape) };
    }
    quantized(dtype, shape, 0.02, if dtype == DType::U8 { 9 } else { 0 })
}

/// A layer with weights on an image.
pub fn layer(dtype: DType, x: &[usize], w: &[usize], several: bool, op: Op) {
    let mut case = Case::new();
    let input = case.input(&quantized(dtype, x, 0.05, 4));
    let weights = case.constant(&weights(dtype, w, several));
    let bias = case.constant(&plain(DType::I32, &[w[0]]));
    case.node(op, &[input, weights, bias], quantized(dtype, &[], 0.6, -7).quant);
    case.check();
}

fn conv(stride: usize, dilation: usize, pad: usize, groups: usize) -> Op {
    let padding = Padding { top: pad, bottom: pad, left: pad, right: pad };
    Op::Conv2d {
        stride: [stride; 2],
        dilation: [dilation; 2],
        padding,
        groups,
        activation: Activation::Relu6,
        rounding: Rounding::Twice,
    }
}

#[test]
fn convolutions() {
    for dtype in BYTES {
        for several in [false, true] {
            for channels in [1, 3, 4, 16, 17] {
                layer(dtype, &[2, 7, 6, channels], &[5, 3, 3, channels], several, conv(2, 1, 1, 1));
                layer(dtype, &[1, 5, 5, channels], &[8, 1, 1, channels], several, conv(1, 1, 0, 1));
                layer(dtype, &[1, 9, 9, channels], &[2, 3, 3, channels], several, conv(1, 2, 2, 1));
                layer(dtype, &[1, 7, 6, channels], &[channels, 3, 3, 1], several, conv(1, 1, 1, channels));
                layer(dtype, &[1, 7, 6, channels], &[2 * channels, 3, 3, 1], several, conv(2, 1, 1, channels));
            }
            layer(dtype, &[2, 7, 6, 8], &[6, 3, 3, 4], several, conv(1, 1, 1, 2));
        }
    }
}

#[test]
fn weights_that_fit_without_their_zero_point() {
    let mut case = Case::new();
    let input = case.input(&quantized(DType::U8, &[1, 4, 4, 4], 0.05, 4));
    let ty = quantized(DType::U8, &[3, 2, 2, 4], 0.02, 9);
    let data = (0..ty.elements()).map(|i| 100 + (i * 7 % 90) as u8).collect();
    let weights = case.tensor(Tensor { ty, data });
    let bias = case.constant(&plain(DType::I32, &[3]));
    case.node(conv(1, 1, 0, 1), &[input, weights, bias], quantized(DType::U8, &[], 0.2, -7).quant);
    case.check();
}

/// The same with one rounding of the sums.
fn once(mut op: Op) -> Op {
    if let Op::Conv2d { rounding, .. } | Op::ConvTranspose2d { rounding, .. } = &mut op {
        *rounding = Rounding::Once;
    }
    op
}

#[test]
fn sums_that_round_once() {
    for dtype in BYTES {
        for several in [false, true] {
            layer(dtype, &[2, 7, 6, 17], &[5, 3, 3, 17], several, once(conv(2, 1, 1, 1)));
            layer(dtype, &[1, 5, 5, 16], &[8, 1, 1, 16], several, once(conv(1, 1, 0, 1)));
            layer(dtype, &[1, 7, 6, 16], &[16, 3, 3, 1], several, once(conv(1, 1, 1, 16)));
            layer(dtype, &[1, 7, 6, 5], &[10, 3, 3, 1], several, once(conv(2, 1, 1, 5)));
            layer(dtype, &[2, 7, 6, 8], &[6, 3, 3, 4], several, once(conv(1, 1, 1, 2)));
            layer(dtype, &[2, 4, 5, 6], &[3, 4, 3, 6], several, once(up(2, 1, 1)));
        }
    }
}

fn up(stride: usize, pad: usize, extra: usize) -> Op {
    let padding = Padding { top: pad, bottom: pad, left: pad, right: 0 };
    let (stride, extra, activation) = ([stride; 2], [extra; 2], Activation::None);
    Op::ConvTranspose2d { stride, padding, extra, activation, rounding: Rounding::Twice }
}

#[test]
fn transposed_convolutions() {
    for dtype in BYTES {
        for (stride, pad, extra) in [(1, 0, 0), (2, 1, 1), (3, 0, 0), (2, 2, 0)] {
            layer(dtype, &[2, 4, 5, 6], &[3, 4, 3, 6], true, up(stride, pad, extra));
        }
    }
}

#[test]
fn fully_connected_layers_and_products() {
    for dtype in BYTES {
        for depth in [1, 7, 16, 33] {
            let op = Op::FullyConnected { activation: Activation::Relu };
            layer(dtype, &[3, depth], &[5, depth], false, op.clone());
            layer(dtype, &[3, depth], &[5, depth], true, op);
            let shapes: [(&[usize], &[usize]); 3] = [
                (&[2, 3, 4, depth], &[2, 3, depth, 5]),
                (&[2, 1, 4, depth], &[3, depth, 5]),
                (&[4, depth], &[depth, 5]),
            ];
            for (a, b) in shapes {
                let mut case = Case::new();
                let (a, b) = (case.input(&quantized(dtype, a, 0.1, 3)), case.input(&quantized(dtype, b, 0.2, -5)));
                case.node(Op::MatMul, &[a, b], quantized(dtype, &[], 1.3, 2).quant);
                case.check();
            }
        }
    }
}

#[test]
fn real_inputs_with_8_bit_weights() {
    for several in [false, true] {
        let ops = [
            (Op::FullyConnected { activation: Activation::Relu }, &[3, 19][..], &[4, 19][..]),
            (conv(1, 1, 1, 1), &[2, 5, 6, 4], &[3, 3, 3, 4]),
            (conv(2, 1, 1, 4), &[2, 5, 6, 4], &[4, 3, 3, 1]),
        ];
        for (op, x, w) in ops {
            let mut case = Case::new();
            let input = case.input(&plain(DType::F32, x));
            let weights = case.constant(&weights(DType::I8, w, several));
            let bias = case.constant(&plain(DType::F32, &[w[0]]));
            case.node(op, &[input, weights, bias], None);
            case.check();
        }
    }
}

#[test]
fn pooling() {
    for dtype in BYTES {
        let padding = Padding { top: 1, bottom: 1, left: 1, right: 0 };
        for (scale, zero, dilation) in [(0.1, 3, [1, 1]), (0.2, -4, [1, 1]), (0.2, -4, [2, 3])] {
            let (kernel, stride, activation) = ([3, 2], [2, 1], Activation::Relu);
            let max = Op::MaxPool2d { kernel, stride, dilation, padding, activation };
            let mean = |count_padding| Op::AvgPool2d { kernel, stride, dilation, padding, count_padding, activation };
            for op in [max, mean(false), mean(true)] {
                let mut case = Case::new();
                let x = case.input(&quantized(dtype, &[2, 7, 6, 5], 0.1, 3));
                case.node(op, &[x], quantized(dtype, &[], scale, zero).quant);
                case.check();
            }
        }
    }
}

#[test]
fn bilinear_resizing() {
    for dtype in BYTES {
        let x = quantized(dtype, &[2, 5, 6, 3], 0.1, 3);
        for coordinates in [Coordinates::Asymmetric, Coordinates::HalfPixel, Coordinates::AlignCorners] {
            for size in [[9, 17], [3, 4], [1, 6], [5, 6]] {
                let mut case = Case::new();
                let input = case.input(&x);
                let op = Op::Resize { size, mode: ResizeMode::Bilinear, coordinates };
                case.node(op, &[input], x.quant.clone());
                case.check();
            }
        }
    }
}

#[test]
fn softmax() {
    for dtype in BYTES {
        for (depth, scale) in [(2, 0.1), (10, 0.02), (33, 0.3)] {
            let mut case = Case::new();
            let x = case.input(&quantized(dtype, &[4, depth], scale, 3));
            case.node(Op::Softmax { beta: 1.0 }, &[x], quantized(dtype, &[], 1.0 / 256.0, -128).quant);
            case.check();
        }
    }
}
