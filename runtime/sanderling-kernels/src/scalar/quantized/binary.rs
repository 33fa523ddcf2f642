//! Functions of two int8 tensors.

use sanderling_format::calls::{AXES, BinaryI8, BinaryOp};

use crate::fixed::rescale;
use crate::kernel::{Operands, Runs};
use crate::pieces::Pieces;
use crate::scalar::Scalar;
use crate::scalar::data::{
    holds,
    walk::{along, rows},
};

impl Runs<BinaryI8> for Scalar {
    fn run(call: &BinaryI8, operands: Operands<'_>) {
        let Operands { reads: [a, b, ..], output, .. } = operands;
        let Some(op) = BinaryOp::from_code(call.op) else { return };
        let o = &call.operands;
        let mut outputs = output.pieces_mut(o.dims[AXES - 1] as usize);
        rows(&o.dims, [&o.a_strides, &o.b_strides], [0; 2], |[a_at, b_at]| {
            let places = along(a_at, o.a_strides[AXES - 1]).zip(along(b_at, o.b_strides[AXES - 1]));
            for (out, (i, j)) in outputs.next().into_iter().flatten().zip(places) {
                // What is in place lies in the output.
                let (a, b) = (*a.get(i).unwrap_or(out), *b.get(j).unwrap_or(out));
                let (a, b) = (i32::from(a as i8) - call.a_zero, i32::from(b as i8) - call.b_zero);
                *out = compute(call, op, a, b);
            }
        });
    }
}

/// From values less their zero points to an output byte.
fn compute(call: &BinaryI8, op: BinaryOp, a: i32, b: i32) -> u8 {
    let scaled = |v: i32, multiplier, shift| rescale(v.wrapping_shl(call.left_shift), multiplier, shift);
    let both = || (scaled(a, call.a_multiplier, call.a_shift), scaled(b, call.b_multiplier, call.b_shift));
    let clamp = &call.clamp;
    let finish = |v: i32| v.wrapping_add(clamp.zero).max(clamp.low).min(clamp.high);
    let value = match op {
        BinaryOp::Mul => finish(rescale(a.wrapping_mul(b), call.multiplier, call.shift)),
        BinaryOp::Min | BinaryOp::Max => {
            let (a, b) = both();
            let (a, b) = (finish(a), finish(b));
            if op == BinaryOp::Min { a.min(b) } else { a.max(b) }
        }
        BinaryOp::SquaredDifference => {
            let (a, b) = both();
            let difference = a.wrapping_sub(b);
            finish(rescale(difference.wrapping_mul(difference), call.multiplier, call.shift))
        }
        _ if op.is_truth() => {
            let (a, b) = both();
            i32::from(holds(op, i64::from(a), i64::from(b)))
        }
        // A subtraction has a negative multiplier.
        _ => {
            let (a, b) = both();
            finish(rescale(a.wrapping_add(b), call.multiplier, call.shift))
        }
    };
    value as u8
}
