//! f32 images times int8 weights: eight channels of one or two pixels at once.

use core::arch::x86_64::*;

use sanderling_format::calls::HybridConv;

use super::Avx2;
use super::dot_i8::{column_sum, dots};
use super::fixed::LANES;
use super::hybrid_depthwise::Depthwise;
use super::hybrid_image::quantize;
use crate::kernel::{Operands, Runs};
use crate::scalar::Scalar;
use crate::scalar::quantized::hybrid::{FULLY_CONNECTED, Steps};
use crate::tiles::fits;
use crate::window::{Taps, gather};

/// Most taps of a column that is gathered.
const TAPS: usize = 2048;
/// Most channels whose sums of weights are kept.
const CHANNELS: usize = 2048;

impl Runs<HybridConv> for Avx2 {
    fn run(call: &HybridConv, operands: Operands<'_>) {
        let w = &call.window;
        let taps = w.kernel_h as usize * w.kernel_w as usize * w.in_c as usize;
        let is_whole = HybridConv::scratch_bytes(w) == u32::try_from(operands.scratch.len()).ok();
        let is_dense = call.groups == 1 && (taps <= TAPS || w.is_pointwise()) && w.out_c as usize <= CHANNELS;
        if !is_whole || !fits(call, &operands) || !(is_dense || Depthwise::serves(call)) {
            return Scalar::run(call, operands);
        }
        // SAFETY: `Avx2` is reached through `detect` alone.
        unsafe { convolve(call, operands, is_dense) }
    }
}

/// All images.
#[target_feature(enable = "avx2")]
fn convolve(call: &HybridConv, operands: Operands<'_>, is_dense: bool) {
    let Operands { reads: [input, weights, channels, ..], output, scratch } = operands;
    let w = &call.window;
    let out_len = (w.out_h * w.out_w * w.out_c) as usize;
    let images = input.as_chunks::<4>().0.chunks_exact(scratch.len());
    for (image, out) in images.zip(output.as_chunks_mut().0.chunks_exact_mut(out_len)) {
        let steps = quantize(call.rule, image, scratch);
        let finish = Finish { call, channels: channels.as_chunks().0, scale: steps.scale };
        if is_dense {
            Dense::new(call, weights, &steps, finish).image(scratch, out);
        } else {
            Depthwise::new(call, weights, &steps, finish).image(scratch, out);
        }
    }
}

/// From sums to values.
pub struct Finish<'a> {
    call: &'a HybridConv,
    /// Bias and scale of each channel.
    channels: &'a [[u8; 8]],
    /// What a step of the image is worth.
    scale: f32,
}

impl Finish<'_> {
    /// The values of up to eight channels from `first` on, as [`Scalar`] computes them.
    #[target_feature(enable = "avx2")]
    #[inline]
    pub fn put(&self, first: usize, sums: __m256i, out: &mut [[u8; 4]]) {
        let (bias, weight_scale) = self.constants(first);
        let (sums, scale) = (_mm256_cvtepi32_ps(sums), _mm256_set1_ps(self.scale));
        let value = match self.call.rule {
            FULLY_CONNECTED => _mm256_add_ps(bias, _mm256_mul_ps(sums, _mm256_mul_ps(scale, weight_scale))),
            _ => _mm256_add_ps(_mm256_mul_ps(_mm256_mul_ps(sums, weight_scale), scale), bias),
        };
        // Of two that do not compare the second is taken: what is not a number stays.
        let value = _mm256_max_ps(_mm256_set1_ps(self.call.low), value);
        let value = _mm256_min_ps(_mm256_set1_ps(self.call.high), value);
        match out.first_chunk_mut::<LANES>() {
            // SAFETY: eight values have room.
            Some(out) => unsafe { _mm256_storeu_ps(out.as_mut_ptr().cast(), value) },
            None => {
                let mut all = [[0; 4]; LANES];
                // SAFETY: as above.
                unsafe { _mm256_storeu_ps(all.as_mut_ptr().cast(), value) };
                out.iter_mut().zip(all).for_each(|(to, from)| *to = from);
            }
        }
    }

    /// Biases and scales of eight channels, zeros behind the last.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn constants(&self, first: usize) -> (__m256, __m256) {
        let channels = &self.channels[first..];
        let mut all = [[0; 8]; LANES];
        let at: *const f32 = match channels.first_chunk::<LANES>() {
            Some(eight) => eight.as_ptr().cast(),
            None => {
                all.iter_mut().zip(channels).for_each(|(to, from)| *to = *from);
                all.as_ptr().cast()
            }
        };
        // SAFETY: eight channels are two vectors.
        let (a, b) = unsafe { (_mm256_loadu_ps(at), _mm256_loadu_ps(at.wrapping_add(LANES))) };
        let order = |v| _mm256_castpd_ps(_mm256_permute4x64_pd(_mm256_castps_pd(v), 0b11_01_10_00));
        (order(_mm256_shuffle_ps(a, b, 0b10_00_10_00)), order(_mm256_shuffle_ps(a, b, 0b11_01_11_01)))
    }
}

