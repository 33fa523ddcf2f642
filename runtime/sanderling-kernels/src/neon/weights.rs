//! Weights as they are stored, eight at a time.

use core::arch::aarch64::*;
use core::arch::asm;

use super::float::{self, Eight};
use crate::scalar::float::stored::{Bf16, F16, F32, Stored};
use crate::tiles::LANES;

/// Stored weights that become vectors.
pub trait Load: Stored {
    /// Eight weights.
    ///
    /// # Safety
    /// They are there, in bytes that need no alignment.
    unsafe fn load(from: *const Self::Bytes) -> Eight;

    /// The first `n` of eight weights, at most eight; the others are 0.
    ///
    /// # Safety
    /// As [`Load::load`], but for the others.
    #[inline]
    #[target_feature(enable = "neon")]
    unsafe fn load_some(from: *const Self::Bytes, n: usize) -> Eight {
        let mut lanes = [0f32; LANES];
        let bytes = lanes.as_mut_ptr().cast::<Self::Bytes>();
        // SAFETY: the lanes have room for eight weights, however they are stored; `n` of them are there.
        unsafe {
            core::ptr::copy_nonoverlapping(from, bytes, n.min(LANES));
            Self::load(bytes)
        }
    }
}

impl Load for F32 {
    #[inline]
    #[target_feature(enable = "neon")]
    unsafe fn load(from: *const [u8; 4]) -> Eight {
        // SAFETY: the caller's.
        unsafe { float::load(from.cast()) }
    }
}

impl Load for F16 {
    #[inline]
    #[target_feature(enable = "neon")]
    unsafe fn load(from: *const [u8; 2]) -> Eight {
        // SAFETY: the caller's.
        let halves = unsafe { vld1q_u16(from.cast()) };
        let (low, high): (float32x4_t, float32x4_t);
        // Stable Rust has the vectors of f16 only where the CPU computes in it; every CPU widens them.
        // SAFETY: the instructions touch nothing but these registers.
        unsafe {
            asm!(
                "fcvtl {low:v}.4s, {halves:v}.4h",
                "fcvtl2 {high:v}.4s, {halves:v}.8h",
                low = out(vreg) low,
                high = lateout(vreg) high,
                halves = in(vreg) halves,
                options(pure, nomem, nostack, preserves_flags),
            );
        }
        [low, high]
    }
}

impl Load for Bf16 {
    #[inline]
    #[target_feature(enable = "neon")]
    unsafe fn load(from: *const [u8; 2]) -> Eight {
        // SAFETY: the caller's.
        let halves = unsafe { vld1q_u16(from.cast()) };
        let wide = [vshll_n_u16::<16>(vget_low_u16(halves)), vshll_high_n_u16::<16>(halves)];
        wide.map(|v| vreinterpretq_f32_u32(v))
    }
}
