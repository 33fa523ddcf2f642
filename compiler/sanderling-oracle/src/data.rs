//! Elements of tensors, whatever their type, as one integer or one real type.

use half::{bf16, f16};
use sanderling_ir::{DType, Quant, Tensor, TensorType};

use crate::params;

/// How the values of a type take part in arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `f32`, `f16`, `bf16`.
    Real,
    /// `i8`, `u8` or `i16` that stand for real numbers.
    Quantized,
    /// Integers and truth values as they are.
    Integer,
}

/// The kind of a type.
pub fn kind(ty: &TensorType) -> Kind {
    match ty.dtype {
        DType::F32 | DType::F16 | DType::BF16 => Kind::Real,
        DType::I8 | DType::U8 | DType::I16 if ty.quant.is_some() => Kind::Quantized,
        _ => Kind::Integer,
    }
}

/// Scale and zero point of a value quantized as a whole; `(1, 0)` without quantization.
pub fn scale_zero(ty: &TensorType) -> (f32, i32) {
    let first = |q: &Quant| Some((*q.scales.first()?, *q.zero_points.first()?));
    ty.quant.as_ref().and_then(first).unwrap_or((1.0, 0))
}

fn chunks<const N: usize, T>(data: &[u8], read: impl Fn([u8; N]) -> T) -> Vec<T> {
    data.as_chunks::<N>().0.iter().map(|c| read(*c)).collect()
}

/// The elements of an integer tensor; real ones toward zero.
pub fn integers(t: &Tensor) -> Vec<i64> {
    match t.ty.dtype {
        DType::I8 => t.data.iter().map(|&b| i64::from(b as i8)).collect(),
        DType::U8 => t.data.iter().map(|&b| i64::from(b)).collect(),
        DType::Bool => t.data.iter().map(|&b| i64::from(b != 0)).collect(),
        DType::I16 => chunks(&t.data, |c| i64::from(i16::from_le_bytes(c))),
        DType::I32 => chunks(&t.data, |c| i64::from(i32::from_le_bytes(c))),
        DType::I64 => chunks(&t.data, i64::from_le_bytes),
        DType::F32 | DType::F16 | DType::BF16 => reals(t).into_iter().map(|v| v as i64).collect(),
    }
}

/// The stored values of a quantized tensor.
pub fn stored(t: &Tensor) -> Vec<i32> {
    integers(t).into_iter().map(|v| v as i32).collect()
}

/// The stored values of a quantized tensor less their zero points.
pub fn centered(t: &Tensor) -> Vec<i32> {
    let mut values = stored(t);
    if let Some(quant) = &t.ty.quant {
        let parameter = parameter_index(&t.ty, quant);
        values.iter_mut().enumerate().for_each(|(i, v)| *v = v.wrapping_sub(quant.zero_points[parameter(i)]));
    }
    values
}

/// Which scale applies to the element with a flat index.
pub fn parameter_index(ty: &TensorType, quant: &Quant) -> impl Fn(usize) -> usize + use<> {
    let count = quant.scales.len().max(1);
    let inner: usize = ty.shape.iter().skip(quant.axis + 1).product();
    move |i| if count == 1 { 0 } else { i / inner % count }
}

/// The elements as real numbers: quantized ones by scale and zero point, others as they are.
pub fn reals(t: &Tensor) -> Vec<f64> {
    match t.ty.dtype {
        DType::F32 => chunks(&t.data, |c| f64::from(f32::from_le_bytes(c))),
        DType::F16 => chunks(&t.data, |c| f16::from_le_bytes(c).to_f64()),
        DType::BF16 => chunks(&t.data, |c| bf16::from_le_bytes(c).to_f64()),
        _ => match &t.ty.quant {
            None => integers(t).into_iter().map(|v| v as f64).collect(),
            Some(quant) => {
                let parameter = parameter_index(&t.ty, quant);
                let real = |(i, v)| f64::from(v) * f64::from(quant.scales[parameter(i)]);
                centered(t).into_iter().enumerate().map(real).collect()
            }
        },
    }
}

/// A tensor of integers; each wraps to its type, truth values become 0 or 1.
pub fn from_integers(ty: &TensorType, values: impl IntoIterator<Item = i64>) -> Tensor {
    let values = values.into_iter();
    let data = match ty.dtype {
        DType::I8 | DType::U8 => values.map(|v| v as u8).collect(),
        DType::Bool => values.map(|v| u8::from(v != 0)).collect(),
        DType::I16 => values.flat_map(|v| (v as i16).to_le_bytes()).collect(),
        DType::I32 => values.flat_map(|v| (v as i32).to_le_bytes()).collect(),
        DType::I64 => values.flat_map(i64::to_le_bytes).collect(),
        DType::F32 | DType::F16 | DType::BF16 => return from_reals(ty, values.map(to_odd).collect::<Vec<_>>()),
    };
    Tensor { ty: ty.clone(), data }
}

/// An integer with an f64 near it, odd where it is not exact, so that rounding it again is as rounding once.
fn to_odd(v: i64) -> f64 {
    let near = v as f64;
    let (exact, stored) = (i128::from(v), near as i128);
    if stored == exact {
        return near;
    }
    let below = if stored.abs() > exact.abs() { near.to_bits() - 1 } else { near.to_bits() };
    f64::from_bits(below | 1)
}

