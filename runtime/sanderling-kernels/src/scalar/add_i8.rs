//! int8 addition.

use sanderling_format::calls::AddI8;

use super::Scalar;
use crate::fixed::{limit, rescale};
use crate::kernel::{Operands, Runs};

/// Headroom that both sides are shifted up by before they are brought to one scale.
const LEFT_SHIFT: u32 = 20;

impl Runs<AddI8> for Scalar {
    fn run(call: &AddI8, operands: Operands<'_>) {
        let Operands { reads: [a, b, ..], output, .. } = operands;
        for ((&a, &b), out) in a.iter().zip(b).zip(output) {
            let a = (i32::from(a as i8).wrapping_sub(call.a_zero)).wrapping_shl(LEFT_SHIFT);
            let b = (i32::from(b as i8).wrapping_sub(call.b_zero)).wrapping_shl(LEFT_SHIFT);
            let sum =
                rescale(a, call.a_multiplier, call.a_shift).wrapping_add(rescale(b, call.b_multiplier, call.b_shift));
            let sum = rescale(sum, call.multiplier, call.shift).wrapping_add(call.clamp.zero);
            *out = limit(sum, &call.clamp);
        }
    }
}
