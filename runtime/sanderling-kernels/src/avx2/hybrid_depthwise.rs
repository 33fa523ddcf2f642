//! Depthwise convolution of f32 images with int8 weights: sixteen channels at once, two taps a product.

use core::arch::x86_64::*;

use sanderling_format::calls::HybridConv;

use super::dot_i8::tail;
use super::fixed::LANES;
use super::hybrid_conv::Finish;
use crate::scalar::quantized::hybrid::Steps;
use crate::window::Taps;

/// Most weights, which are kept in the order of taps.
const WEIGHTS: usize = 8192;
/// Channels of a block.
const BLOCK: usize = 16;

/// Every channel reads the input channel of its own.
pub struct Depthwise<'a> {
    call: &'a HybridConv,
    /// For each tap those of all channels.
    weights: [u8; WEIGHTS],
    /// The integer of 0 in the image.
    zero: i32,
    finish: Finish<'a>,
}

impl<'a> Depthwise<'a> {
    /// Whether it can run a call.
    pub fn serves(call: &HybridConv) -> bool {
        let w = &call.window;
        let weights = w.kernel_h as usize * w.kernel_w as usize * w.out_c as usize;
        call.groups == w.in_c && w.in_c == w.out_c && weights <= WEIGHTS
    }

    /// Of a call that it [`serves`](Self::serves).
    pub fn new(call: &'a HybridConv, rows: &[u8], steps: &Steps, finish: Finish<'a>) -> Self {
        let w = &call.window;
        let (taps, c) = ((w.kernel_h * w.kernel_w) as usize, w.out_c as usize);
        let mut weights = [0; WEIGHTS];
        for (o, row) in rows.chunks_exact(taps).enumerate() {
            row.iter().enumerate().for_each(|(tap, &weight)| weights[tap * c + o] = weight);
        }
        Depthwise { call, weights, zero: steps.zero, finish }
    }

    #[target_feature(enable = "avx2")]
    pub fn image(&self, image: &[u8], out: &mut [[u8; 4]]) {
        let w = &self.call.window;
        let c = w.out_c as usize;
        for (oy, line) in out.chunks_exact_mut(w.out_w as usize * c).enumerate() {
            let rows = Taps::of_row(w, oy);
            for (ox, pixel) in line.chunks_exact_mut(c).enumerate() {
                let columns = Taps::of_column(w, ox);
                for (block, out) in pixel.chunks_mut(BLOCK).enumerate() {
                    let first = block * BLOCK;
                    let sums = self.sums(image, &rows, &columns, first..first + out.len());
                    let (low, high) = out.split_at_mut(out.len().min(LANES));
                    self.finish.put(first, sums[0], low);
                    if !high.is_empty() {
                        self.finish.put(first + LANES, sums[1], high);
                    }
                }
            }
        }
    }

    /// The sums of up to sixteen channels over the taps inside the image: the padding adds nothing.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn sums(&self, image: &[u8], rows: &Taps, columns: &Taps, channels: core::ops::Range<usize>) -> [__m256i; 2] {
        let w = &self.call.window;
        let c = w.out_c as usize;
        let (x_zero, w_zero) = (_mm256_set1_epi16(self.zero as i16), _mm256_set1_epi16(self.call.weight_zero as i16));
        let mut acc = [_mm256_setzero_si256(); 2];
        // A tap that waits for another to be multiplied with.
        let mut waiting: Option<[__m256i; 2]> = None;
        let add = |acc: &mut [__m256i; 2], [x, w]: [__m256i; 2], [y, v]: [__m256i; 2]| {
            let low = _mm256_madd_epi16(_mm256_unpacklo_epi16(x, y), _mm256_unpacklo_epi16(w, v));
            let high = _mm256_madd_epi16(_mm256_unpackhi_epi16(x, y), _mm256_unpackhi_epi16(w, v));
            *acc = [_mm256_add_epi32(acc[0], low), _mm256_add_epi32(acc[1], high)];
        };
        for ky in rows.inside() {
            let row = rows.at(ky, w.dilation_h) * w.in_w as usize;
            for kx in columns.inside() {
                let at = (row + columns.at(kx, w.dilation_w)) * c;
                let tap = (ky * w.kernel_w as usize + kx) * c;
                let x = _mm256_sub_epi16(load(&image[at + channels.start..at + channels.end]), x_zero);
                let w = _mm256_sub_epi16(load(&self.weights[tap + channels.start..tap + channels.end]), w_zero);
                match waiting.take() {
                    None => waiting = Some([x, w]),
                    Some(before) => add(&mut acc, before, [x, w]),
                }
            }
        }
        if let Some(last) = waiting {
            add(&mut acc, last, [_mm256_setzero_si256(); 2]);
        }
        // Each half of a vector was interleaved by itself.
        [_mm256_permute2x128_si256(acc[0], acc[1], 0x20), _mm256_permute2x128_si256(acc[0], acc[1], 0x31)]
    }
}

/// Up to sixteen bytes, widened.
#[target_feature(enable = "avx2")]
#[inline]
fn load(bytes: &[u8]) -> __m256i {
    _mm256_cvtepi8_epi16(match bytes.first_chunk::<BLOCK>() {
        // SAFETY: sixteen bytes.
        Some(all) => unsafe { _mm_loadu_si128(all.as_ptr().cast()) },
        // SAFETY: as many bytes as the slice has.
        None => unsafe { tail(bytes.as_ptr(), bytes.len()) },
    })
}
