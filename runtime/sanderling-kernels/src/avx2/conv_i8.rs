//! int8 convolution: four weight rows against one or two columns, widened to 16 bits, 16 taps at a time.

use core::arch::x86_64::*;

use sanderling_format::calls::Conv2dI8;

use super::Avx2;
use crate::kernel::{Operands, Runs};
use crate::scalar::{Columns, Layer, convolve, dot};

/// Weight rows taken at once.
const ROWS: usize = 4;

impl Runs<Conv2dI8> for Avx2 {
    fn run(call: &Conv2dI8, operands: Operands<'_>) {
        convolve::<Avx2>(call, operands);
    }
}

impl Columns for Avx2 {
    fn pair(layer: &Layer<'_>, columns: &[u8], (a, b): (&mut [u8], &mut [u8])) {
        all_rows::<2>(layer, columns, [a, b]);
    }

    fn single(layer: &Layer<'_>, column: &[u8], out: &mut [u8]) {
        all_rows::<1>(layer, column, [out]);
    }
}

/// All channels of `N` columns.
fn all_rows<const N: usize>(layer: &Layer<'_>, columns: &[u8], mut out: [&mut [u8]; N]) {
    let n = layer.call.row_bytes as usize;
    assert!(columns.len() >= N * n);
    let blocks = layer.weights.chunks_exact(ROWS * n);
    let rest = blocks.remainder().chunks_exact(n);
    let mut o = 0;
    for rows in blocks {
        // SAFETY: `Avx2` is reached through `detect` alone; `rows` has four rows, and `columns` is long enough as just
        // checked.
        let sums = unsafe { dots::<N>(rows.as_ptr(), columns.as_ptr(), n) };
        for (out, sums) in out.iter_mut().zip(sums) {
            for (i, sum) in sums.into_iter().enumerate() {
                out[o + i] = layer.requantize(&layer.channels[o + i], sum);
            }
        }
        o += ROWS;
    }
    for row in rest {
        for (out, column) in out.iter_mut().zip(columns.chunks_exact(n)) {
            out[o] = layer.requantize(&layer.channels[o], dot(row, column));
        }
        o += 1;
    }
}

/// Four rows against `N` columns, all of `n` bytes.
///
/// # Safety
/// The CPU has AVX2; `rows` points to `4 * n` bytes and `columns` to `N * n`.
#[target_feature(enable = "avx2")]
unsafe fn dots<const N: usize>(rows: *const u8, columns: *const u8, n: usize) -> [[i32; ROWS]; N] {
    let mut acc = [[_mm256_setzero_si256(); ROWS]; N];
    let whole = n - n % 16;
    for k in (0..whole).step_by(16) {
        // SAFETY: 16 bytes at `k` lie inside every row and column.
        let wide = |p: *const u8| unsafe { _mm256_cvtepi8_epi16(_mm_loadu_si128(p.cast())) };
        let x: [__m256i; N] = core::array::from_fn(|c| wide(columns.wrapping_add(c * n + k)));
        let w: [__m256i; ROWS] = core::array::from_fn(|r| wide(rows.wrapping_add(r * n + k)));
        for (acc, x) in acc.iter_mut().zip(x) {
            for (acc, w) in acc.iter_mut().zip(w) {
                *acc = _mm256_add_epi32(*acc, _mm256_madd_epi16(w, x));
            }
        }
    }
    let mut sums: [[i32; ROWS]; N] = core::array::from_fn(|c| horizontal(acc[c]));
    for k in whole..n {
        for (c, sums) in sums.iter_mut().enumerate() {
            // SAFETY: `k` is below `n`.
            let at = |p: *const u8, i: usize| i32::from(unsafe { *p.add(i) } as i8);
            let x = at(columns, c * n + k);
            for (r, sum) in sums.iter_mut().enumerate() {
                *sum = sum.wrapping_add(at(rows, r * n + k) * x);
            }
        }
    }
    sums
}

/// The sum of the lanes of each of four vectors.
#[target_feature(enable = "avx2")]
fn horizontal(v: [__m256i; ROWS]) -> [i32; ROWS] {
    let pairs = _mm256_hadd_epi32(_mm256_hadd_epi32(v[0], v[1]), _mm256_hadd_epi32(v[2], v[3]));
    let sum = _mm_add_epi32(_mm256_castsi256_si128(pairs), _mm256_extracti128_si256(pairs, 1));
    let mut out = [0; ROWS];
    // SAFETY: `out` has 16 bytes.
    unsafe { _mm_storeu_si128(out.as_mut_ptr().cast(), sum) };
    out
}
