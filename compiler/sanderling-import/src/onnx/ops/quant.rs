//! Quantized values.
//!
//! The graph keeps the quantization on values, the file on ops. Ops that compute on quantized values directly become
//! dequantize, compute, quantize: the form that other exporters write, and that the compiler joins into integer ops.

use sanderling_ir::{BinaryKind, DType, Op, Quant, Source, Tensor, TensorType, ValueId};

use super::{conv, dense};
use crate::ImportError;
use crate::onnx::builder::Builder;
use crate::onnx::call::{Call, One};

/// The quantization that inputs `scale` and `zero` describe, for a value of `rank` axes.
fn parameters(
    b: &mut Builder,
    call: &Call,
    scale: ValueId,
    zero: Option<ValueId>,
    default_axis: i64,
    rank: usize,
) -> Result<Quant, ImportError> {
    if call.int("block_size", 0)? != 0 {
        return call.refuse(
            "block_size",
            call.int("block_size", 0)?,
            "one scale for the tensor or for each channel works",
        );
    }
    let scales = b.known_floats(call, scale, "the scale")?;
    if scales.is_empty() || scales.iter().any(|s| !(s.is_finite() && *s > 0.0)) {
        return call.fail("its scales are not all positive");
    }
    let zero_points = match zero {
        Some(zero) => stored(b, call, zero)?,
        None => vec![0; scales.len()],
    };
    if zero_points.len() != scales.len() {
        return call.fail(format!("{} scales do not fit {} zero points", scales.len(), zero_points.len()));
    }
    let axis = if scales.len() == 1 { 0 } else { call.axis(call.int("axis", default_axis)?, rank)? };
    Ok(Quant { scales, zero_points, axis })
}

/// Constant integers of any type.
fn stored(b: &mut Builder, call: &Call, id: ValueId) -> Result<Vec<i32>, ImportError> {
    let Some(t) = b.graph.tensor(id) else { return call.fail("the zero point must be a constant") };
    Ok(match t.ty.dtype {
        DType::I8 => t.as_i8().into_iter().map(i32::from).collect(),
        DType::U8 | DType::Bool => t.data.iter().map(|&v| i32::from(v)).collect(),
        DType::I16 => t.data.as_chunks().0.iter().map(|c| i32::from(i16::from_le_bytes(*c))).collect(),
        DType::I32 => t.as_i32(),
        _ => return call.fail(format!("the zero point {} should be integers", t.ty)),
    })
}

/// The value with a quantization that the file gives only where it is read.
fn described(b: &mut Builder, call: &Call, x: ValueId, quant: Quant) -> One {
    if let Some(per_axis) = Some(&quant).filter(|q| q.scales.len() > 1)
        && b.ty(x).shape.get(per_axis.axis) != Some(&per_axis.scales.len())
    {
        return call.fail(format!("{} scales do not fit {}", per_axis.scales.len(), b.ty(x)));
    }
    let ty = TensorType { quant: Some(quant.clone()), ..b.ty(x).clone() };
    if ty == *b.ty(x) {
        return Ok(x);
    }
    if let Some(t) = b.graph.tensor(x) {
        let data = t.data.clone();
        return Ok(b.constant(call, Tensor { ty, data }));
    }
    if b.ty(x).quant.is_some() {
        return call.fail(format!("{} was quantized with other parameters than it is read with", b.ty(x)));
    }
    let is_input = b.graph.values[x.0].source == Source::Input;
    if is_input && !b.graph.nodes.iter().any(|node| node.inputs.contains(&x)) {
        b.graph.values[x.0].ty = ty;
        return Ok(x);
    }
    // Others read the value as plain integers: a copy is quantized instead.
    let shape = ty.shape.clone();
    b.push_quantized(call, Op::Reshape { shape }, &[x], Some(quant))
}

fn real(b: &mut Builder, call: &Call, x: ValueId, quant: Quant) -> One {
    match b.ty(x).dtype {
        DType::I8 | DType::U8 | DType::I16 => {
            let x = described(b, call, x, quant)?;
            b.push(call, Op::Dequantize, &[x])
        }
        DType::I32 => real_sum(b, call, x, &quant),
        _ => call.fail(format!("{} cannot be quantized; int8, uint8, int16 and int32 work", b.ty(x))),
    }
}

/// Sums of products, such as biases: as many as channels, so that nothing is lost if they are stored as real numbers.
fn real_sum(b: &mut Builder, call: &Call, x: ValueId, quant: &Quant) -> One {
    let mut shape = vec![1; b.rank(x).saturating_sub(quant.axis).max(1)];
    shape[0] = quant.scales.len();
    let zeros: Vec<f32> = quant.zero_points.iter().map(|&z| z as f32).collect();
    let mut y = b.cast(call, x, DType::F32)?;
    if zeros.iter().any(|&z| z != 0.0) {
        let zeros = b.floats(call, &shape, &zeros);
        y = b.binary(call, BinaryKind::Sub, y, zeros)?;
    }
    let scales = b.floats(call, &shape, &quant.scales);
    let y = b.binary(call, BinaryKind::Mul, y, scales)?;
    let shape = b.shape(x);
    b.reshape(call, y, &shape)
}

