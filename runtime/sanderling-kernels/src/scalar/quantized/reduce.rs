//! Reductions of int8.

use sanderling_format::calls::{ReduceI8, ReduceOp};

use crate::fixed::{high_mul, limit, rescale};
use crate::kernel::{Operands, Runs};
use crate::scalar::Scalar;
use crate::scalar::data::reduce;

impl Runs<ReduceI8> for Scalar {
    fn run(call: &ReduceI8, operands: Operands<'_>) {
        let Operands { reads: [input, ..], output, .. } = operands;
        let value = |at: usize| input.get(at).map_or(0, |&v| i32::from(v as i8));
        let clamp = &call.clamp;
        let mut store = |at: usize, v: i32| {
            if let Some(out) = output.get_mut(at) {
                *out = limit(v, clamp);
            }
        };
        match ReduceOp::from_code(call.op) {
            Some(ReduceOp::Max) => reduce(&call.shape, -128, |m: i32, at| m.max(value(at)), store),
            Some(ReduceOp::Min) => reduce(&call.shape, 127, |m: i32, at| m.min(value(at)), store),
            _ => reduce(
                &call.shape,
                0i32,
                |sum, at| sum.wrapping_add(value(at) - call.input_zero),
                |at, sum| store(at, scaled(sum, call).wrapping_add(clamp.zero)),
            ),
        }
    }
}

/// As [`rescale`]; a mean over many elements may shift by more than 31, which leaves nothing but a sign's rounding.
fn scaled(sum: i32, call: &ReduceI8) -> i32 {
    if call.shift >= -31 {
        return rescale(sum, call.multiplier, call.shift);
    }
    crate::fixed::divide_by_power(high_mul(sum, call.multiplier), 31)
}
