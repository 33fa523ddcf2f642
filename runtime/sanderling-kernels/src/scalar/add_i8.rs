//! int8 addition.

use sanderling_format::calls::AddI8;

use super::Scalar;
use crate::fixed::{limit, rescale};
use crate::kernel::{Operands, Runs};

/// Headroom that both sides are shifted up by before they are brought to one scale.
pub(crate) const ADD_LEFT_SHIFT: u32 = 20;

impl Runs<AddI8> for Scalar {
    fn run(call: &AddI8, mut operands: Operands<'_>) {
        let a = Side { zero: call.a_zero, multiplier: call.a_multiplier, shift: call.a_shift };
        let b = Side { zero: call.b_zero, multiplier: call.b_multiplier, shift: call.b_shift };
        // The first side is in the output, brought there unless the call is in place.
        let (first, second, read) = match operands.reads {
            [_, [], ..] => (b, a, 0),
            _ => (a, b, 1),
        };
        if read == 1 {
            operands.bring(0);
        }
        let Operands { reads: [a, b, ..], output, .. } = operands;
        for (out, &other) in output.iter_mut().zip(if read == 0 { a } else { b }) {
            let sum = first.scaled(*out).wrapping_add(second.scaled(other));
            let sum = rescale(sum, call.multiplier, call.shift).wrapping_add(call.clamp.zero);
            *out = limit(sum, &call.clamp);
        }
    }
}

/// How the values of one operand are brought to the common scale.
#[derive(Clone, Copy)]
struct Side {
    zero: i32,
    multiplier: i32,
    shift: i32,
}

impl Side {
    #[inline(always)]
    fn scaled(self, value: u8) -> i32 {
        let value = i32::from(value as i8).wrapping_sub(self.zero).wrapping_shl(ADD_LEFT_SHIFT);
        rescale(value, self.multiplier, self.shift)
    }
}
