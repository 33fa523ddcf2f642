//! Ops that move elements: bytes stay as they are, except where the output has another quantization.

use sanderling_ir::{DType, PadMode, Tensor, TensorType};

use super::Node;
use crate::{
    OracleError,
    data::{self, Kind},
    params, shape,
};

/// The same elements in another shape.
pub fn reshape(node: &Node) -> Result<Tensor, OracleError> {
    gather_elements(node, None)
}

/// Output axis `i` is input axis `perm[i]`.
pub fn transpose(node: &Node, perm: &[usize]) -> Result<Tensor, OracleError> {
    let strides = shape::strides(&node.inputs[0].ty.shape);
    let strides: Vec<isize> = perm.iter().map(|&p| strides[p] as isize).collect();
    gather_elements(node, Some(shape::offsets(&node.out().shape, &strides, 0)))
}

/// Repeats axes of length 1.
pub fn broadcast(node: &Node) -> Result<Tensor, OracleError> {
    gather_elements(node, Some(shape::broadcast_offsets(&node.inputs[0].ty.shape, &node.out().shape)))
}

/// Elements `start, start + step, ...` of each axis.
pub fn slice(node: &Node, start: &[usize], step: &[isize]) -> Result<Tensor, OracleError> {
    let strides = shape::strides(&node.inputs[0].ty.shape);
    let first: usize = start.iter().zip(&strides).map(|(start, stride)| start * stride).sum();
    let steps: Vec<isize> = step.iter().zip(&strides).map(|(step, &stride)| step * stride as isize).collect();
    gather_elements(node, Some(shape::offsets(&node.out().shape, &steps, first as isize)))
}

/// Slices of `axis` by index.
pub fn gather(node: &Node, axis: usize) -> Result<Tensor, OracleError> {
    let (outer, count, inner) = shape::around(&node.inputs[0].ty.shape, axis);
    let indices = data::integers(node.inputs[1]);
    let mut places = Vec::with_capacity(indices.len());
    for index in indices {
        let from_end = if index < 0 { count as i64 } else { 0 };
        match usize::try_from(index + from_end) {
            Ok(place) if place < count => places.push(place),
            _ => return node.invalid(&format!("index {index} is outside an axis of {count}")),
        }
    }
    let offsets = (0..outer)
        .flat_map(|o| places.iter().flat_map(move |place| (0..inner).map(move |i| (o * count + place) * inner + i)));
    gather_elements(node, Some(offsets.collect()))
}

/// The elements at these offsets (all, in order, for `None`) in the output's type.
fn gather_elements(node: &Node, offsets: Option<Vec<usize>>) -> Result<Tensor, OracleError> {
    let moved = converted(node, 0)?;
    let bytes = node.out().dtype.bytes();
    let data = match offsets {
        None => moved.data,
        Some(offsets) => offsets.iter().flat_map(|o| &moved.data[o * bytes..(o + 1) * bytes]).copied().collect(),
    };
    Ok(Tensor { ty: node.out().clone(), data })
}

/// An input in the quantization of the output.
fn converted(node: &Node, input: usize) -> Result<Tensor, OracleError> {
    let t = node.inputs[input];
    let ty = TensorType { shape: t.ty.shape.clone(), ..node.out().clone() };
    let per_axis = |ty: &TensorType| ty.quant.as_ref().is_some_and(|q| q.scales.len() > 1);
    if (node.kind(input), data::kind(&ty)) != (Kind::Quantized, Kind::Quantized) || per_axis(&t.ty) || per_axis(&ty) {
        return Ok(Tensor { ty: TensorType { quant: None, ..ty }, data: t.data.clone() });
    }
    Ok(data::store(&ty, data::requantized(t, &ty)))
}

