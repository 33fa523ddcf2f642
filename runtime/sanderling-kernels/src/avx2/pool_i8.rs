//! int8 pooling, sixteen channels at once.

use core::arch::x86_64::*;

use sanderling_format::calls::{AvgPoolI8, Clamp, MaxPoolI8, Window};

use super::Avx2;
use super::fixed::{get, put};
use crate::kernel::{Operands, Runs};
use crate::scalar::Scalar;
use crate::tiles::fits;
use crate::window::Taps;

/// Channels taken at once.
const BLOCK: usize = 16;
/// Most taps whose sum fits an i32 whatever they are.
const TAPS: usize = 1 << 23;

impl Runs<AvgPoolI8> for Avx2 {
    fn run(call: &AvgPoolI8, operands: Operands<'_>) {
        let w = &call.window;
        if !fits(call, &operands) || (w.kernel_h as usize).saturating_mul(w.kernel_w as usize) > TAPS {
            return Scalar::run(call, operands);
        }
        // SAFETY: `Avx2` is reached through `detect` alone.
        unsafe { average(w, &call.clamp, operands) }
    }
}

impl Runs<MaxPoolI8> for Avx2 {
    fn run(call: &MaxPoolI8, operands: Operands<'_>) {
        if !fits(call, &operands) {
            return Scalar::run(call, operands);
        }
        // SAFETY: `Avx2` is reached through `detect` alone.
        unsafe { maximum(&call.window, &call.clamp, operands) }
    }
}

#[target_feature(enable = "avx2")]
fn average(w: &Window, clamp: &Clamp, operands: Operands<'_>) {
    for_each_block(w, operands, |image, taps, out| {
        let mut sums = [_mm256_setzero_si256(); 2];
        let mut count = 0i32;
        for at in taps {
            let wide = _mm256_cvtepi8_epi16(get(&image[at..at + out.len()]));
            let halves = [_mm256_castsi256_si128(wide), _mm256_extracti128_si256(wide, 1)];
            for (sum, half) in sums.iter_mut().zip(halves) {
                *sum = _mm256_add_epi32(*sum, _mm256_cvtepi16_epi32(half));
            }
            count += 1;
        }
        let mut lanes = [0i32; BLOCK];
        for (to, sum) in lanes.as_chunks_mut::<8>().0.iter_mut().zip(sums) {
            // SAFETY: eight lanes.
            unsafe { _mm256_storeu_si256(to.as_mut_ptr().cast(), sum) };
        }
        for (out, sum) in out.iter_mut().zip(lanes) {
            let half = if sum > 0 { count / 2 } else { -(count / 2) };
            let mean = (sum + half).checked_div(count).unwrap_or(0);
            *out = mean.clamp(clamp.low, clamp.high) as u8;
        }
    });
}

#[target_feature(enable = "avx2")]
fn maximum(w: &Window, clamp: &Clamp, operands: Operands<'_>) {
    let (low, high) = (_mm_set1_epi8(clamp.low as i8), _mm_set1_epi8(clamp.high as i8));
    for_each_block(w, operands, |image, taps, out| {
        let mut largest = low;
        for at in taps {
            largest = _mm_max_epi8(largest, get(&image[at..at + out.len()]));
        }
        put(out, _mm_min_epi8(largest, high));
    });
}

/// Calls `reduce` for up to sixteen channels of a pixel with the image, where these lie in each tap inside it, and the
/// place of the results.
#[inline(always)]
fn for_each_block(
    w: &Window,
    operands: Operands<'_>,
    reduce: impl Fn(&[u8], &mut dyn Iterator<Item = usize>, &mut [u8]),
) {
    let Operands { reads: [input, ..], output, .. } = operands;
    let (c, in_w) = (w.in_c as usize, w.in_w as usize);
    let line_len = w.out_w as usize * c;
    let images = input.chunks_exact(w.in_h as usize * in_w * c);
    for (image, out) in images.zip(output.chunks_exact_mut(w.out_h as usize * line_len)) {
        for (oy, line) in out.chunks_exact_mut(line_len).enumerate() {
            let rows = Taps::of_row(w, oy);
            for (ox, pixel) in line.chunks_exact_mut(c).enumerate() {
                let columns = Taps::of_column(w, ox);
                for (block, out) in pixel.chunks_mut(BLOCK).enumerate() {
                    let mut taps = rows.inside().flat_map(|ky| {
                        let row = rows.at(ky, w.dilation_h) * in_w;
                        let at = move |kx| (row + columns.at(kx, w.dilation_w)) * c + block * BLOCK;
                        columns.inside().map(at)
                    });
                    reduce(image, &mut taps, out);
                }
            }
        }
    }
}
