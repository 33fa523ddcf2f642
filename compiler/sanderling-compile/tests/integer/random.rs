//! Layers of shapes that nobody chose: around the width of vectors, padded, strided, dilated, in groups.

use proptest::prelude::*;
use sanderling_ir::{Activation, BinaryKind, DType, Op, Padding, Rounding};

use crate::harness::{BYTES, Case, quantized};
use crate::sums::layer;

fn dtype() -> impl Strategy<Value = DType> {
    prop::sample::select(BYTES.to_vec())
}

/// Lengths around the widths of vectors.
fn length() -> impl Strategy<Value = usize> {
    prop::sample::select(vec![1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33])
}

fn activation() -> impl Strategy<Value = Activation> {
    prop::sample::select(vec![Activation::None, Activation::Relu, Activation::Relu6])
}

fn rounding() -> impl Strategy<Value = Rounding> {
    prop::sample::select(vec![Rounding::Twice, Rounding::Once])
}

/// A scale and the zero point of an i8.
fn scale() -> impl Strategy<Value = (f32, i32)> {
    (prop::sample::select(vec![0.003f32, 0.02, 0.1, 0.31, 1.7]), prop_oneof![Just(-128), Just(127), -128..128])
}

/// Sizes of an image and of a kernel that fits it, with stride, dilation and padding.
fn window() -> impl Strategy<Value = ([usize; 2], [usize; 2], [usize; 2], [usize; 2], Padding)> {
    let pair = |range: std::ops::Range<usize>| [range.clone(), range];
    (pair(1..4), pair(1..4), pair(1..3), pair(0..7), pair(0..3), pair(0..3)).prop_map(
        |(kernel, stride, dilation, beyond, before, after)| {
            let reach = |i: usize| (kernel[i] - 1) * dilation[i] + 1;
            let padding = Padding { top: before[0], left: before[1], bottom: after[0], right: after[1] };
            ([reach(0) + beyond[0], reach(1) + beyond[1]], kernel, stride, dilation, padding)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn convolutions(
        (dtype, several, (image, kernel, stride, dilation, padding), rounding) in (dtype(), any::<bool>(), window(), rounding()),
        (batch, inputs, outputs, groups) in (1usize..3, length(), length(), prop_oneof![3 => Just(1usize), 1 => 2usize..4]),
        activation in activation(),
    ) {
        let op = Op::Conv2d { stride, dilation, padding, groups, activation, rounding };
        let x = [batch, image[0], image[1], inputs * groups];
        layer(dtype, &x, &[outputs * groups, kernel[0], kernel[1], inputs], several, op);
    }

    #[test]
    fn depthwise_convolutions(
        (dtype, several, (image, kernel, stride, dilation, padding), rounding) in (dtype(), any::<bool>(), window(), rounding()),
        (batch, channels, times) in (1usize..3, length(), prop_oneof![3 => Just(1usize), 1 => 2usize..4]),
        activation in activation(),
    ) {
        let op = Op::Conv2d { stride, dilation, padding, groups: channels, activation, rounding };
        let x = [batch, image[0], image[1], channels];
        layer(dtype, &x, &[channels * times, kernel[0], kernel[1], 1], several, op);
    }

    #[test]
    fn fully_connected_layers(
        (dtype, several, activation) in (dtype(), any::<bool>(), activation()),
        (batch, depth, units) in (1usize..20, length(), length()),
    ) {
        layer(dtype, &[batch, depth], &[units, depth], several, Op::FullyConnected { activation });
    }

    #[test]
    fn sums_and_products(
        (dtype, activation, shape) in (dtype(), activation(), [1usize..4, 1..40]),
        (kind, a, b, y) in (prop::sample::select(vec![BinaryKind::Add, BinaryKind::Sub, BinaryKind::Mul]), scale(), scale(), scale()),
    ) {
        let mut case = Case::new();
        let inputs = [a, b].map(|(scale, zero)| case.input(&quantized(dtype, &shape, scale, zero)));
        case.node(Op::Binary { kind, activation }, &inputs, quantized(dtype, &[], y.0, y.1).quant);
        case.check();
    }

    #[test]
    fn pools(
        (dtype, (image, kernel, stride, dilation, _), activation) in (dtype(), window(), activation()),
        (channels, (scale, zero), mean, count_padding) in (length(), scale(), any::<bool>(), any::<bool>()),
    ) {
        let padding = Padding { top: kernel[0] / 2, left: kernel[1] / 2, bottom: 0, right: 0 };
        let op = match mean {
            true => Op::AvgPool2d { kernel, stride, dilation, padding, count_padding, activation },
            false => Op::MaxPool2d { kernel, stride, dilation, padding, activation },
        };
        let x = quantized(dtype, &[2, image[0], image[1], channels], scale, zero);
        let mut case = Case::new();
        let input = case.input(&x);
        case.node(op, &[input], x.quant);
        case.check();
    }

    #[test]
    fn softmax(dtype in dtype(), rows in 1usize..5, depth in length(), (scale, zero) in scale()) {
        let mut case = Case::new();
        let x = case.input(&quantized(dtype, &[rows, depth], scale, zero));
        case.node(Op::Softmax { beta: 1.0 }, &[x], quantized(dtype, &[], 1.0 / 256.0, -128).quant);
        case.check();
    }
}