/// Inputs one after another along an axis.
pub fn concat(node: &Node, axis: usize) -> Result<Tensor, OracleError> {
    let mut parts = Vec::new();
    for input in 0..node.inputs.len() {
        let (_, count, inner) = shape::around(&node.inputs[input].ty.shape, axis);
        let data = if node.out().dtype == DType::U8 { rescaled_u8(node, input) } else { converted(node, input)?.data };
        parts.push((data, count * inner * node.out().dtype.bytes()));
    }
    let (outer, ..) = shape::around(&node.out().shape, axis);
    let rows = (0..outer).flat_map(|o| parts.iter().flat_map(move |(data, row)| &data[o * row..(o + 1) * row]));
    Ok(Tensor { ty: node.out().clone(), data: rows.copied().collect() })
}

/// LiteRT's `ConcatenationWithScaling`: single precision, unlike any other change of quantization.
fn rescaled_u8(node: &Node, input: usize) -> Vec<u8> {
    let t = node.inputs[input];
    let ((scale, zero_point), (scale_out, zero_out)) = (data::scale_zero(&t.ty), data::scale_zero(node.out()));
    if (scale, zero_point) == (scale_out, zero_out) {
        return t.data.clone();
    }
    let factor = scale * (1.0 / scale_out);
    let bias = -zero_point as f32 * factor;
    let output = |&v: &u8| ((f32::from(v) * factor + bias).round() as i32 + zero_out).clamp(0, 255) as u8;
    t.data.iter().map(output).collect()
}

/// More elements around.
pub fn pad(node: &Node, before: &[usize], mode: PadMode) -> Result<Tensor, OracleError> {
    let shape = node.inputs[0].ty.shape.clone();
    if mode == PadMode::Reflect && (0..shape.len()).any(|i| node.out().shape[i] > shape[i] && shape[i] < 2) {
        return node.invalid("an axis of one element has no mirror image");
    }
    let source = |axis: usize, o: usize| inside(o as isize - before[axis] as isize, shape[axis] as isize, mode);
    let strides = shape::strides(&shape);
    let mut offsets = vec![Some(0)];
    for (axis, stride) in strides.into_iter().enumerate() {
        let along: Vec<Option<usize>> =
            (0..node.out().shape[axis]).map(|o| source(axis, o).map(|s| s * stride)).collect();
        let join = |start: &Option<usize>| {
            along.iter().map(|offset| Some((*start)? + (*offset)?)).collect::<Vec<Option<usize>>>()
        };
        offsets = offsets.iter().flat_map(join).collect();
    }
    let (moved, fill) = (converted(node, 0)?, fill(node.out(), mode));
    let bytes = fill.len();
    let element = |o: Option<usize>| o.map_or(&fill[..], |o| &moved.data[o * bytes..(o + 1) * bytes]);
    Ok(Tensor { ty: node.out().clone(), data: offsets.into_iter().flat_map(element).copied().collect() })
}

/// The source index that a padded axis shows at `o`; `None` for the constant.
fn inside(o: isize, count: isize, mode: PadMode) -> Option<usize> {
    let place = match mode {
        PadMode::Constant(_) => o,
        PadMode::Edge => o.clamp(0, count - 1),
        PadMode::Reflect => {
            let period = (2 * (count - 1)).max(1);
            let o = o.rem_euclid(period);
            o.min(period - o)
        }
    };
    (0..count).contains(&place).then_some(place as usize)
}

/// The bytes of the constant around a tensor.
fn fill(ty: &TensorType, mode: PadMode) -> Vec<u8> {
    let value = if let PadMode::Constant(value) = mode { value } else { 0.0 };
    let one = TensorType { shape: vec![1], ..ty.clone() };
    if data::kind(ty) != Kind::Quantized {
        return data::from_reals(&one, [f64::from(value)]).data;
    }
    let (scale, zero_point) = data::scale_zero(ty);
    let range = params::dtype_range(ty.dtype);
    data::store(&one, [params::clamp(params::quantize_value(value, scale, zero_point), range)]).data
}
