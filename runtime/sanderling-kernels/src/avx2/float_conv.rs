//! f32 convolution: panels of eight output channels times up to six pixels, all sums in registers.

use core::arch::x86_64::*;

use sanderling_format::calls::{Conv2dBf16, Conv2dF16, Conv2dF32};

use super::Avx2;
use super::float_tile::{LANES, apply};
use super::weights::Load;
use crate::kernel::{Operands, Runs};
use crate::scalar::float::stored::{Bf16, F16, F32};
use crate::tiles::conv::{self, BLOCK, Tile, Tiles};

impl Runs<Conv2dF32> for Avx2 {
    fn run(call: &Conv2dF32, operands: Operands<'_>) {
        conv::run::<_, Avx2, F32>(call, call, operands);
    }
}

impl Runs<Conv2dF16> for Avx2 {
    fn run(call: &Conv2dF16, operands: Operands<'_>) {
        conv::run::<_, Avx2, F16>(call, &call.layer, operands);
    }
}

impl Runs<Conv2dBf16> for Avx2 {
    fn run(call: &Conv2dBf16, operands: Operands<'_>) {
        conv::run::<_, Avx2, Bf16>(call, &call.layer, operands);
    }
}

impl<S: Load> Tiles<S> for Avx2 {
    const PIXELS: usize = 6;

    unsafe fn tile<const P: usize, const N: usize>(t: &Tile<'_, S>, out: *mut f32) {
        // SAFETY: the caller's.
        unsafe { tile::<S, P, N>(t, out) }
    }
}

/// `P` panels times `N` pixels.
///
/// # Safety
/// The CPU has AVX2, FMA and F16C; what the tile describes lies inside its slices, and `out` has room for its results.
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn tile<S: Load, const P: usize, const N: usize>(t: &Tile<'_, S>, out: *mut f32) {
    let (x, w): (*const f32, *const S::Bytes) = (t.x.as_ptr().cast(), t.w.as_ptr());
    let bias: *const f32 = t.bias.as_ptr().cast();
    let s = *t.spans;
    let mut total = [[_mm256_setzero_ps(); P]; N];
    for p in 0..P {
        // SAFETY: there are `P` vectors of biases.
        let bias = unsafe { _mm256_loadu_ps(bias.add(p * LANES)) };
        for sums in &mut total {
            sums[p] = bias;
        }
    }
    let mut acc = [[_mm256_setzero_ps(); P]; N];
    let mut pending = 0;
    for row in 0..s.rows {
        for run in 0..s.runs {
            let x = x.wrapping_add(row * s.x_row + run * s.x_run);
            let w = w.wrapping_add(row * s.w_row + run * s.w_run);
            for block in (0..s.len).step_by(BLOCK) {
                let end = (block + BLOCK).min(s.len);
                for k in block..end {
                    let weights: [__m256; P] = core::array::from_fn(|p| {
                        // SAFETY: tap `k` of panel `p`.
                        unsafe { S::load(w.add(p * t.w_panel + k * LANES)) }
                    });
                    for (n, sums) in acc.iter_mut().enumerate() {
                        // SAFETY: tap `k` of pixel `n`.
                        let value = _mm256_set1_ps(unsafe { x.add(n * t.x_pixel + k).read_unaligned() });
                        for p in 0..P {
                            sums[p] = _mm256_fmadd_ps(value, weights[p], sums[p]);
                        }
                    }
                }
                pending += end - block;
                if pending >= BLOCK {
                    flush(&mut total, &mut acc);
                    pending = 0;
                }
            }
        }
    }
    flush(&mut total, &mut acc);
    let last = t.channels - (P - 1) * LANES;
    for (n, sums) in total.into_iter().enumerate() {
        for (p, sum) in sums.into_iter().enumerate() {
            let to = out.wrapping_add(n * t.out_pixel + p * LANES);
            let sum = apply(t.clamp, sum);
            if p + 1 < P || last == LANES {
                // SAFETY: a whole panel of channels of pixel `n`.
                unsafe { _mm256_storeu_ps(to, sum) };
            } else {
                let mut lanes = [0f32; LANES];
                // SAFETY: the lanes are eight; `last` of them are channels of pixel `n`, in bytes that need no alignment.
                unsafe {
                    _mm256_storeu_ps(lanes.as_mut_ptr(), sum);
                    core::ptr::copy_nonoverlapping(lanes.as_ptr().cast::<u8>(), to.cast::<u8>(), last * 4);
                }
            }
        }
    }
}

/// Adds the sums of a block to the totals and starts the next.
#[target_feature(enable = "avx2,fma")]
fn flush<const P: usize, const N: usize>(total: &mut [[__m256; P]; N], acc: &mut [[__m256; P]; N]) {
    for (total, acc) in total.iter_mut().flatten().zip(acc.iter_mut().flatten()) {
        *total = _mm256_add_ps(*total, *acc);
        *acc = _mm256_setzero_ps();
    }
}
