//! Elementwise functions of two values.

use sanderling_ir::{Activation, BinaryKind, Tensor, TensorType};

use super::{Node, activate};
use crate::{
    OracleError,
    data::{self, Kind},
    params::{self, Multiplier},
    shape,
};

/// A function of two values, broadcast.
pub fn binary(node: &Node, kind: BinaryKind, activation: Activation) -> Result<Tensor, OracleError> {
    match (node.kind(0), node.kind(1)) {
        (Kind::Quantized, Kind::Quantized) => quantized(node, kind, activation),
        (Kind::Real, Kind::Real) => {
            let (a, b) = (data::reals(node.inputs[0]), data::reals(node.inputs[1]));
            Ok(data::from_reals(node.out(), pairs(node, &a, &b).map(|(a, b)| activate(activation, real(kind, a, b)))))
        }
        (Kind::Integer, Kind::Integer) => {
            let (a, b) = (data::integers(node.inputs[0]), data::integers(node.inputs[1]));
            let clamp = |v| if activation == Activation::None { v } else { activate(activation, v as f64) as i64 };
            Ok(data::from_integers(node.out(), pairs(node, &a, &b).map(|(a, b)| clamp(integer(kind, a, b)))))
        }
        _ => node.unsupported(),
    }
}

/// The operands of each output element.
fn pairs<T: Copy>(node: &Node, a: &[T], b: &[T]) -> impl Iterator<Item = (T, T)> {
    let offsets = |input: usize| shape::broadcast_offsets(&node.inputs[input].ty.shape, &node.out().shape);
    offsets(0).into_iter().zip(offsets(1)).map(|(i, j)| (a[i], b[j]))
}

fn truth(value: bool) -> f64 {
    f64::from(u8::from(value))
}

fn real(kind: BinaryKind, a: f64, b: f64) -> f64 {
    match kind {
        BinaryKind::Add => a + b,
        BinaryKind::Sub => a - b,
        BinaryKind::Mul => a * b,
        BinaryKind::Div => a / b,
        BinaryKind::Pow => libm::pow(a, b),
        BinaryKind::Min => a.min(b),
        BinaryKind::Max => a.max(b),
        BinaryKind::SquaredDifference => (a - b) * (a - b),
        BinaryKind::Equal => truth(a == b),
        BinaryKind::Less => truth(a < b),
        BinaryKind::LessEqual => truth(a <= b),
        BinaryKind::Greater => truth(a > b),
        BinaryKind::GreaterEqual => truth(a >= b),
        BinaryKind::And => truth(a != 0.0 && b != 0.0),
        BinaryKind::Or => truth(a != 0.0 || b != 0.0),
    }
}

/// Integers wrap; a quotient truncates, and is 0 where the divisor is.
fn integer(kind: BinaryKind, a: i64, b: i64) -> i64 {
    match kind {
        BinaryKind::Add => a.wrapping_add(b),
        BinaryKind::Sub => a.wrapping_sub(b),
        BinaryKind::Mul => a.wrapping_mul(b),
        BinaryKind::Div => {
            if b == 0 {
                0
            } else {
                a.wrapping_div(b)
            }
        }
        BinaryKind::Pow => integer_power(a, b),
        BinaryKind::Min => a.min(b),
        BinaryKind::Max => a.max(b),
        BinaryKind::SquaredDifference => a.wrapping_sub(b).wrapping_mul(a.wrapping_sub(b)),
        BinaryKind::Equal => i64::from(a == b),
        BinaryKind::Less => i64::from(a < b),
        BinaryKind::LessEqual => i64::from(a <= b),
        BinaryKind::Greater => i64::from(a > b),
        BinaryKind::GreaterEqual => i64::from(a >= b),
        BinaryKind::And => i64::from(a != 0 && b != 0),
        BinaryKind::Or => i64::from(a != 0 || b != 0),
    }
}

fn integer_power(a: i64, b: i64) -> i64 {
    match u32::try_from(b) {
        Ok(b) => a.wrapping_pow(b),
        Err(_) => libm::pow(a as f64, b as f64) as i64,
    }
}

