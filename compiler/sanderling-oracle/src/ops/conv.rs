//! Convolutions, plain, grouped and depthwise.

use sanderling_ir::{DType, Op, Rounding, Tensor};

use super::{Node, activate, window::Window};
use crate::{
    OracleError,
    data::{self, Kind},
    params::{self, Multiplier},
};

/// A convolution; depthwise where the groups are the input channels.
pub fn conv2d(node: &Node) -> Result<Tensor, OracleError> {
    let Op::Conv2d { stride, dilation, padding, groups, .. } = node.op else { return node.unsupported() };
    let (x, w) = (node.inputs[0], node.inputs[1]);
    let kernel = [w.ty.shape[1], w.ty.shape[2]];
    let window = Window::new(&x.ty.shape, &node.out().shape, kernel, *stride, *dilation, *padding);
    match (node.kind(0), node.kind(1)) {
        (Kind::Real, Kind::Real) => {
            let sums = products(&window, &data::reals(x), &data::reals(w), w.ty.shape[0], *groups, dot_reals);
            Ok(finish_reals(node, sums))
        }
        (Kind::Quantized, Kind::Quantized) if integer_types(node) => {
            let (xs, ws) = (data::centered(x), data::centered(w));
            if node.inputs[2].ty.dtype == DType::I64 {
                let sums = products(&window, &xs, &ws, w.ty.shape[0], *groups, dot_long);
                return Ok(finish_long(node, sums, &convolution_multipliers(node)));
            }
            let sums = products(&window, &xs, &ws, w.ty.shape[0], *groups, dot);
            Ok(finish(node, sums, &convolution_multipliers(node)))
        }
        (Kind::Real, Kind::Quantized) if x.ty.dtype == DType::F32 => Ok(hybrid(node, &window, *groups)),
        _ => node.unsupported(),
    }
}

/// Real `x` with quantized weights: each image is quantized as it comes, symmetrically for weights of one scale
/// (LiteRT's `EvalHybrid`), with a zero point for weights of several (`EvalHybridPerChannel`).
fn hybrid(node: &Node, window: &Window, groups: usize) -> Tensor {
    let (x, w) = (node.inputs[0].as_f32(), data::centered(node.inputs[1]));
    let scales: Vec<f32> = node.inputs[1].ty.quant.iter().flat_map(|q| q.scales.iter().copied()).collect();
    let quantize = if scales.len() > 1 { quantize_image } else { super::dense::quantize_row };
    let images: Vec<(Vec<i32>, f32)> = x.chunks((x.len() / window.output[0].max(1)).max(1)).map(quantize).collect();
    let values: Vec<i32> = images.iter().flat_map(|(values, _)| values.iter().copied()).collect();
    let bias: Vec<f32> = data::reals(node.inputs[2]).into_iter().map(|v| v as f32).collect();
    let sums = products(window, &values, &w, bias.len(), groups, dot);
    let per_image = (sums.len() / images.len().max(1)).max(1);
    let output = |(i, sum): (usize, i32)| {
        let o = i % bias.len();
        let value = sum as f32 * scales[o % scales.len()] * images[i / per_image].1 + bias[o];
        activate(node.op.activation(), f64::from(value))
    };
    data::from_reals(node.out(), sums.into_iter().enumerate().map(output))
}

/// Integers in [-128, 127] less their zero point, and their scale; LiteRT's `AsymmetricQuantizeFloats`.
fn quantize_image(image: &[f32]) -> (Vec<i32>, f32) {
    let least = image.iter().fold(0f32, |m, v| m.min(*v));
    let largest = image.iter().fold(0f32, |m, v| m.max(*v));
    if least == largest {
        return (vec![0; image.len()], 1.0);
    }
    let scale = (f64::from(largest) - f64::from(least)) / 255.0;
    let (from_least, from_largest) = (-128.0 - f64::from(least) / scale, 127.0 - f64::from(largest) / scale);
    let least_error = 128.0 + (f64::from(least) / scale).abs();
    let largest_error = 127.0 + (f64::from(largest) / scale).abs();
    let zero_point = if least_error < largest_error { from_least } else { from_largest };
    let zero_point = zero_point.clamp(-128.0, 127.0).round() as i32;
    let inverse = 1.0 / scale as f32;
    // The zero point is added in single precision, before the rounding.
    let quantize = |v: &f32| ((zero_point as f32 + v * inverse).round() as i32).clamp(-128, 127) - zero_point;
    (image.iter().map(quantize).collect(), scale as f32)
}

/// Whether bias and output are such that a sum of products becomes a quantized output.
pub fn integer_types(node: &Node) -> bool {
    matches!(node.inputs[2].ty.dtype, DType::I32 | DType::I64) && data::kind(node.out()) == Kind::Quantized
}

