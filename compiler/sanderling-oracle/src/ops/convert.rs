//! Changes of element type, and the choice between values.

use sanderling_ir::Tensor;

use super::Node;
use crate::{
    OracleError,
    data::{self, Kind},
    params, shape,
};

/// Real or quantized values into the quantization of the output.
pub fn quantize(node: &Node) -> Result<Tensor, OracleError> {
    let (x, out) = (node.inputs[0], node.out());
    match (node.kind(0), data::kind(out)) {
        (Kind::Quantized, Kind::Quantized) => Ok(data::store(out, data::requantized(x, out))),
        (Kind::Real, Kind::Quantized) => {
            let Some(quant) = &out.quant else { return node.unsupported() };
            let (parameter, range) = (data::parameter_index(out, quant), params::dtype_range(out.dtype));
            let output = |(i, v): (usize, f64)| {
                let p = parameter(i);
                params::clamp(params::quantize_value(v as f32, quant.scales[p], quant.zero_points[p]), range)
            };
            Ok(data::store(out, data::reals(x).into_iter().enumerate().map(output)))
        }
        _ => node.unsupported(),
    }
}

/// Stored values to real numbers.
pub fn dequantize(node: &Node) -> Result<Tensor, OracleError> {
    match node.kind(0) {
        Kind::Integer => node.unsupported(),
        _ => Ok(data::from_reals(node.out(), data::reals(node.inputs[0]))),
    }
}

/// Numeric conversion of the stored values: into integers toward zero and wrapping, from `f32` saturating at 64 bits.
pub fn cast(node: &Node) -> Result<Tensor, OracleError> {
    Ok(match node.kind(0) {
        Kind::Real => data::from_reals(node.out(), data::reals(node.inputs[0])),
        _ => data::from_integers(node.out(), data::integers(node.inputs[0])),
    })
}

/// `condition ? a : b`, broadcast; the bytes stay as they are.
pub fn select(node: &Node) -> Result<Tensor, OracleError> {
    let out = node.out();
    let quantized = (1..3).any(|i| node.kind(i) == Kind::Quantized);
    if quantized && (1..3).any(|i| data::scale_zero(&node.inputs[i].ty) != data::scale_zero(out)) {
        return node.unsupported();
    }
    let offsets = |input: usize| shape::broadcast_offsets(&node.inputs[input].ty.shape, &out.shape);
    let (conditions, bytes) = (data::integers(node.inputs[0]), out.dtype.bytes());
    let places = offsets(0).into_iter().zip(offsets(1).into_iter().zip(offsets(2)));
    let data = places.flat_map(|(c, (a, b))| {
        let (input, at) = if conditions[c] != 0 { (1, a) } else { (2, b) };
        &node.inputs[input].data[at * bytes..(at + 1) * bytes]
    });
    Ok(Tensor { ty: out.clone(), data: data.copied().collect() })
}
