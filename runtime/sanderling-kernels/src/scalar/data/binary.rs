//! Functions of two integers.

use sanderling_format::calls::{AXES, BinaryInt, BinaryOp, Numeric};

use super::numeric::{integer, put_integer};
use super::walk::{along, rows};
use crate::kernel::{Operands, Runs};
use crate::scalar::Scalar;

impl Runs<BinaryInt> for Scalar {
    fn run(call: &BinaryInt, operands: Operands<'_>) {
        let Operands { reads: [a, b, ..], output, .. } = operands;
        let (Some(op), Some(numeric)) = (BinaryOp::from_code(call.op), Numeric::from_code(call.numeric)) else {
            return;
        };
        let o = &call.operands;
        let (low, high) = (call.low as i64, call.high as i64);
        let n = o.dims[AXES - 1] as usize;
        let mut at = 0;
        rows(&o.dims, [&o.a_strides, &o.b_strides], [0; 2], |[a_at, b_at]| {
            let places = along(a_at, o.a_strides[AXES - 1]).zip(along(b_at, o.b_strides[AXES - 1])).take(n);
            for (i, j) in places {
                let value = |from: &[u8], i| integer(numeric, if from.is_empty() { output } else { from }, i);
                let value = compute(op, value(a, i), value(b, j));
                if op.is_truth() {
                    put_integer(Numeric::Bool, output, at, value);
                } else {
                    put_integer(numeric, output, at, value.max(low).min(high));
                }
                at += 1;
            }
        });
    }
}

fn compute(op: BinaryOp, a: i64, b: i64) -> i64 {
    match op {
        BinaryOp::Add => a.wrapping_add(b),
        BinaryOp::Sub => a.wrapping_sub(b),
        BinaryOp::Mul => a.wrapping_mul(b),
        BinaryOp::Div if b == 0 => 0,
        BinaryOp::Div => a.wrapping_div(b),
        BinaryOp::Pow => power(a, b),
        BinaryOp::Min => a.min(b),
        BinaryOp::Max => a.max(b),
        BinaryOp::SquaredDifference => a.wrapping_sub(b).wrapping_mul(a.wrapping_sub(b)),
        _ => i64::from(holds(op, a, b)),
    }
}

/// A comparison or a conjunction.
pub(crate) fn holds(op: BinaryOp, a: i64, b: i64) -> bool {
    match op {
        BinaryOp::Equal => a == b,
        BinaryOp::Less => a < b,
        BinaryOp::LessEqual => a <= b,
        BinaryOp::Greater => a > b,
        BinaryOp::GreaterEqual => a >= b,
        BinaryOp::And => a != 0 && b != 0,
        _ => a != 0 || b != 0,
    }
}

/// `a^b`, wrapping; for exponents that are negative or beyond 32 bits the real power, toward zero and saturating.
fn power(a: i64, b: i64) -> i64 {
    match (u32::try_from(b), a) {
        (Ok(b), _) => a.wrapping_pow(b),
        (_, 1) => 1,
        (_, -1) => {
            if b & 1 == 0 {
                1
            } else {
                -1
            }
        }
        (_, 0) => {
            if b < 0 {
                i64::MAX
            } else {
                0
            }
        }
        _ if b < 0 => 0,
        _ if a < 0 && b & 1 == 1 => i64::MIN,
        _ => i64::MAX,
    }
}
