//! Scales and zero points from ranges and weights.

use sanderling_ir::{DType, Quant, Tensor, TensorType};

use super::Range;

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
pub fn layer(weights: &Tensor, bias: &[f32], scale_x: f32) -> (Tensor, Tensor) {
    let values = weights.as_f32();
    let length = values.len() / bias.len().max(1);
    let mut scales = Vec::with_capacity(bias.len());
    let (mut stored, mut biases) = (Vec::with_capacity(values.len()), Vec::with_capacity(bias.len()));
    for (channel, &b) in values.chunks(length.max(1)).zip(bias) {
        let largest = channel.iter().fold(0f32, |m, v| m.max(v.abs()));
        let for_bias = f64::from(b.abs()) / (f64::from(scale_x) * BIAS_MAX);
        let mut scale = (f64::from(largest) / WEIGHT_MAX).max(for_bias) as f32;
        if scale < f32::MIN_POSITIVE {
            scale = 1.0;
        }
        let round = |v: f64| (v / f64::from(scale)).round().clamp(-WEIGHT_MAX, WEIGHT_MAX);
        stored.extend(channel.iter().map(|&v| round(f64::from(v)) as i8));
        biases.push((f64::from(b) / (f64::from(scale_x) * f64::from(scale))).round().clamp(-BIAS_MAX, BIAS_MAX) as i32);
        scales.push(scale);
    }
    let quant = Quant { zero_points: vec![0; scales.len()], scales, axis: 0 };
    let ty = TensorType { dtype: DType::I8, shape: weights.ty.shape.clone(), quant: Some(quant) };
    let bias_ty = TensorType::new(DType::I32, &[biases.len()]);
    (Tensor::from_i8(ty, &stored), Tensor::from_i32(bias_ty, &biases))
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
        let (w, b) = layer(&weights, &[1.0, -1.0, 3.0], 0.5);
        assert_eq!(w.as_i8()[..4], [64, -127, 127, 64]);
        let scales = w.ty.quant.unwrap().scales;
        let real = |o: usize| f64::from(b.as_i32()[o]) * 0.5 * f64::from(scales[o]);
        assert!((real(0) - 1.0).abs() < 0.01 && (real(1) + 1.0).abs() < 0.01 && (real(2) - 3.0).abs() < 0.01);
    }
}
