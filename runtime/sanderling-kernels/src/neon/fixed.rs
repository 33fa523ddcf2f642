//! Fixed-point arithmetic of `crate::fixed`, four lanes at a time.

use core::arch::aarch64::*;

use sanderling_format::calls::Clamp;

use crate::fixed::Channel;

/// Whether the lanes compute with these what `crate::fixed` does: the rounding high product saturates where both factors
/// are the smallest number, and shifts beyond a word mean other things.
pub fn is_plain(multiplier: i32, shift: i32) -> bool {
    multiplier != i32::MIN && (-31..=31).contains(&shift)
}

/// [`is_plain`] for every channel.
pub fn are_plain(channels: &[[u8; Channel::BYTES]]) -> bool {
    channels.iter().map(Channel::from_bytes).all(|channel| is_plain(channel.multiplier, channel.shift))
}

/// `x * multiplier * 2^(shift - 31)`, rounded twice; [`is_plain`].
#[inline]
#[target_feature(enable = "neon")]
pub fn rescale(x: int32x4_t, multiplier: int32x4_t, shift: int32x4_t) -> int32x4_t {
    let zero = vdupq_n_s32(0);
    let (left, right) = (vmaxq_s32(shift, zero), vminq_s32(shift, zero));
    let high = vqrdmulhq_s32(vshlq_s32(x, left), multiplier);
    // The shift rounds halves up. Of a negative number one less makes them go down, but only where something is shifted.
    let nudged = vsraq_n_s32::<31>(high, vandq_s32(high, right));
    vrshlq_s32(nudged, right)
}

/// `x * multiplier * 2^(shift - 31)`, rounded once; [`is_plain`].
#[inline]
#[target_feature(enable = "neon")]
pub fn rescale_once(x: int32x4_t, multiplier: int32x4_t, shift: int32x4_t) -> int32x4_t {
    let right = vminq_s32(vsubq_s32(shift, vdupq_n_s32(31)), vdupq_n_s32(-1));
    let round = |product: int64x2_t, right: int64x2_t| {
        vreinterpretq_s32_s64(vrshlq_s64(vsraq_n_s64::<63>(product, product), right))
    };
    let low = round(vmull_s32(vget_low_s32(x), vget_low_s32(multiplier)), vmovl_s32(vget_low_s32(right)));
    let high = round(vmull_high_s32(x, multiplier), vmovl_high_s32(right));
    vuzp1q_s32(low, high)
}

/// Output zero point and clamp in every lane.
#[derive(Clone, Copy)]
pub struct Limits {
    zero: int32x4_t,
    low: int32x4_t,
    high: int32x4_t,
}

impl Limits {
    #[inline]
    #[target_feature(enable = "neon")]
    pub fn new(clamp: &Clamp) -> Limits {
        Limits { zero: vdupq_n_s32(clamp.zero), low: vdupq_n_s32(clamp.low), high: vdupq_n_s32(clamp.high) }
    }

    /// From a rescaled sum to an output byte, still a word wide.
    #[inline]
    #[target_feature(enable = "neon")]
    pub fn apply(&self, scaled: int32x4_t) -> int32x4_t {
        vminq_s32(vmaxq_s32(vaddq_s32(scaled, self.zero), self.low), self.high)
    }
}

/// Four channels.
#[derive(Clone, Copy)]
pub struct Channels {
    bias: int32x4_t,
    multiplier: int32x4_t,
    shift: int32x4_t,
}

impl Channels {
    #[inline]
    #[target_feature(enable = "neon")]
    pub fn new(four: &[[u8; Channel::BYTES]; 4]) -> Channels {
        // SAFETY: four channels are three vectors; the load needs no alignment.
        let int32x4x3_t(bias, multiplier, shift) = unsafe { vld3q_s32(four.as_ptr().cast()) };
        Channels { bias, multiplier, shift }
    }

    /// As [`Channel::requantize_as`], a word for each byte.
    #[inline]
    #[target_feature(enable = "neon")]
    pub fn requantize_as(&self, rounding: u32, sums: int32x4_t, limits: &Limits) -> int32x4_t {
        let sums = vaddq_s32(sums, self.bias);
        limits.apply(match rounding {
            0 => rescale(sums, self.multiplier, self.shift),
            _ => rescale_once(sums, self.multiplier, self.shift),
        })
    }
}

/// Stores the low bytes of four words.
#[inline]
#[target_feature(enable = "neon")]
pub fn put(words: int32x4_t, out: &mut [u8; 4]) {
    let halves = vmovn_s32(words);
    let bytes = vreinterpret_u32_s8(vmovn_s16(vcombine_s16(halves, halves)));
    *out = vget_lane_u32::<0>(bytes).to_le_bytes();
}
