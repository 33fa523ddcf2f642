//! Elementwise functions of one value.

use sanderling_ir::{DType, Tensor, UnaryKind};

use super::Node;
use crate::{
    OracleError,
    data::{self, Kind},
    params::{self, HardSwishParams, Multiplier},
    special,
};

/// A function of each element.
pub fn unary(node: &Node, kind: UnaryKind) -> Result<Tensor, OracleError> {
    let x = node.inputs[0];
    match (node.kind(0), data::kind(node.out())) {
        (Kind::Real, Kind::Real) => Ok(data::from_reals(node.out(), data::reals(x).into_iter().map(|v| real(kind, v)))),
        (Kind::Quantized, Kind::Quantized) => Ok(quantized(node, kind)),
        (Kind::Integer, Kind::Integer) => match integer(kind) {
            Some(function) => {
                Ok(data::from_integers(node.out(), data::integers(x).into_iter().map(|v| function(v, x.ty.dtype))))
            }
            None => node.unsupported(),
        },
        _ => node.unsupported(),
    }
}

/// The function on real numbers.
pub fn real(kind: UnaryKind, v: f64) -> f64 {
    match kind {
        UnaryKind::Neg => -v,
        UnaryKind::Abs => v.abs(),
        UnaryKind::Sign => {
            if v == 0.0 || v.is_nan() {
                v
            } else {
                v.signum()
            }
        }
        UnaryKind::Exp => libm::exp(v),
        UnaryKind::Log => libm::log(v),
        UnaryKind::Sqrt => v.sqrt(),
        UnaryKind::Rsqrt => 1.0 / v.sqrt(),
        UnaryKind::Reciprocal => 1.0 / v,
        UnaryKind::Erf => special::erf(v),
        UnaryKind::Sin => libm::sin(v),
        UnaryKind::Cos => libm::cos(v),
        UnaryKind::Tanh => libm::tanh(v),
        UnaryKind::Sigmoid => sigmoid(v),
        UnaryKind::HardSigmoid { alpha, beta } => (f64::from(alpha) * v + f64::from(beta)).clamp(0.0, 1.0),
        UnaryKind::HardSwish => v * (v / 6.0 + 0.5).clamp(0.0, 1.0),
        UnaryKind::LeakyRelu { alpha } => {
            if v > 0.0 {
                v
            } else {
                f64::from(alpha) * v
            }
        }
        UnaryKind::Elu { alpha } => {
            if v > 0.0 {
                v
            } else {
                f64::from(alpha) * libm::expm1(v)
            }
        }
        UnaryKind::Softplus => v.max(0.0) + libm::log1p(libm::exp(-v.abs())),
        UnaryKind::Floor => v.floor(),
        UnaryKind::Ceil => v.ceil(),
        UnaryKind::Round => v.round_ties_even(),
        UnaryKind::Clamp { min, max } => v.max(f64::from(min)).min(f64::from(max)),
        UnaryKind::Not => f64::from(u8::from(v == 0.0)),
    }
}

/// `1 / (1 + exp(-v))`.
pub fn sigmoid(v: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-v))
}

/// The functions that keep to integers; they wrap.
fn integer(kind: UnaryKind) -> Option<Box<dyn Fn(i64, DType) -> i64>> {
    Some(match kind {
        UnaryKind::Neg => Box::new(|v, _| v.wrapping_neg()),
        UnaryKind::Abs => Box::new(|v, _| v.wrapping_abs()),
        UnaryKind::Sign => Box::new(|v, _| v.signum()),
        UnaryKind::Floor | UnaryKind::Ceil | UnaryKind::Round => Box::new(|v, _| v),
        UnaryKind::Clamp { min, max } => Box::new(move |v, _| v.max(min.ceil() as i64).min(max.floor() as i64)),
        UnaryKind::Not => Box::new(|v, dtype| if dtype == DType::Bool { i64::from(v == 0) } else { !v }),
        _ => return None,
    })
}

fn quantized(node: &Node, kind: UnaryKind) -> Tensor {
    let (x, out) = (node.inputs[0], node.out());
    let ((scale_in, zero_in), (scale_out, zero_out)) = (data::scale_zero(&x.ty), data::scale_zero(out));
    let limits = params::dtype_range(out.dtype);
    // LiteRT divides the scales in single precision here.
    let identity = Multiplier::new(f64::from(scale_in / scale_out));
    let rescaled = |range: (i32, i32), function: &dyn Fn(i32) -> i32| {
        let output = |v| params::clamp(function(v).wrapping_add(zero_out), range);
        data::store(out, data::centered(x).into_iter().map(output))
    };
    match kind {
        UnaryKind::Clamp { min, max } => {
            let range = params::clamp_range(min, max, scale_out, zero_out, out.dtype);
            rescaled(range, &|v| identity.apply(v))
        }
        UnaryKind::Neg => rescaled(limits, &|v| identity.apply(-v)),
        UnaryKind::Abs => rescaled(limits, &|v| identity.apply(v.abs())),
        UnaryKind::LeakyRelu { alpha } => {
            let negative = Multiplier::signed(f64::from(scale_in * alpha / scale_out));
            rescaled(limits, &|v| if v >= 0 { identity.apply(v) } else { negative.apply(v) })
        }
        UnaryKind::HardSwish if x.ty.dtype != DType::I16 => {
            let params = params::hard_swish_params(scale_in, scale_out);
            rescaled(limits, &|v| hard_swish(v, params))
        }
        _ => {
            let inputs = data::stored(x).into_iter().map(|v| scale_in * (v - zero_in) as f32);
            data::store(out, inputs.map(|v| table_entry(kind, v, scale_out, zero_out, limits)))
        }
    }
}

/// An entry of LiteRT's 256-entry tables: single precision at every step, the function itself correctly rounded.
fn table_entry(kind: UnaryKind, v: f32, scale: f32, zero_point: i32, range: (i32, i32)) -> i32 {
    let value = match kind {
        UnaryKind::Sigmoid => 1.0 / (1.0 + libm::exp(f64::from(-v)) as f32),
        _ => real(kind, f64::from(v)) as f32,
    };
    let inverse = 1.0 / scale;
    params::clamp(((value * inverse).round() + zero_point as f32) as i32, range)
}

/// LiteRT's `HardSwish` on 16-bit fixed point, without the output's zero point.
fn hard_swish(v: i32, params: HardSwishParams) -> i32 {
    let fine = i32::from((v << 7) as i16);
    let unshifted = high_mul_16(fine, i32::from(params.output_multiplier));
    let mut gate = fine;
    if params.gate_exponent > 0 {
        gate = saturate_16(i64::from(gate) << (params.gate_exponent - 1).min(31));
    }
    gate = high_mul_16(gate, i32::from(params.gate_multiplier));
    if params.gate_exponent > 0 {
        gate = saturate_16(i64::from(gate) << 1);
    }
    gate = params::rounding_divide_by_pot(gate, (-params.gate_exponent).max(0));
    let gate = (gate + (1 << 15)) >> 1;
    // This product truncates, against the bias of the roundings above.
    let product = gate * unshifted / (1 << 15);
    params::rounding_divide_by_pot(product, -params.output_exponent)
}

fn saturate_16(v: i64) -> i32 {
    v.clamp(-32768, 32767) as i32
}

/// gemmlowp's `SaturatingRoundingDoublingHighMul` on 16 bits.
fn high_mul_16(a: i32, b: i32) -> i32 {
    if a == -32768 && b == -32768 {
        return 32767;
    }
    let nudge = if a * b >= 0 { 1 << 14 } else { 1 - (1 << 14) };
    (a * b + nudge) / (1 << 15)
}
