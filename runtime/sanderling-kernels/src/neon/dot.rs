//! Sums of products of bytes: what the int8 convolution of NEON and that with SDOT differ in.

use core::arch::aarch64::*;
use core::arch::asm;

use super::{DotProd, Neon};

/// Sixteen products added to four sums.
pub trait Dot {
    /// Each product to whichever sum.
    ///
    /// # Safety
    /// The CPU has the instructions of `Self`.
    unsafe fn spread(acc: int32x4_t, w: int8x16_t, x: int8x16_t) -> int32x4_t;

    /// Products `4 i` to `4 i + 3` to sum `i`.
    ///
    /// # Safety
    /// As [`Dot::spread`].
    unsafe fn quads(acc: int32x4_t, w: int8x16_t, x: int8x16_t) -> int32x4_t;
}

impl Dot for Neon {
    #[inline]
    #[target_feature(enable = "neon")]
    unsafe fn spread(acc: int32x4_t, w: int8x16_t, x: int8x16_t) -> int32x4_t {
        // A second product in the same 16 bits could overflow them.
        let acc = vpadalq_s16(acc, vmull_s8(vget_low_s8(w), vget_low_s8(x)));
        vpadalq_s16(acc, vmull_high_s8(w, x))
    }

    #[inline]
    #[target_feature(enable = "neon")]
    unsafe fn quads(acc: int32x4_t, w: int8x16_t, x: int8x16_t) -> int32x4_t {
        let low = vpaddlq_s16(vmull_s8(vget_low_s8(w), vget_low_s8(x)));
        let high = vpaddlq_s16(vmull_high_s8(w, x));
        vaddq_s32(acc, vpaddq_s32(low, high))
    }
}

impl Dot for DotProd {
    #[inline]
    #[target_feature(enable = "neon")]
    unsafe fn spread(acc: int32x4_t, w: int8x16_t, x: int8x16_t) -> int32x4_t {
        // SAFETY: the caller's.
        unsafe { DotProd::quads(acc, w, x) }
    }

    #[inline]
    #[target_feature(enable = "neon")]
    unsafe fn quads(mut acc: int32x4_t, w: int8x16_t, x: int8x16_t) -> int32x4_t {
        // SAFETY: arithmetic on registers, with an instruction that the CPU has as the caller says. In assembly because
        // stable Rust has no intrinsic for it.
        unsafe {
            asm!(
                ".arch_extension dotprod",
                "sdot {acc:v}.4s, {w:v}.16b, {x:v}.16b",
                acc = inout(vreg) acc,
                w = in(vreg) w,
                x = in(vreg) x,
                options(pure, nomem, nostack, preserves_flags),
            );
        }
        acc
    }
}
