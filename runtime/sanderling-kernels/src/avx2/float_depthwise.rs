//! f32 depthwise convolution: eight channels times up to six pixels, all sums in registers.

use core::arch::x86_64::*;

use sanderling_format::calls::{DepthwiseBf16, DepthwiseF16, DepthwiseF32};

use super::Avx2;
use super::float_tile::{apply, mask};
use super::weights::Load;
use crate::kernel::{Operands, Runs};
use crate::scalar::float::stored::{Bf16, F16, F32};
use crate::tiles::depthwise::{self, Tile, Tiles};

impl Runs<DepthwiseF32> for Avx2 {
    fn run(call: &DepthwiseF32, operands: Operands<'_>) {
        depthwise::run::<_, Avx2, F32>(call, call, operands);
    }
}

impl Runs<DepthwiseF16> for Avx2 {
    fn run(call: &DepthwiseF16, operands: Operands<'_>) {
        depthwise::run::<_, Avx2, F16>(call, &call.layer, operands);
    }
}

impl Runs<DepthwiseBf16> for Avx2 {
    fn run(call: &DepthwiseBf16, operands: Operands<'_>) {
        depthwise::run::<_, Avx2, Bf16>(call, &call.layer, operands);
    }
}

impl<S: Load> Tiles<S> for Avx2 {
    const PIXELS: usize = 6;

    unsafe fn tile<const N: usize, const MASKED: bool>(t: &Tile<'_, S>, out: *mut f32) {
        // SAFETY: the caller's.
        unsafe { tile::<S, N, MASKED>(t, out) }
    }
}

/// Loads eight elements, or those of the mask.
///
/// # Safety
/// The CPU has AVX2; the elements loaded are there.
#[target_feature(enable = "avx2,fma")]
unsafe fn load<const MASKED: bool>(from: *const f32, lanes: __m256i) -> __m256 {
    // SAFETY: as the caller says.
    unsafe { if MASKED { _mm256_maskload_ps(from, lanes) } else { _mm256_loadu_ps(from) } }
}

/// `N` pixels.
///
/// # Safety
/// The CPU has AVX2, FMA and F16C; what the tile describes lies inside its slices, and `out` has room for its results. Without
/// `MASKED` it has eight channels.
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn tile<S: Load, const N: usize, const MASKED: bool>(t: &Tile<'_, S>, out: *mut f32) {
    let (x, w): (*const f32, *const S::Bytes) = (t.x.as_ptr().cast(), t.w.as_ptr());
    let lanes = mask(t.channels);
    let s = *t.spans;
    // SAFETY: a bias for each channel.
    let mut acc = [unsafe { load::<MASKED>(t.bias.as_ptr().cast(), lanes) }; N];
    for row in 0..s.rows {
        for run in 0..s.runs {
            let x = x.wrapping_add(row * s.x_row + run * s.x_run);
            let w = w.wrapping_add(row * s.w_row + run * s.w_run);
            // SAFETY: the weights of this tap.
            let weight = unsafe { if MASKED { S::load_some(w, t.channels) } else { S::load(w) } };
            for (n, sum) in acc.iter_mut().enumerate() {
                // SAFETY: this tap of pixel `n`.
                let value = unsafe { load::<MASKED>(x.wrapping_add(n * t.x_pixel), lanes) };
                *sum = _mm256_fmadd_ps(value, weight, *sum);
            }
        }
    }
    for (n, sum) in acc.into_iter().enumerate() {
        let (to, sum) = (out.wrapping_add(n * t.out_pixel), apply(t.clamp, sum));
        // SAFETY: the channels of pixel `n`.
        unsafe { if MASKED { _mm256_maskstore_ps(to, lanes, sum) } else { _mm256_storeu_ps(to, sum) } }
    }
}
