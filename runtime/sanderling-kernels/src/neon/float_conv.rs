//! f32 convolution: panels of eight output channels times up to four pixels, all sums in registers.

use core::arch::aarch64::*;

use sanderling_format::calls::{Conv2dBf16, Conv2dF16, Conv2dF32};

use super::Neon;
use super::float::{Eight, apply, load, store};
use super::weights::Load;
use crate::kernel::{Operands, Runs};
use crate::scalar::float::stored::{Bf16, F16, F32};
use crate::tiles::LANES;
use crate::tiles::conv::{self, BLOCK, Tile, Tiles};

impl Runs<Conv2dF32> for Neon {
    fn run(call: &Conv2dF32, operands: Operands<'_>) {
        conv::run::<_, Neon, F32>(call, call, operands);
    }
}

impl Runs<Conv2dF16> for Neon {
    fn run(call: &Conv2dF16, operands: Operands<'_>) {
        conv::run::<_, Neon, F16>(call, &call.layer, operands);
    }
}

impl Runs<Conv2dBf16> for Neon {
    fn run(call: &Conv2dBf16, operands: Operands<'_>) {
        conv::run::<_, Neon, Bf16>(call, &call.layer, operands);
    }
}

impl<S: Load> Tiles<S> for Neon {
    const PIXELS: usize = 4;

    #[target_feature(enable = "neon")]
    unsafe fn tile<const P: usize, const N: usize>(t: &Tile<'_, S>, out: *mut f32) {
        let (x, w): (*const f32, *const S::Bytes) = (t.x.as_ptr().cast(), t.w.as_ptr());
        let bias: *const f32 = t.bias.as_ptr().cast();
        let s = *t.spans;
        let zero = [vdupq_n_f32(0.0); 2];
        // SAFETY: there are `P` panels of biases.
        let biases: [Eight; P] = core::array::from_fn(|p| unsafe { load(bias.wrapping_add(p * LANES)) });
        let mut total = [biases; N];
        let mut acc = [[zero; P]; N];
        let mut pending = 0;
        for row in 0..s.rows {
            for run in 0..s.runs {
                let x = x.wrapping_add(row * s.x_row + run * s.x_run);
                let w = w.wrapping_add(row * s.w_row + run * s.w_run);
                for block in (0..s.len).step_by(BLOCK) {
                    let end = (block + BLOCK).min(s.len);
                    for k in block..end {
                        // SAFETY: tap `k` of panel `p`.
                        let panel = |p: usize| unsafe { S::load(w.wrapping_add(p * t.w_panel + k * LANES)) };
                        let weights: [Eight; P] = core::array::from_fn(panel);
                        for (n, sums) in acc.iter_mut().enumerate() {
                            // SAFETY: tap `k` of pixel `n`.
                            let value = unsafe { vld1q_dup_f32(x.wrapping_add(n * t.x_pixel + k)) };
                            for (sums, weights) in sums.iter_mut().zip(weights) {
                                sums[0] = vfmaq_f32(sums[0], value, weights[0]);
                                sums[1] = vfmaq_f32(sums[1], value, weights[1]);
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
        for (n, sums) in total.into_iter().enumerate() {
            for (p, sum) in sums.into_iter().enumerate() {
                let to = out.wrapping_add(n * t.out_pixel + p * LANES);
                let channels = (t.channels - p * LANES).min(LANES);
                // SAFETY: as many channels of pixel `n`.
                unsafe { store(to, apply(t.clamp, sum), channels) };
            }
        }
    }
}

/// Adds the sums of a block to the totals and starts the next.
#[inline]
#[target_feature(enable = "neon")]
fn flush<const P: usize, const N: usize>(total: &mut [[Eight; P]; N], acc: &mut [[Eight; P]; N]) {
    for (total, acc) in total.iter_mut().flatten().zip(acc.iter_mut().flatten()) {
        *total = [vaddq_f32(total[0], acc[0]), vaddq_f32(total[1], acc[1])];
        *acc = [vdupq_n_f32(0.0); 2];
    }
}
