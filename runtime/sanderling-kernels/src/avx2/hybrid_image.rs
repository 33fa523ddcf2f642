//! f32 images to bytes, eight values at once, as the scalar twin does it.

use core::arch::x86_64::*;

use super::fixed::LANES;
use crate::scalar::quantized::hybrid::Steps;
use crate::tiles::Float;

/// Writes the integers of an image, a byte each; how they were made.
#[target_feature(enable = "avx2")]
pub fn quantize(rule: u32, image: &[Float], out: &mut [u8]) -> Steps {
    let (least, largest) = bounds(image);
    let steps = Steps::new(rule, least, largest);
    let (blocks, rest) = image.as_chunks::<LANES>();
    let (outputs, last) = out.as_chunks_mut::<LANES>();
    for (block, out) in blocks.iter().zip(outputs) {
        *out = integers(&steps, load(block));
    }
    last.iter_mut().zip(integers(&steps, load(&filled(rest)))).for_each(|(to, from)| *to = from);
    steps
}

/// The least and the largest value and 0; what is not a number counts as none.
#[target_feature(enable = "avx2")]
fn bounds(image: &[Float]) -> (f32, f32) {
    let mut least = [_mm256_setzero_ps(); 2];
    let mut largest = least;
    let (pairs, rest) = image.as_chunks::<{ 2 * LANES }>();
    let (blocks, rest) = rest.as_chunks::<LANES>();
    let mut add = |i: usize, v: __m256| {
        // Of two that do not compare the second is taken.
        least[i] = _mm256_min_ps(v, least[i]);
        largest[i] = _mm256_max_ps(v, largest[i]);
    };
    for pair in pairs {
        let (halves, _) = pair.as_chunks::<LANES>();
        halves.iter().enumerate().for_each(|(i, half)| add(i, load(half)));
    }
    blocks.iter().for_each(|block| add(0, load(block)));
    add(0, load(&filled(rest)));
    let least = lanes(_mm256_min_ps(least[0], least[1]));
    let largest = lanes(_mm256_max_ps(largest[0], largest[1]));
    (least.into_iter().fold(0.0, f32::min), largest.into_iter().fold(0.0, f32::max))
}

/// The bytes of eight values: to nearest, halves away from zero, what is not a number 0.
#[target_feature(enable = "avx2")]
#[inline]
fn integers(steps: &Steps, v: __m256) -> [u8; LANES] {
    let scaled = _mm256_add_ps(_mm256_set1_ps(steps.zero as f32), _mm256_mul_ps(v, _mm256_set1_ps(steps.inverse)));
    let scaled = _mm256_and_ps(scaled, _mm256_cmp_ps(scaled, scaled, _CMP_ORD_Q));
    let whole = _mm256_round_ps(scaled, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC);
    let fraction = _mm256_sub_ps(scaled, whole);
    let one = _mm256_set1_ps(1.0);
    let up = _mm256_and_ps(_mm256_cmp_ps(fraction, _mm256_set1_ps(0.5), _CMP_GE_OQ), one);
    let down = _mm256_and_ps(_mm256_cmp_ps(fraction, _mm256_set1_ps(-0.5), _CMP_LE_OQ), one);
    let nearest = _mm256_sub_ps(_mm256_add_ps(whole, up), down);
    let inside = _mm256_min_ps(_mm256_max_ps(nearest, _mm256_set1_ps(steps.low as f32)), _mm256_set1_ps(127.0));
    let words = _mm256_cvttps_epi32(inside);
    let halves = _mm_packs_epi32(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
    _mm_cvtsi128_si64(_mm_packs_epi16(halves, halves)).to_le_bytes()
}

#[target_feature(enable = "avx2")]
#[inline]
fn load(values: &[Float; LANES]) -> __m256 {
    // SAFETY: eight values of four bytes.
    unsafe { _mm256_loadu_ps(values.as_ptr().cast()) }
}

/// Fewer than eight values, and zeros behind them.
fn filled(rest: &[Float]) -> [Float; LANES] {
    let mut all = [[0; 4]; LANES];
    all.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    all
}

#[target_feature(enable = "avx2")]
fn lanes(v: __m256) -> [f32; LANES] {
    let mut all = [0.0; LANES];
    // SAFETY: `all` is a vector long.
    unsafe { _mm256_storeu_ps(all.as_mut_ptr(), v) };
    all
}
