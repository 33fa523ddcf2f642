//! Softmax.

use sanderling_ir::{DType, Tensor};

use super::Node;
use crate::{
    OracleError,
    data::{self, Kind},
    fixed,
    params::{self, SoftmaxParams},
};

/// Integer bits of the sum of exponentials.
const ACCUMULATION_BITS: i32 = 12;

/// `exp(beta * x) / sum` along the last axis.
pub fn softmax(node: &Node, beta: f32) -> Result<Tensor, OracleError> {
    let x = node.inputs[0];
    let depth = x.ty.shape.last().copied().unwrap_or(1).max(1);
    match (node.kind(0), data::kind(node.out())) {
        (Kind::Real, Kind::Real) => {
            let rows = data::reals(x);
            Ok(data::from_reals(node.out(), rows.chunks(depth).flat_map(|row| real_row(row, beta))))
        }
        (Kind::Quantized, Kind::Quantized) if x.ty.dtype != DType::I16 => {
            let params = params::softmax_params(data::scale_zero(&x.ty).0, beta);
            let (rows, range) = (data::stored(x), params::dtype_range(node.out().dtype));
            let bits = 8 * node.out().dtype.bytes() as i32;
            let outputs = rows.chunks(depth).flat_map(|row| quantized_row(row, params, bits));
            Ok(data::store(node.out(), outputs.map(|v| params::clamp(v + range.0, range))))
        }
        _ => node.unsupported(),
    }
}

fn real_row(row: &[f64], beta: f32) -> Vec<f64> {
    let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let powers: Vec<f64> = row.iter().map(|v| libm::exp((v - largest) * f64::from(beta))).collect();
    let sum: f64 = powers.iter().sum();
    powers.into_iter().map(|p| p / sum).collect()
}

/// Outputs with `bits` fraction bits, from 0.
fn quantized_row(row: &[i32], params: SoftmaxParams, bits: i32) -> Vec<i32> {
    let largest = row.iter().copied().max().unwrap_or(0);
    let exponential = |&v: &i32| {
        let difference = v - largest;
        (difference >= params.diff_min).then(|| fixed::exp_on_negative_values(params.multiplier.apply(difference)))
    };
    let powers: Vec<Option<i32>> = row.iter().map(exponential).collect();
    let sum = powers
        .iter()
        .flatten()
        .fold(0i32, |sum, &power| sum.wrapping_add(params::rounding_divide_by_pot(power, ACCUMULATION_BITS)));
    let (scale, bits_over_unit) = fixed::reciprocal(sum, ACCUMULATION_BITS);
    let exponent = bits_over_unit + 31 - bits;
    let scaled = |power| {
        let product = params::saturating_rounding_doubling_high_mul(scale, power);
        params::rounding_divide_by_pot(product, exponent)
    };
    powers.into_iter().map(|power| power.map_or(0, scaled)).collect()
}
