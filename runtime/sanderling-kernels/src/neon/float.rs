//! What the f32 kernels of this folder share: eight numbers in two vectors.

use core::arch::aarch64::*;

use crate::tiles::{Clamp, LANES};

/// [`LANES`] numbers.
pub type Eight = [float32x4_t; 2];

/// Loads eight numbers.
///
/// # Safety
/// They are there; the address need not be aligned.
#[inline]
#[target_feature(enable = "neon")]
pub unsafe fn load(from: *const f32) -> Eight {
    // SAFETY: the caller's.
    unsafe { [vld1q_f32(from), vld1q_f32(from.wrapping_add(4))] }
}

/// Loads `n` numbers, at most eight; the others are 0.
///
/// # Safety
/// As [`load`].
#[inline]
#[target_feature(enable = "neon")]
pub unsafe fn load_some(from: *const f32, n: usize) -> Eight {
    let mut lanes = [0f32; LANES];
    // SAFETY: the caller's; the lanes are eight. Bytes need no alignment.
    unsafe {
        core::ptr::copy_nonoverlapping(from.cast::<u8>(), lanes.as_mut_ptr().cast(), n.min(LANES) * 4);
        load(lanes.as_ptr())
    }
}

/// Stores the first `n` of eight numbers.
///
/// # Safety
/// There is room for them; the address need not be aligned.
#[inline]
#[target_feature(enable = "neon")]
pub unsafe fn store(to: *mut f32, v: Eight, n: usize) {
    let put = |to: *mut f32| {
        // SAFETY: the caller's.
        unsafe {
            vst1q_f32(to, v[0]);
            vst1q_f32(to.wrapping_add(4), v[1]);
        }
    };
    if n == LANES {
        return put(to);
    }
    let mut lanes = [0f32; LANES];
    put(lanes.as_mut_ptr());
    // SAFETY: the caller's; the lanes are eight. Bytes need no alignment.
    unsafe { core::ptr::copy_nonoverlapping(lanes.as_ptr().cast::<u8>(), to.cast(), n.min(LANES) * 4) }
}

/// The clamp in every lane, as in the scalar kernels: what is not a number becomes `low`, or stays where there are no
/// bounds.
#[inline]
#[target_feature(enable = "neon")]
pub fn apply(clamp: Clamp, v: Eight) -> Eight {
    if clamp.is_open() {
        return v;
    }
    let (low, high) = (vdupq_n_f32(clamp.low), vdupq_n_f32(clamp.high));
    // Of a number and what is none, these choose the number.
    v.map(|v| vminnmq_f32(vmaxnmq_f32(v, low), high))
}