/// Every output channel reads every input channel.
struct Dense<'a> {
    call: &'a HybridConv,
    weights: &'a [u8],
    /// The integer of 0 in the image.
    zero: i32,
    /// What the zero points add to the sums of each channel, with its sign turned.
    excess: [i32; CHANNELS],
    finish: Finish<'a>,
}

impl<'a> Dense<'a> {
    #[target_feature(enable = "avx2")]
    fn new(call: &'a HybridConv, weights: &'a [u8], steps: &Steps, finish: Finish<'a>) -> Self {
        let w = &call.window;
        let taps = (w.kernel_h * w.kernel_w * w.in_c) as usize;
        let mut excess = [0i32; CHANNELS];
        if steps.zero != 0 {
            for (excess, row) in excess.iter_mut().zip(weights.chunks_exact(taps)) {
                let sum = column_sum(row).wrapping_sub((taps as i32).wrapping_mul(call.weight_zero));
                *excess = sum.wrapping_mul(steps.zero);
            }
        }
        Dense { call, weights, zero: steps.zero, excess, finish }
    }

    #[target_feature(enable = "avx2")]
    fn image(&self, image: &[u8], out: &mut [[u8; 4]]) {
        let w = &self.call.window;
        let (out_c, in_c) = (w.out_c as usize, w.in_c as usize);
        let taps = (w.kernel_h * w.kernel_w) as usize * in_c;
        if w.is_pointwise() {
            for (columns, out) in image.chunks(2 * in_c).zip(out.chunks_mut(2 * out_c)) {
                self.columns(columns, taps, out);
            }
            return;
        }
        let mut waiting = [0u8; 2 * TAPS];
        for (pair, out) in out.chunks_mut(2 * out_c).enumerate() {
            let count = out.len() / out_c;
            for (i, column) in waiting.chunks_exact_mut(taps).take(count).enumerate() {
                let pixel = 2 * pair + i;
                let (rows, columns) =
                    (Taps::of_row(w, pixel / w.out_w as usize), Taps::of_column(w, pixel % w.out_w as usize));
                gather(w, image, &rows, &columns, self.zero as u8, column);
            }
            self.columns(&waiting[..count * taps], taps, out);
        }
    }

    /// All channels of one column or two.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn columns(&self, columns: &[u8], taps: usize, out: &mut [[u8; 4]]) {
        match columns.split_at(taps.min(columns.len())) {
            (one, []) => self.channels([one], out),
            both => self.channels([both.0, both.1], out),
        }
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    fn channels<const N: usize>(&self, columns: [&[u8]; N], out: &mut [[u8; 4]]) {
        let (taps, out_c) = (columns[0].len(), self.call.window.out_c as usize);
        // What the weights' zero point adds to every sum of a column.
        let more = match self.call.weight_zero {
            0 => [0; N],
            zero => columns.map(|column| column_sum(column).wrapping_mul(zero)),
        };
        for (block, rows) in self.weights.chunks(LANES * taps).enumerate() {
            let first = block * LANES;
            let sums = dots::<N>(rows, columns);
            let mut excess = [0; LANES];
            excess.iter_mut().zip(&self.excess[first..]).for_each(|(to, from)| *to = *from);
            // SAFETY: a vector of eight.
            let excess = unsafe { _mm256_loadu_si256(excess.as_ptr().cast()) };
            for ((out, sums), more) in out.chunks_exact_mut(out_c).zip(sums).zip(more) {
                let sums = _mm256_sub_epi32(_mm256_sub_epi32(sums, excess), _mm256_set1_epi32(more));
                let end = (first + LANES).min(out_c);
                self.finish.put(first, sums, &mut out[first..end]);
            }
        }
    }
}