/// The number of a type of two bytes nearest to `v`, halves to even, from one that is at most a step away.
fn nearest_half(v: f64, start: u16, infinity: u16, widen: impl Fn(u16) -> f64) -> u16 {
    if !v.is_finite() {
        return start;
    }
    let sign = start & 0x8000;
    let size = start & 0x7fff;
    // The step after the largest number leads to infinity.
    let value =
        |bits: u16| if bits == infinity { 2.0 * widen(infinity - 1) - widen(infinity - 2) } else { widen(bits) };
    let distance = |bits: &u16| ((v.abs() - value(*bits)).abs(), bits & 1);
    let candidates = size.saturating_sub(1)..=(size + 1).min(infinity);
    let nearest = candidates.min_by(|a, b| distance(a).partial_cmp(&distance(b)).unwrap_or(std::cmp::Ordering::Equal));
    sign | nearest.unwrap_or(size)
}

/// A tensor of real numbers, each rounded once; integer types truncate and saturate at 64 bits.
pub fn from_reals(ty: &TensorType, values: impl IntoIterator<Item = f64>) -> Tensor {
    let values = values.into_iter();
    let data = match ty.dtype {
        DType::F32 => values.flat_map(|v| (v as f32).to_le_bytes()).collect(),
        DType::F16 => {
            let half = |v| nearest_half(v, f16::from_f32(v as f32).to_bits(), 0x7c00, |b| f16::from_bits(b).to_f64());
            values.flat_map(|v| half(v).to_le_bytes()).collect()
        }
        DType::BF16 => {
            let half = |v| nearest_half(v, bf16::from_f32(v as f32).to_bits(), 0x7f80, |b| bf16::from_bits(b).to_f64());
            values.flat_map(|v| half(v).to_le_bytes()).collect()
        }
        DType::Bool => values.map(|v| u8::from(v != 0.0)).collect(),
        _ => return from_integers(ty, values.map(|v| v as i64).collect::<Vec<_>>()),
    };
    Tensor { ty: ty.clone(), data }
}

/// Real numbers into the quantization of `ty`: half away from zero, clamped to the type.
pub fn quantize_reals(ty: &TensorType, values: impl IntoIterator<Item = f64>) -> Tensor {
    let (low, high) = params::dtype_range(ty.dtype);
    let Some(quant) = &ty.quant else { return from_reals(ty, values) };
    let parameter = parameter_index(ty, quant);
    let quantize = |(i, v): (usize, f64)| {
        let p = parameter(i);
        let q = (v / f64::from(quant.scales[p])).round() + f64::from(quant.zero_points[p]);
        q.clamp(f64::from(low), f64::from(high)) as i64
    };
    from_integers(ty, values.into_iter().enumerate().map(quantize))
}

/// Real numbers into `ty`, quantized if it is.
pub fn store_reals(ty: &TensorType, values: impl IntoIterator<Item = f64>) -> Tensor {
    if kind(ty) == Kind::Quantized { quantize_reals(ty, values) } else { from_reals(ty, values) }
}

/// Stored values into a tensor.
pub fn store(ty: &TensorType, values: impl IntoIterator<Item = i32>) -> Tensor {
    from_integers(ty, values.into_iter().map(i64::from))
}

/// The stored values of a quantized tensor in the quantization of `to`; untouched where they agree.
pub fn requantized(t: &Tensor, to: &TensorType) -> Vec<i32> {
    let ((scale, zero_point), (scale_to, zero_to)) = (scale_zero(&t.ty), scale_zero(to));
    if scale == scale_to && zero_point == zero_to && t.ty.dtype == to.dtype {
        return stored(t);
    }
    let multiplier = params::Multiplier::new(params::requantize_multiplier(scale, scale_to));
    let range = params::dtype_range(to.dtype);
    let output = |v| params::clamp(multiplier.apply(v).wrapping_add(zero_to), range);
    centered(t).into_iter().map(output).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(dtype: DType, tensor: impl FnOnce(&TensorType) -> Tensor) -> u32 {
        let data = tensor(&TensorType::new(dtype, &[1])).data;
        data.iter().rev().fold(0, |bits, &byte| bits << 8 | u32::from(byte))
    }

    #[test]
    fn real_numbers_round_once() {
        let real = |dtype, v: f64| bits(dtype, |ty| from_reals(ty, [v]));
        // Just above the middle of two halves, by what f32 still holds and by what only f64 does.
        assert_eq!(real(DType::F16, 1.0 + 2f64.powi(-11) + 2f64.powi(-23)), 0x3c01);
        assert_eq!(real(DType::F16, 1.0 + 2f64.powi(-11) + 2f64.powi(-50)), 0x3c01);
        assert_eq!(real(DType::F16, 1.0 + 2f64.powi(-11)), 0x3c00);
        assert_eq!(real(DType::BF16, -1.0 - 2f64.powi(-8) - 2f64.powi(-30)), 0xbf81);
        assert_eq!(real(DType::F16, 65519.999), 0x7bff);
        assert_eq!(real(DType::F16, 65520.0), 0x7c00);
        assert_eq!(real(DType::F16, f64::NEG_INFINITY), 0xfc00);
        assert_eq!(real(DType::F16, 2f64.powi(-25) + 2f64.powi(-60)), 1);
        assert_eq!(real(DType::F16, 2f64.powi(-25)), 0);
        assert_eq!(real(DType::BF16, f64::from(f32::MAX)), 0x7f80);
    }

    #[test]
    fn integers_round_once() {
        let integer = |dtype, v: i64| bits(dtype, |ty| from_integers(ty, [v]));
        assert_eq!(integer(DType::BF16, (1 << 30) + (1 << 22) + 1), 0x4e81);
        assert_eq!(integer(DType::BF16, (1 << 60) + (1 << 52) + 1), 0x5d81);
        assert_eq!(integer(DType::F32, (1 << 60) + (1 << 36) + 1), 0x5d80_0001);
        assert_eq!(integer(DType::F32, -(1 << 60) - (1 << 36)), 0xdd80_0000);
        assert_eq!(integer(DType::F32, i64::MAX), 0x5f00_0000);
        assert_eq!(integer(DType::F16, 65519), 0x7bff);
    }
}
