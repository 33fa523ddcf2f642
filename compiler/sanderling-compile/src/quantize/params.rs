//! Scales and zero points from ranges and weights.

use rayon::prelude::*;
use sanderling_ir::{DType, Quant, Tensor, TensorType};

use super::correlate::Correlation;
use super::{Range, rounding};

/// The largest magnitude of a quantized weight: symmetric, so that no product needs more than 16 bits.
const WEIGHT_MAX: f64 = 127.0;
/// Biases stay below this, so that sums do not wrap.
const BIAS_MAX: f64 = (1i64 << 30) as f64;

/// The quantization of a value with this range, 0 exactly on a step.
pub fn activation(range: Range) -> Quant {
    let (min, max) = (f64::from(range.min.min(0.0)), f64::from(range.max.max(0.0)));
    let scale = (max - min) / 255.0;
    if !(scale.is_finite() && scale as f32 >= f32::MIN_POSITIVE) {
        return Quant::per_tensor(1.0, -128);
    }
    let zero_point = (-128.0 - min / scale).round().clamp(-128.0, 127.0);
    Quant::per_tensor(scale as f32, zero_point as i32)
}

/// A constant of real numbers in 8 bits, one scale for all.
pub fn constant(tensor: &Tensor) -> Tensor {
    let values = tensor.as_f32();
    let range = super::min_max::widen(None, &values).unwrap_or(Range { min: 0.0, max: 0.0 });
    let quant = activation(range);
    let (scale, zero) = (f64::from(quant.scales[0]), f64::from(quant.zero_points[0]));
    let stored: Vec<i8> =
        values.iter().map(|&v| ((f64::from(v) / scale).round() + zero).clamp(-128.0, 127.0) as i8).collect();
    let ty = TensorType { dtype: DType::I8, shape: tensor.ty.shape.clone(), quant: Some(quant) };
    Tensor::from_i8(ty, &stored)
}

/// The weights of a layer in 8 bits, a scale for each output channel, and its bias for an input of scale `scale_x`.
///
/// With the `correlations` of its inputs, for each group of outputs in turn, weights round as these say.
pub fn layer(
    weights: &Tensor,
    bias: &[f32],
    scale_x: f32,
    correlations: Option<&[Correlation]>,
    groups: usize,
) -> (Tensor, Tensor) {
    let values = weights.as_f32();
    let row = (values.len() / bias.len().max(1)).max(1);
    let scales: Vec<f32> = values.chunks(row).zip(bias).map(|(row, &b)| weight_scale(row, b, scale_x)).collect();
    let (stored, off) = match correlations {
        Some(correlations) => rounded(&values, &scales, correlations, groups),
        None => (nearest(&values, &scales, row), vec![0.0; scales.len()]),
    };
    let integer = |((&b, off), &scale): ((&f32, &f64), &f32)| {
        let step = f64::from(scale_x) * f64::from(scale);
        ((f64::from(b) - off) / step).round().clamp(-BIAS_MAX, BIAS_MAX) as i32
    };
    let biases: Vec<i32> = bias.iter().zip(&off).zip(&scales).map(integer).collect();
    let quant = Quant { zero_points: vec![0; scales.len()], scales, axis: 0 };
    let ty = TensorType { dtype: DType::I8, shape: weights.ty.shape.clone(), quant: Some(quant) };
    let bias_ty = TensorType::new(DType::I32, &[biases.len()]);
    (Tensor::from_i8(ty, &stored), Tensor::from_i32(bias_ty, &biases))
}

/// The scale of a row of weights, so that the largest is 127 steps and the bias holds 32 bits.
fn weight_scale(row: &[f32], bias: f32, scale_x: f32) -> f32 {
    let largest = row.iter().fold(0f32, |m, v| m.max(v.abs()));
    let for_bias = f64::from(bias.abs()) / (f64::from(scale_x) * BIAS_MAX);
    let scale = (f64::from(largest) / WEIGHT_MAX).max(for_bias) as f32;
    if scale < f32::MIN_POSITIVE { 1.0 } else { scale }
}

/// Each weight at its nearest step.
fn nearest(values: &[f32], scales: &[f32], row: usize) -> Vec<i8> {
    let steps = |(row, &scale): (&[f32], &f32)| {
        let round = move |&v: &f32| (f64::from(v) / f64::from(scale)).round().clamp(-WEIGHT_MAX, WEIGHT_MAX) as i8;
        row.iter().map(round).collect::<Vec<_>>()
    };
    values.chunks(row).zip(scales).flat_map(steps).collect()
}

/// The weights of all groups, each rounded as its inputs go together, and what the mean of each output is off by.
fn rounded(values: &[f32], scales: &[f32], correlations: &[Correlation], groups: usize) -> (Vec<i8>, Vec<f64>) {
    let (outputs, parts) = (scales.len() / groups, correlations.len() / groups);
    let group = |((values, scales), parts)| rounding::round(values, scales, parts);
    let groups = values.par_chunks(values.len() / groups).zip(scales.par_chunks(outputs));
    let all: Vec<_> = groups.zip(correlations.par_chunks(parts)).map(group).collect();
    let (stored, off): (Vec<_>, Vec<_>) = all.into_iter().unzip();
    (stored.concat(), off.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_is_on_a_step_and_the_range_inside() {
        let q = activation(Range { min: 0.0, max: 6.0 });
        assert_eq!((q.scales[0], q.zero_points[0]), (6.0 / 255.0, -128));
        let q = activation(Range { min: -1.0, max: 1.0 });
        assert!((q.zero_points[0] + 1).abs() <= 1);
        assert_eq!(activation(Range { min: 2.0, max: 5.1 }).zero_points, [-128]);
        assert_eq!(activation(Range { min: 0.0, max: 0.0 }), Quant::per_tensor(1.0, -128));
    }

    #[test]
    fn each_channel_has_its_scale_and_dead_ones_still_hold_their_bias() {
        let weights = Tensor::from_f32(TensorType::new(DType::F32, &[3, 2]), &[1.0, -2.0, 0.5, 0.25, 0.0, 0.0]);
        let (w, b) = layer(&weights, &[1.0, -1.0, 3.0], 0.5, None, 1);
        assert_eq!(w.as_i8()[..4], [64, -127, 127, 64]);
        let scales = w.ty.quant.unwrap().scales;
        let real = |o: usize| f64::from(b.as_i32()[o]) * 0.5 * f64::from(scales[o]);
        assert!((real(0) - 1.0).abs() < 0.01 && (real(1) + 1.0).abs() < 0.01 && (real(2) - 3.0).abs() < 0.01);
    }
}
