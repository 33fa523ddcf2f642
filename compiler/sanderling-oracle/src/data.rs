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
        DType::F32 | DType::F16 | DType::BF16 => return from_reals(ty, values.map(|v| v as f64).collect::<Vec<_>>()),
    };
    Tensor { ty: ty.clone(), data }
}

/// A tensor of real numbers, each rounded once; integer types truncate and saturate at 64 bits.
pub fn from_reals(ty: &TensorType, values: impl IntoIterator<Item = f64>) -> Tensor {
    let values = values.into_iter();
    let data = match ty.dtype {
        DType::F32 => values.flat_map(|v| (v as f32).to_le_bytes()).collect(),
        DType::F16 => values.flat_map(|v| f16::from_f64(v).to_le_bytes()).collect(),
        DType::BF16 => values.flat_map(|v| bf16::from_f64(v).to_le_bytes()).collect(),
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
