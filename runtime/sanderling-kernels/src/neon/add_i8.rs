//! int8 addition, 16 bytes at a time.

use core::arch::aarch64::*;

use sanderling_format::calls::AddI8;

use super::Neon;
use super::fixed::{Limits, is_plain, rescale};
use crate::kernel::{Operands, Runs};
use crate::scalar::Scalar;

/// Bytes of a vector.
const WIDTH: usize = 16;
/// As in the scalar twin.
const LEFT_SHIFT: i32 = 20;

impl Runs<AddI8> for Neon {
    fn run(call: &AddI8, operands: Operands<'_>) {
        let Operands { reads: [a, b, ..], output, .. } = &operands;
        let factors =
            [(call.a_multiplier, call.a_shift), (call.b_multiplier, call.b_shift), (call.multiplier, call.shift)];
        let is_plain = factors.into_iter().all(|(multiplier, shift)| is_plain(multiplier, shift));
        if !is_plain || a.len() != output.len() || b.len() != output.len() {
            return Scalar::run(call, operands);
        }
        let Operands { mut reads, output, scratch } = operands;
        let ((a, a_rest), (b, b_rest)) = (reads[0].as_chunks::<WIDTH>(), reads[1].as_chunks::<WIDTH>());
        let (out, rest) = output.as_chunks_mut::<WIDTH>();
        // SAFETY: every CPU of this architecture has NEON.
        unsafe { add(call, a, b, out) };
        (reads[0], reads[1]) = (a_rest, b_rest);
        Scalar::run(call, Operands { reads, output: rest, scratch });
    }
}

/// How one operand is brought to the common scale, in every lane.
struct Side {
    zero: int32x4_t,
    multiplier: int32x4_t,
    shift: int32x4_t,
}

impl Side {
    #[target_feature(enable = "neon")]
    fn new(zero: i32, multiplier: i32, shift: i32) -> Side {
        Side { zero: vdupq_n_s32(zero), multiplier: vdupq_n_s32(multiplier), shift: vdupq_n_s32(shift) }
    }

    #[inline]
    #[target_feature(enable = "neon")]
    fn scaled(&self, values: int16x4_t) -> int32x4_t {
        let values = vshlq_n_s32::<LEFT_SHIFT>(vsubq_s32(vmovl_s16(values), self.zero));
        rescale(values, self.multiplier, self.shift)
    }
}

#[target_feature(enable = "neon")]
fn add(call: &AddI8, a: &[[u8; WIDTH]], b: &[[u8; WIDTH]], out: &mut [[u8; WIDTH]]) {
    let sides = (
        Side::new(call.a_zero, call.a_multiplier, call.a_shift),
        Side::new(call.b_zero, call.b_multiplier, call.b_shift),
    );
    let (multiplier, shift) = (vdupq_n_s32(call.multiplier), vdupq_n_s32(call.shift));
    let limits = Limits::new(&call.clamp);
    let four = |a: int16x4_t, b: int16x4_t| {
        let sum = vaddq_s32(sides.0.scaled(a), sides.1.scaled(b));
        vmovn_s32(limits.apply(rescale(sum, multiplier, shift)))
    };
    let eight = |a: int8x8_t, b: int8x8_t| {
        let (a, b) = (vmovl_s8(a), vmovl_s8(b));
        let low = four(vget_low_s16(a), vget_low_s16(b));
        vmovn_s16(vcombine_s16(low, four(vget_high_s16(a), vget_high_s16(b))))
    };
    for ((a, b), out) in a.iter().zip(b).zip(out) {
        // SAFETY: each is a vector long.
        let (a, b) = unsafe { (vld1q_s8(a.as_ptr().cast()), vld1q_s8(b.as_ptr().cast())) };
        let sum = vcombine_s8(eight(vget_low_s8(a), vget_low_s8(b)), eight(vget_high_s8(a), vget_high_s8(b)));
        // SAFETY: as above.
        unsafe { vst1q_s8(out.as_mut_ptr().cast(), sum) };
    }
}
