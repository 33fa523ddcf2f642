//! Bilinear resizing of int8 images, eight channels at once.

use core::arch::x86_64::*;

use sanderling_format::calls::ResizeI8;

use super::Avx2;
use super::fixed::{LANES, get, put};
use crate::kernel::{Operands, Runs};
use crate::scalar::quantized::resize::{Pixels, RESIZE_BITS, resize};

impl Runs<ResizeI8> for Avx2 {
    fn run(call: &ResizeI8, operands: Operands<'_>) {
        resize::<Avx2>(call, operands);
    }
}

impl Pixels for Avx2 {
    fn fixed(corners: [&[u8]; 4], wy: [i32; 2], wx: [i32; 2], out: &mut [u8]) {
        // SAFETY: `Avx2` is reached through `detect` alone.
        unsafe { fixed(corners, wy, wx, out) }
    }

    fn single(corners: [&[u8]; 4], wy: [f32; 2], wx: [f32; 2], out: &mut [u8]) {
        // SAFETY: as above.
        unsafe { single(corners, wy, wx, out) }
    }
}

#[target_feature(enable = "avx2")]
fn fixed(corners: [&[u8]; 4], wy: [i32; 2], wx: [i32; 2], out: &mut [u8]) {
    const ONE: i32 = 1 << (2 * RESIZE_BITS);
    let weights = [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(y, x): (usize, usize)| wy[y].wrapping_mul(wx[x]));
    for (block, out) in out.chunks_mut(LANES).enumerate() {
        let mut sum = _mm256_setzero_si256();
        for (corner, weight) in corners.iter().zip(weights) {
            let v = _mm256_cvtepi8_epi32(get(&corner[block * LANES..][..out.len()]));
            sum = _mm256_add_epi32(sum, _mm256_mullo_epi32(v, _mm256_set1_epi32(weight)));
        }
        // Half of the divisor with the sign of the sum, then toward zero.
        let positive = _mm256_cmpgt_epi32(sum, _mm256_setzero_si256());
        let half = _mm256_blendv_epi8(_mm256_set1_epi32(-ONE / 2), _mm256_set1_epi32(ONE / 2), positive);
        let sum = _mm256_add_epi32(sum, half);
        let toward_zero = _mm256_and_si256(_mm256_srai_epi32(sum, 31), _mm256_set1_epi32(ONE - 1));
        let values = _mm256_srai_epi32(_mm256_add_epi32(sum, toward_zero), 2 * RESIZE_BITS as i32);
        put_low_bytes(out, values, 0);
    }
}

#[target_feature(enable = "avx2")]
fn single(corners: [&[u8]; 4], wy: [f32; 2], wx: [f32; 2], out: &mut [u8]) {
    let order: [(usize, usize); 4] = [(0, 0), (1, 0), (0, 1), (1, 1)];
    for (block, out) in out.chunks_mut(LANES).enumerate() {
        let mut terms = [_mm256_setzero_ps(); 4];
        for ((term, corner), (y, x)) in terms.iter_mut().zip(corners).zip(order) {
            let bytes = _mm_xor_si128(get(&corner[block * LANES..][..out.len()]), _mm_set1_epi8(-128));
            let v = _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(bytes));
            *term = _mm256_mul_ps(_mm256_mul_ps(v, _mm256_set1_ps(wy[y])), _mm256_set1_ps(wx[x]));
        }
        // In the order of the scalar twin.
        let sum = _mm256_add_ps(_mm256_add_ps(_mm256_add_ps(terms[0], terms[1]), terms[2]), terms[3]);
        put_low_bytes(out, _mm256_cvttps_epi32(rounded(sum)), 0x80);
    }
}

/// To the nearest integer, halves away from zero, for numbers that an i32 holds.
#[target_feature(enable = "avx2")]
#[inline]
fn rounded(v: __m256) -> __m256 {
    let whole = _mm256_round_ps(v, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC);
    let fraction = _mm256_sub_ps(v, whole);
    let one = _mm256_set1_ps(1.0);
    let up = _mm256_and_ps(_mm256_cmp_ps(fraction, _mm256_set1_ps(0.5), _CMP_GE_OQ), one);
    let down = _mm256_and_ps(_mm256_cmp_ps(fraction, _mm256_set1_ps(-0.5), _CMP_LE_OQ), one);
    _mm256_sub_ps(_mm256_add_ps(whole, up), down)
}

/// The lowest byte of each lane, with the bits of `flip` flipped, for as many lanes as `out` is long.
#[target_feature(enable = "avx2")]
#[inline]
fn put_low_bytes(out: &mut [u8], values: __m256i, flip: u8) {
    let values = _mm256_and_si256(values, _mm256_set1_epi32(0xff));
    let words = _mm_packus_epi32(_mm256_castsi256_si128(values), _mm256_extracti128_si256(values, 1));
    let bytes = _mm_xor_si128(_mm_packus_epi16(words, words), _mm_set1_epi8(flip as i8));
    put(out, bytes);
}