/// For each output position, the product of each output channel's weights with its window.
pub fn products<T: Copy + Default, A>(
    window: &Window,
    x: &[T],
    w: &[T],
    out_channels: usize,
    groups: usize,
    dot: impl Fn(&[T], &[T]) -> A,
) -> Vec<A> {
    let (taps, channels) = (window.kernel[0] * window.kernel[1], window.input[2] / groups);
    let (patch_length, group_outputs) = (taps * channels, out_channels / groups);
    let mut patch = vec![T::default(); patch_length];
    let mut sums = Vec::with_capacity(window.output.iter().product::<usize>() * out_channels);
    for position in window.positions() {
        for group in 0..groups {
            for (tap, place) in window.taps(position).zip(patch.chunks_exact_mut(channels)) {
                match tap.map(|offset| offset + group * channels) {
                    Some(offset) => place.copy_from_slice(&x[offset..offset + channels]),
                    None => place.fill(T::default()),
                }
            }
            for o in group * group_outputs..(group + 1) * group_outputs {
                sums.push(dot(&patch, &w[o * patch_length..(o + 1) * patch_length]));
            }
        }
    }
    sums
}

/// A sum of products on 32 bits, which wraps as LiteRT's accumulator would.
pub fn dot(a: &[i32], b: &[i32]) -> i32 {
    a.iter().zip(b).fold(0, |sum: i32, (&a, &b)| sum.wrapping_add(a.wrapping_mul(b)))
}

/// A sum of products on 64 bits, for 16-bit activations.
pub fn dot_long(a: &[i32], b: &[i32]) -> i64 {
    a.iter().zip(b).fold(0, |sum: i64, (&a, &b)| sum.wrapping_add(i64::from(a) * i64::from(b)))
}

/// A sum of products of real numbers.
pub fn dot_reals(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// One multiplier for each output channel, by the rule for convolutions; the one for `u8` is LiteRT's.
pub fn convolution_multipliers(node: &Node) -> Vec<Multiplier> {
    let legacy = node.inputs[0].ty.dtype == DType::U8 && node.op.rounding() == Rounding::Twice;
    multipliers(node, if legacy { params::legacy_conv_multiplier } else { params::conv_multiplier })
}

/// One multiplier for each scale of the weights, by `rule`.
pub fn multipliers(node: &Node, rule: fn(f32, f32, f32) -> f64) -> Vec<Multiplier> {
    let (scale_x, scale_out) = (data::scale_zero(&node.inputs[0].ty).0, data::scale_zero(node.out()).0);
    let scales = node.inputs[1].ty.quant.iter().flat_map(|q| q.scales.iter());
    scales.map(|&scale_w| Multiplier::new(rule(scale_x, scale_w, scale_out))).collect()
}

/// Sums of products, output channels innermost, to quantized outputs: bias, multiplier, zero point, clamp.
pub fn finish(node: &Node, sums: Vec<i32>, multipliers: &[Multiplier]) -> Tensor {
    let bias = data::stored(node.inputs[2]);
    let (scale, zero_point) = data::scale_zero(node.out());
    let range = params::activation_range(node.op.activation(), scale, zero_point, node.out().dtype);
    let output = |(i, sum): (usize, i32)| {
        let channel = i % bias.len();
        let (multiplier, sum) = (multipliers[channel % multipliers.len()], sum.wrapping_add(bias[channel]));
        let scaled = match node.op.rounding() {
            Rounding::Twice => multiplier.apply(sum),
            Rounding::Once => multiplier.apply_once(sum),
        };
        params::clamp(scaled.wrapping_add(zero_point), range)
    };
    data::store(node.out(), sums.into_iter().enumerate().map(output))
}

/// As [`finish`], from 64-bit sums.
pub fn finish_long(node: &Node, sums: Vec<i64>, multipliers: &[Multiplier]) -> Tensor {
    let bias = data::integers(node.inputs[2]);
    let (scale, zero_point) = data::scale_zero(node.out());
    let range = params::activation_range(node.op.activation(), scale, zero_point, node.out().dtype);
    let output = |(i, sum): (usize, i64)| {
        let channel = i % bias.len();
        let scaled = multipliers[channel % multipliers.len()].apply_i64(sum.wrapping_add(bias[channel]));
        params::clamp(scaled.wrapping_add(zero_point), range)
    };
    data::store(node.out(), sums.into_iter().enumerate().map(output))
}

/// Real sums of products, output channels innermost, to outputs: bias and activation.
pub fn finish_reals(node: &Node, sums: Vec<f64>) -> Tensor {
    let bias = data::reals(node.inputs[2]);
    let activation = node.op.activation();
    let output = |(i, sum)| activate(activation, sum + bias[i % bias.len()]);
    data::from_reals(node.out(), sums.into_iter().enumerate().map(output))
}
