//! int8 depthwise convolution: sixteen channels at once, two taps a product.

use core::arch::x86_64::*;
use core::ops::Range;

use sanderling_format::calls::DepthwiseI8;

use super::Avx2;
use super::dot_i8::tail;
use super::fixed::{Bytes, Channels, LANES, put};
use crate::fixed::Channel;
use crate::kernel::{Operands, Runs};
use crate::scalar::Scalar;
use crate::tiles::{fits, interior};
use crate::window::Taps;

/// Most pairs of taps whose weights are kept widened; windows of more are left to the scalar twin.
const PAIRS: usize = 32;
/// Channels of a block.
const BLOCK: usize = 16;

impl Runs<DepthwiseI8> for Avx2 {
    fn run(call: &DepthwiseI8, operands: Operands<'_>) {
        let w = &call.window;
        let taps = w.kernel_h as usize * w.kernel_w as usize;
        if w.in_c != w.out_c || taps > 2 * PAIRS || !fits(call, &operands) {
            return Scalar::run(call, operands);
        }
        // SAFETY: `Avx2` is reached through `detect` alone; the operands are as the call says, and all taps have a place.
        unsafe { if taps == 9 { depthwise::<5>(call, operands) } else { depthwise::<PAIRS>(call, operands) } }
    }
}

/// All images.
///
/// # Safety
/// The operands have the sizes of the call's accesses; the window has at most `2 * P` taps and a channel multiplier of 1.
#[target_feature(enable = "avx2")]
unsafe fn depthwise<const P: usize>(call: &DepthwiseI8, operands: Operands<'_>) {
    let Operands { reads: [input, weights, channels, ..], output, .. } = operands;
    let w = &call.window;
    let c = w.out_c as usize;
    let line_len = w.out_w as usize * c;
    let inside = interior(w);
    let (channels, _) = channels.as_chunks();
    let images = input.chunks_exact(w.in_h as usize * w.in_w as usize * c);
    for (image, out) in images.zip(output.chunks_exact_mut(w.out_h as usize * line_len)) {
        for (oy, line) in out.chunks_exact_mut(line_len).enumerate() {
            let rows = Taps::of_row(w, oy);
            for first in (0..c).step_by(BLOCK) {
                let block = Block::<P>::new(call, weights, channels, first);
                let mut ox = 0;
                while ox < w.out_w as usize {
                    let count = if ox == inside.start { inside.len().max(1) } else { 1 };
                    let columns = Taps::of_column(w, ox);
                    // SAFETY: the pixels have the same taps; image and operands are those of the call.
                    unsafe { block.pixels(image, &rows, &columns, &mut line[ox * c + first..], count) };
                    ox += count;
                }
            }
        }
    }
}

/// Up to sixteen channels of a window of at most `P` pairs of taps.
struct Block<'a, const P: usize> {
    call: &'a DepthwiseI8,
    /// Channels, of this block and of a pixel.
    len: usize,
    c: usize,
    /// The first of them.
    first: usize,
    /// For each two taps the weights of both, side by side, of eight channels and of eight more.
    weights: [[__m256i; 2]; P],
    channels: [Channels; 2],
}

impl<'a, const P: usize> Block<'a, P> {
    #[target_feature(enable = "avx2")]
    fn new(call: &'a DepthwiseI8, weights: &[u8], channels: &[[u8; Channel::BYTES]], first: usize) -> Self {
        let c = call.window.out_c as usize;
        let len = (c - first).min(BLOCK);
        let zero = _mm256_set1_epi16(call.weight_zero as i16);
        let mut pairs = [[_mm256_setzero_si256(); 2]; P];
        let mut rows = weights.chunks_exact(c).map(|row| &row[first..first + len]);
        for pair in &mut pairs {
            let Some(a) = rows.next() else { break };
            let b = rows.next();
            // Where the last pair has one tap, the other's weights less their zero point are 0.
            let b = match b {
                Some(b) => load(b),
                None => _mm_set1_epi8(call.weight_zero as i8),
            };
            *pair = widen(load(a), b).map(|w| _mm256_sub_epi16(w, zero));
        }
        let channels = &channels[first..first + len];
        let (low, high) = channels.split_at(len.min(LANES));
        Block { call, len, c, first, weights: pairs, channels: [Channels::new(low), Channels::new(high)] }
    }

