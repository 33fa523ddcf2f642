//! f32 depthwise convolution: eight channels times up to six pixels, all sums in registers.

use core::arch::aarch64::*;

use sanderling_format::calls::{DepthwiseBf16, DepthwiseF16, DepthwiseF32};

use super::Neon;
use super::float::{Eight, apply, load, load_some, store};
use super::weights::Load;
use crate::kernel::{Operands, Runs};
use crate::scalar::float::stored::{Bf16, F16, F32};
use crate::tiles::depthwise::{self, Tile, Tiles};

impl Runs<DepthwiseF32> for Neon {
    fn run(call: &DepthwiseF32, operands: Operands<'_>) {
        depthwise::run::<_, Neon, F32>(call, call, operands);
    }
}

impl Runs<DepthwiseF16> for Neon {
    fn run(call: &DepthwiseF16, operands: Operands<'_>) {
        depthwise::run::<_, Neon, F16>(call, &call.layer, operands);
    }
}

impl Runs<DepthwiseBf16> for Neon {
    fn run(call: &DepthwiseBf16, operands: Operands<'_>) {
        depthwise::run::<_, Neon, Bf16>(call, &call.layer, operands);
    }
}

impl<S: Load> Tiles<S> for Neon {
    const PIXELS: usize = 6;

    #[target_feature(enable = "neon")]
    unsafe fn tile<const N: usize, const MASKED: bool>(t: &Tile<'_, S>, out: *mut f32) {
        let (x, w): (*const f32, *const S::Bytes) = (t.x.as_ptr().cast(), t.w.as_ptr());
        let s = *t.spans;
        // SAFETY: of `from`, which is a tap or the biases, there are as many elements as there are channels.
        let get = |from| unsafe { if MASKED { load_some(from, t.channels) } else { load(from) } };
        let mut acc: [Eight; N] = [get(t.bias.as_ptr().cast()); N];
        for row in 0..s.rows {
            for run in 0..s.runs {
                let x = x.wrapping_add(row * s.x_row + run * s.x_run);
                let w = w.wrapping_add(row * s.w_row + run * s.w_run);
                // SAFETY: the weights of this tap.
                let weight = unsafe { if MASKED { S::load_some(w, t.channels) } else { S::load(w) } };
                for (n, sum) in acc.iter_mut().enumerate() {
                    let value = get(x.wrapping_add(n * t.x_pixel));
                    *sum = [vfmaq_f32(sum[0], value[0], weight[0]), vfmaq_f32(sum[1], value[1], weight[1])];
                }
            }
        }
        for (n, sum) in acc.into_iter().enumerate() {
            // SAFETY: the channels of pixel `n`.
            unsafe { store(out.wrapping_add(n * t.out_pixel), apply(t.clamp, sum), t.channels) };
        }
    }
}