fn quantized(node: &Node, kind: BinaryKind, activation: Activation) -> Result<Tensor, OracleError> {
    if !kind.is_comparison() && data::kind(node.out()) != Kind::Quantized {
        return node.unsupported();
    }
    match kind {
        BinaryKind::Add | BinaryKind::Sub | BinaryKind::SquaredDifference => Ok(sum(node, kind, activation)),
        BinaryKind::Mul => Ok(product(node, activation)),
        BinaryKind::Min | BinaryKind::Max => Ok(extreme(node, kind)),
        BinaryKind::And | BinaryKind::Or => node.unsupported(),
        BinaryKind::Div | BinaryKind::Pow => {
            let (a, b) = (data::reals(node.inputs[0]), data::reals(node.inputs[1]));
            let outputs = pairs(node, &a, &b).map(|(a, b)| activate(activation, real(kind, a, b)));
            Ok(data::quantize_reals(node.out(), outputs))
        }
        _ => Ok(comparison(node, kind)),
    }
}

fn output_range(out: &TensorType, activation: Activation) -> (i32, (i32, i32)) {
    let (scale, zero_point) = data::scale_zero(out);
    (zero_point, params::activation_range(activation, scale, zero_point, out.dtype))
}

fn scales(node: &Node) -> (f32, f32, f32) {
    let scale = |ty| data::scale_zero(ty).0;
    (scale(&node.inputs[0].ty), scale(&node.inputs[1].ty), scale(node.out()))
}

fn sum(node: &Node, kind: BinaryKind, activation: Activation) -> Tensor {
    let (scale_a, scale_b, scale_out) = scales(node);
    let (zero_point, range) = output_range(node.out(), activation);
    let params = match kind {
        BinaryKind::Add => params::add_params(scale_a, scale_b, scale_out, node.out().dtype),
        BinaryKind::Sub => params::sub_params(scale_a, scale_b, scale_out, node.out().dtype),
        _ => params::squared_difference_params(scale_a, scale_b, scale_out),
    };
    let output = |(a, b)| {
        let value = if kind == BinaryKind::SquaredDifference {
            let (a, b) = params.rescale(a, b);
            params.out.apply((a - b).wrapping_mul(a - b))
        } else {
            params.add(a, b)
        };
        params::clamp(value.wrapping_add(zero_point), range)
    };
    let (a, b) = (data::centered(node.inputs[0]), data::centered(node.inputs[1]));
    data::store(node.out(), pairs(node, &a, &b).map(output))
}

fn product(node: &Node, activation: Activation) -> Tensor {
    let (scale_a, scale_b, scale_out) = scales(node);
    let (zero_point, range) = output_range(node.out(), activation);
    let multiplier = Multiplier::new(params::mul_multiplier(scale_a, scale_b, scale_out));
    let (a, b) = (data::centered(node.inputs[0]), data::centered(node.inputs[1]));
    let output =
        |(a, b): (i32, i32)| params::clamp(multiplier.apply(a.wrapping_mul(b)).wrapping_add(zero_point), range);
    data::store(node.out(), pairs(node, &a, &b).map(output))
}

/// The larger or smaller of the stored values, each brought to the output's quantization first.
fn extreme(node: &Node, kind: BinaryKind) -> Tensor {
    let [a, b] = [0, 1].map(|input| data::requantized(node.inputs[input], node.out()));
    let choose = |(a, b): (i32, i32)| if kind == BinaryKind::Min { a.min(b) } else { a.max(b) };
    data::store(node.out(), pairs(node, &a, &b).map(choose))
}

/// A comparison of both values with 8 more bits; LiteRT's `ComparisonWithScaling`.
fn comparison(node: &Node, kind: BinaryKind) -> Tensor {
    let [a, b] = [0, 1].map(|input| {
        let multiplier = Multiplier::new(f64::from(data::scale_zero(&node.inputs[input].ty).0));
        let scaled = |v: i32| i64::from(multiplier.apply(v << 8));
        data::centered(node.inputs[input]).into_iter().map(scaled).collect::<Vec<_>>()
    });
    data::from_integers(node.out(), pairs(node, &a, &b).map(|(a, b)| integer(kind, a, b)))
}