pub(crate) fn dequantize(b: &mut Builder, call: &Call) -> One {
    let x = call.input(0)?;
    let quant = parameters(b, call, call.input(1)?, call.optional(2), 1, b.rank(x))?;
    real(b, call, x, quant)
}

/// `x` in a quantization; the element type is that of the zero point.
fn quantized(b: &mut Builder, call: &Call, x: ValueId, scale: ValueId, zero: Option<ValueId>) -> One {
    let quant = parameters(b, call, scale, zero, 1, b.rank(x))?;
    let dtype = match zero {
        Some(zero) => b.ty(zero).dtype,
        None => match call.int("output_dtype", 0)? {
            0 => DType::U8,
            code => crate::onnx::tensor::dtype(code as i32).or_else(|why| call.fail(why))?,
        },
    };
    if !matches!(dtype, DType::I8 | DType::U8 | DType::I16) {
        return call.refuse("output_dtype", dtype, "int8, uint8 and int16 work");
    }
    b.push_quantized(call, Op::Quantize { dtype }, &[x], Some(quant))
}

pub(crate) fn quantize(b: &mut Builder, call: &Call) -> One {
    quantized(b, call, call.input(0)?, call.input(1)?, call.optional(2))
}

/// Input `i` with its scale and zero point behind it, as real numbers.
fn operand(b: &mut Builder, call: &Call, i: usize, axis: i64) -> One {
    let x = call.input(i)?;
    let quant = parameters(b, call, call.input(i + 1)?, call.optional(i + 2), axis, b.rank(x))?;
    real(b, call, x, quant)
}

/// A call with other inputs, for the converter of the op on real numbers.
fn with_inputs<'a>(call: &Call<'a>, inputs: Vec<Option<ValueId>>) -> Call<'a> {
    Call { node: call.node, site: call.site.clone(), opset: call.opset, inputs }
}

pub(crate) fn linear_conv(b: &mut Builder, call: &Call) -> One {
    let (x, w) = (operand(b, call, 0, 0)?, operand(b, call, 3, 0)?);
    let bias = match call.optional(8) {
        Some(bias) => Some(linear_bias(b, call, bias)?),
        None => None,
    };
    let y = conv::conv(b, &with_inputs(call, vec![Some(x), Some(w), bias]))?;
    quantized(b, call, y, call.input(6)?, call.optional(7))
}

/// The scales of the bias are those of the input times those of the weights.
fn linear_bias(b: &mut Builder, call: &Call, bias: ValueId) -> One {
    let input = b.known_floats(call, call.input(1)?, "the scale")?;
    let weights = b.known_floats(call, call.input(4)?, "the scale")?;
    let Some(&input) = input.first() else { return call.fail("the scale is empty") };
    let scales: Vec<f32> = weights.iter().map(|w| w * input).collect();
    let zero_points = vec![0; scales.len()];
    real(b, call, bias, Quant { scales, zero_points, axis: 0 })
}

pub(crate) fn linear_mat_mul(b: &mut Builder, call: &Call) -> One {
    let (x, w) = (operand(b, call, 0, -2)?, operand(b, call, 3, -1)?);
    let y = dense::product(b, call, x, w)?;
    quantized(b, call, y, call.input(6)?, call.optional(7))
}

pub(crate) fn linear_binary(b: &mut Builder, call: &Call, kind: BinaryKind) -> One {
    let (x, y) = (operand(b, call, 0, 0)?, operand(b, call, 3, 0)?);
    let y = b.binary(call, kind, x, y)?;
    quantized(b, call, y, call.input(6)?, call.optional(7))
}

/// Integers less their zero point, or less those along `axis`, as real numbers: exact below 2^24.
fn centered(b: &mut Builder, call: &Call, i: usize, axis: i64) -> One {
    let x = b.cast(call, call.input(i)?, DType::F32)?;
    let Some(zero) = call.optional(i + 2) else { return Ok(x) };
    let mut zero = b.cast(call, zero, DType::F32)?;
    if let [n] = b.shape(zero)[..] {
        let axis = call.axis(axis, b.rank(x))?;
        let mut shape = vec![1; b.rank(x) - axis];
        shape[0] = n;
        zero = b.reshape(call, zero, &shape)?;
    }
    b.binary(call, BinaryKind::Sub, x, zero)
}

pub(crate) fn conv_integer(b: &mut Builder, call: &Call) -> One {
    let (x, w) = (centered(b, call, 0, 0)?, centered(b, call, 1, 0)?);
    let y = conv::conv(b, &with_inputs(call, vec![Some(x), Some(w)]))?;
    b.cast(call, y, DType::I32)
}

pub(crate) fn mat_mul_integer(b: &mut Builder, call: &Call) -> One {
    let (x, w) = (centered(b, call, 0, -2)?, centered(b, call, 1, -1)?);
    let y = dense::product(b, call, x, w)?;
    b.cast(call, y, DType::I32)
}