    /// `count` pixels that have the same taps inside the image.
    ///
    /// # Safety
    /// `image` is one of the call's, and the taps are those of the pixels of `out`.
    #[target_feature(enable = "avx2")]
    unsafe fn pixels(&self, image: &[u8], rows: &Taps, columns: &Taps, out: &mut [u8], count: usize) {
        let w = &self.call.window;
        let fill = [self.call.input_zero as u8; BLOCK];
        let taps = w.kernel_h as usize * w.kernel_w as usize;
        // Where the first pixel's taps lie, and how far the next one's: nowhere outside the image.
        let mut at = [[(fill.as_ptr(), 0usize); 2]; P];
        let step = w.stride_w as usize * self.c;
        for ky in rows.inside() {
            let row = rows.at(ky, w.dilation_h) * w.in_w as usize;
            for kx in columns.inside() {
                let pixel = row + columns.at(kx, w.dilation_w);
                let tap = ky * w.kernel_w as usize + kx;
                at[tap / 2][tap % 2] = (image[pixel * self.c + self.first..].as_ptr(), step);
            }
        }
        let at = &at[..taps.div_ceil(2)];
        // SAFETY: each tap inside the image points to the channels of its pixel, and so do those of the pixels behind it,
        // which all have the taps of the first; the others point to `fill`.
        unsafe {
            match self.len {
                BLOCK => self.run::<BLOCK>(at, 0..count, out),
                LANES => self.run::<LANES>(at, 0..count, out),
                _ => self.run::<0>(at, 0..count, out),
            }
        }
    }

    /// With `LEN` channels, where that is not 0.
    ///
    /// # Safety
    /// For each pixel, `len` bytes are where `at` says.
    #[target_feature(enable = "avx2")]
    #[inline]
    unsafe fn run<const LEN: usize>(&self, at: &[[(*const u8, usize); 2]], pixels: Range<usize>, out: &mut [u8]) {
        let bytes = Bytes::new(&self.call.clamp);
        let len = if LEN == 0 { self.len } else { LEN };
        for pixel in pixels {
            let mut acc = [_mm256_setzero_si256(); 2];
            for (places, weights) in at.iter().zip(&self.weights) {
                // SAFETY: as the caller says.
                let [a, b] = places.map(|(from, step)| unsafe { load_at::<LEN>(from.wrapping_add(pixel * step), len) });
                if LEN == LANES {
                    let x = _mm256_cvtepi8_epi16(_mm_unpacklo_epi8(a, b));
                    acc[0] = _mm256_add_epi32(acc[0], _mm256_madd_epi16(x, weights[0]));
                } else {
                    for ((acc, x), weights) in acc.iter_mut().zip(widen(a, b)).zip(weights) {
                        *acc = _mm256_add_epi32(*acc, _mm256_madd_epi16(x, *weights));
                    }
                }
            }
            let low = self.channels[0].scaled(acc[0], self.call.rounding);
            let result = match LEN {
                LANES => bytes.eight(low),
                _ => bytes.sixteen(low, self.channels[1].scaled(acc[1], self.call.rounding)),
            };
            put(&mut out[pixel * self.c..][..len], result);
        }
    }
}

/// Bytes of two taps, side by side and widened, for eight channels and for eight more.
#[target_feature(enable = "avx2")]
#[inline]
fn widen(a: __m128i, b: __m128i) -> [__m256i; 2] {
    [_mm256_cvtepi8_epi16(_mm_unpacklo_epi8(a, b)), _mm256_cvtepi8_epi16(_mm_unpackhi_epi8(a, b))]
}

/// The first sixteen bytes, or as many as there are.
#[target_feature(enable = "avx2")]
#[inline]
fn load(from: &[u8]) -> __m128i {
    match from.first_chunk::<BLOCK>() {
        // SAFETY: sixteen bytes.
        Some(all) => unsafe { _mm_loadu_si128(all.as_ptr().cast()) },
        // SAFETY: as many bytes as the slice has.
        None => unsafe { tail(from.as_ptr(), from.len()) },
    }
}

/// The bytes of `LEN` channels, or where that is 0 of `len`.
///
/// # Safety
/// They are there.
#[target_feature(enable = "avx2")]
#[inline]
unsafe fn load_at<const LEN: usize>(from: *const u8, len: usize) -> __m128i {
    // SAFETY: as the caller says.
    unsafe {
        match LEN {
            BLOCK => _mm_loadu_si128(from.cast()),
            LANES => _mm_loadl_epi64(from.cast()),
            _ => tail(from, len),
        }
    }
}
