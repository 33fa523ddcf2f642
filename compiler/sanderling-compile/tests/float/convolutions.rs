//! Sums of products under windows, with channels on both sides of the vector width.

use sanderling_ir::{Activation, Op, Padding, Rounding};

use crate::harness::{check, check_on, node, real, values};

const CHANNELS: [usize; 7] = [1, 3, 7, 8, 9, 16, 17];

#[derive(Clone, Copy, Debug)]
struct Shape {
    image: [usize; 2],
    kernel: [usize; 2],
    stride: [usize; 2],
    dilation: [usize; 2],
    padding: Padding,
}

fn pad(top: usize, bottom: usize, left: usize, right: usize) -> Padding {
    Padding { top, bottom, left, right }
}

/// Kernels of 1 to 3, strides, dilations, paddings that hide whole windows, images narrower than a tile and wider.
fn shapes() -> Vec<Shape> {
    let plain = Shape { image: [5, 7], kernel: [1, 1], stride: [1, 1], dilation: [1, 1], padding: Padding::default() };
    vec![
        plain,
        Shape { image: [11, 13], ..plain },
        Shape { stride: [2, 2], ..plain },
        Shape { kernel: [3, 3], padding: pad(1, 1, 1, 1), ..plain },
        Shape { image: [4, 17], kernel: [3, 3], padding: pad(1, 1, 1, 1), ..plain },
        Shape { image: [6, 9], kernel: [3, 3], stride: [2, 2], padding: pad(0, 1, 0, 1), ..plain },
        Shape { kernel: [2, 3], stride: [1, 2], ..plain },
        Shape { image: [9, 9], kernel: [3, 2], dilation: [2, 3], padding: pad(2, 1, 3, 2), ..plain },
        Shape { image: [2, 2], kernel: [3, 3], padding: pad(3, 3, 3, 3), ..plain },
        Shape { image: [1, 8], kernel: [1, 3], padding: pad(0, 0, 1, 1), ..plain },
    ]
}

fn conv(shape: Shape, batch: usize, in_c: usize, out_c: usize, groups: usize, activation: Activation) {
    let Shape { image, kernel, stride, dilation, padding } = shape;
    let op = Op::Conv2d { stride, dilation, padding, groups, activation, rounding: Rounding::Twice };
    let (x, w) = ([batch, image[0], image[1], in_c], [out_c, kernel[0], kernel[1], in_c / groups]);
    let (weights, bias) = (values(1, &w), values(2, &[out_c]));
    let graph = node(op, &[(&x, None), (&w, Some(weights)), (&[out_c], Some(bias))]);
    check(&graph, &format!("{shape:?} batch {batch} {in_c} to {out_c} in {groups} groups"));
}

#[test]
fn plain() {
    for shape in shapes() {
        for (i, in_c) in CHANNELS.into_iter().enumerate() {
            // Every channel count meets the image as well as the output.
            for out_c in [CHANNELS[(i + 2) % 7], CHANNELS[(i + 5) % 7], 40] {
                conv(shape, 1 + i % 2, in_c, out_c, 1, Activation::None);
            }
        }
    }
}

#[test]
fn wide_layers_fill_every_tile() {
    for out_c in [24, 33, 63, 64, 65] {
        for width in 1..=14 {
            let shape = Shape { image: [1, width], ..shapes()[0] };
            conv(shape, 1, 5, out_c, 1, Activation::Relu);
        }
    }
}

#[test]
fn depthwise() {
    for shape in shapes() {
        for c in CHANNELS.into_iter().filter(|&c| c > 1) {
            conv(shape, 2, c, c, c, Activation::Relu6);
        }
        for (c, multiplier) in [(3, 2), (2, 8), (9, 3)] {
            conv(shape, 1, c, c * multiplier, c, Activation::None);
        }
    }
}

#[test]
fn grouped() {
    for shape in shapes() {
        for (in_c, out_c, groups) in [(4, 6, 2), (9, 3, 3), (16, 32, 2), (18, 27, 9), (34, 17, 17)] {
            conv(shape, 1, in_c, out_c, groups, Activation::ReluN1To1);
        }
    }
}

#[test]
fn fully_connected() {
    for batch in [1, 2, 5, 7, 100] {
        for (depth, out_c) in [(1, 1), (3, 8), (17, 9), (64, 10), (33, 130)] {
            let op = Op::FullyConnected { activation: Activation::Relu };
            let (weights, bias) = (values(3, &[out_c, depth]), values(4, &[out_c]));
            let inputs: [(&[usize], _); 3] =
                [(&[batch, depth], None), (&[out_c, depth], Some(weights)), (&[out_c], Some(bias))];
            check(&node(op, &inputs), &format!("{batch} rows of {depth} to {out_c}"));
        }
    }
}

#[test]
fn transposed() {
    let cases = [
        ([2, 2], [2, 2], Padding::default(), [0, 0]),
        ([3, 3], [2, 2], pad(1, 0, 1, 0), [0, 0]),
        ([3, 2], [1, 3], pad(1, 1, 0, 1), [0, 1]),
        ([1, 1], [2, 2], Padding::default(), [1, 1]),
        ([4, 4], [3, 2], pad(1, 2, 2, 1), [1, 0]),
    ];
    for (kernel, stride, padding, extra) in cases {
        for (in_c, out_c) in [(1, 9), (3, 1), (8, 7), (17, 16)] {
            let op =
                Op::ConvTranspose2d { stride, padding, extra, activation: Activation::None, rounding: Rounding::Twice };
            let w = [out_c, kernel[0], kernel[1], in_c];
            let (weights, bias) = (values(5, &w), values(6, &[out_c]));
            let graph = node(op, &[(&[2, 3, 4, in_c], None), (&w, Some(weights)), (&[out_c], Some(bias))]);
            check(&graph, &format!("transposed {kernel:?} stride {stride:?} {padding:?} {in_c} to {out_c}"));
        }
    }
}

#[test]
fn pools() {
    for shape in shapes() {
        for c in CHANNELS {
            let Shape { image, kernel, stride, dilation, padding, .. } = shape;
            let activation = Activation::None;
            // A mean of nothing, or its maximum, is no number worth comparing.
            let span = |i: usize| (kernel[i] - 1) * dilation[i] + 1;
            if padding.top >= span(0) || padding.left >= span(1) {
                continue;
            }
            for count_padding in [false, true] {
                let op = Op::AvgPool2d { kernel, stride, dilation, padding, count_padding, activation };
                check(&node(op, &[(&[2, image[0], image[1], c], None)]), &format!("mean {shape:?} {c}"));
            }
            let op = Op::MaxPool2d { kernel, stride, dilation, padding, activation };
            check(&node(op, &[(&[2, image[0], image[1], c], None)]), &format!("maximum {shape:?} {c}"));
        }
    }
}

#[test]
fn what_is_not_a_number_stays_so() {
    let op = Op::FullyConnected { activation: Activation::None };
    let (weights, bias) = (values(3, &[9, 4]), values(4, &[9]));
    let graph = node(op, &[(&[2, 4], None), (&[9, 4], Some(weights)), (&[9], Some(bias))]);
    let x = [1.0, f32::NAN, 2.0, 3.0, 1.0, 2.0, 3.0, 4.0];
    check_on(&graph, &[sanderling_ir::Tensor::from_f32(real(&[2, 4]), &x)], "a row with a NaN");
}
