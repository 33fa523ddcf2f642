//! Functions of one integer.

use sanderling_format::calls::{Numeric, UnaryInt, UnaryOp};

use super::numeric::{integer, put_integer};
use crate::kernel::{Operands, Runs};
use crate::scalar::Scalar;

impl Runs<UnaryInt> for Scalar {
    fn run(call: &UnaryInt, operands: Operands<'_>) {
        let Operands { reads: [input, ..], output, .. } = operands;
        let (Some(op), Some(numeric)) = (UnaryOp::from_code(call.op), Numeric::from_code(call.numeric)) else {
            return;
        };
        for i in 0..call.len as usize {
            let value = integer(numeric, if input.is_empty() { output } else { input }, i);
            let value = match op {
                UnaryOp::Neg => value.wrapping_neg(),
                UnaryOp::Abs => value.wrapping_abs(),
                UnaryOp::Sign => value.signum(),
                UnaryOp::Clamp => value.max(call.low as i64).min(call.high as i64),
                UnaryOp::Not if numeric == Numeric::Bool => i64::from(value == 0),
                UnaryOp::Not => !value,
            };
            put_integer(numeric, output, i, value);
        }
    }
}
