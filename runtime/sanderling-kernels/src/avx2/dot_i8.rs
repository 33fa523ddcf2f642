//! Products of int8 vectors: widened to 16 bits, 16 taps at a time.

use core::arch::x86_64::*;

use super::fixed::LANES;

/// Rows whose sums are in registers at once.
const ROWS: usize = 4;

/// Up to eight rows against `N` columns: each column's sums, one a lane. Lanes beyond the rows repeat the last.
///
/// `rows` are as long as the columns, one behind the other.
#[target_feature(enable = "avx2")]
#[inline]
pub fn dots<const N: usize>(rows: &[u8], columns: [&[u8]; N]) -> [__m256i; N] {
    let n = columns[0].len();
    let count = rows.len() / n.max(1);
    if count == 0 || columns.iter().any(|c| c.len() != n) {
        return [_mm256_setzero_si256(); N];
    }
    let row = |r: usize| rows[r.min(count - 1) * n..].as_ptr();
    let columns = columns.map(<[u8]>::as_ptr);
    // SAFETY: every row and column has `n` bytes.
    let low = unsafe { four::<N>([0, 1, 2, 3].map(row), columns, n) };
    // SAFETY: as above.
    let high = if count > ROWS { unsafe { four::<N>([4, 5, 6, 7].map(row), columns, n) } } else { low };
    let mut sums = [_mm256_setzero_si256(); N];
    for ((sums, low), high) in sums.iter_mut().zip(low).zip(high) {
        *sums = _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
    }
    sums
}

const _: () = assert!(LANES == 2 * ROWS);

/// Four rows against `N` columns: each column's four sums.
///
/// # Safety
/// All point to `n` bytes.
#[target_feature(enable = "avx2")]
#[inline]
unsafe fn four<const N: usize>(rows: [*const u8; ROWS], columns: [*const u8; N], n: usize) -> [__m128i; N] {
    let mut acc = [[_mm256_setzero_si256(); ROWS]; N];
    let whole = n - n % 16;
    for k in (0..whole).step_by(16) {
        // SAFETY: 16 bytes at `k` lie inside every row and column.
        let wide = |p: *const u8| unsafe { _mm256_cvtepi8_epi16(_mm_loadu_si128(p.wrapping_add(k).cast())) };
        let x = columns.map(wide);
        for (r, row) in rows.into_iter().enumerate() {
            let w = wide(row);
            for (acc, x) in acc.iter_mut().zip(x) {
                acc[r] = _mm256_add_epi32(acc[r], _mm256_madd_epi16(w, x));
            }
        }
    }
    if whole < n {
        // SAFETY: the bytes from `whole` to `n`.
        let wide = |p: *const u8| unsafe { _mm256_cvtepi8_epi16(tail(p.wrapping_add(whole), n - whole)) };
        let x = columns.map(wide);
        for (r, row) in rows.into_iter().enumerate() {
            let w = wide(row);
            for (acc, x) in acc.iter_mut().zip(x) {
                acc[r] = _mm256_add_epi32(acc[r], _mm256_madd_epi16(w, x));
            }
        }
    }
    let mut sums = [_mm_setzero_si128(); N];
    for (sums, [a, b, c, d]) in sums.iter_mut().zip(acc) {
        let pairs = _mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d));
        *sums = _mm_add_epi32(_mm256_castsi256_si128(pairs), _mm256_extracti128_si256(pairs, 1));
    }
    sums
}

/// `n` bytes, below 16, and zeros behind them.
///
/// # Safety
/// `from` points to `n` bytes.
#[target_feature(enable = "avx2")]
#[inline]
pub unsafe fn tail(from: *const u8, n: usize) -> __m128i {
    if n.is_multiple_of(4) {
        let lanes = _mm_cmpgt_epi32(_mm_set1_epi32((n / 4) as i32), _mm_setr_epi32(0, 1, 2, 3));
        // SAFETY: as many words as the mask has lanes are there.
        return unsafe { _mm_maskload_epi32(from.cast(), lanes) };
    }
    let mut all = [0u8; 16];
    // SAFETY: `n` bytes are there and fit.
    unsafe { core::ptr::copy_nonoverlapping(from, all.as_mut_ptr(), n.min(16)) };
    // SAFETY: `all` has sixteen bytes.
    unsafe { _mm_loadu_si128(all.as_ptr().cast()) }
}

/// The sum of the bytes of a column.
#[target_feature(enable = "avx2")]
pub fn column_sum(column: &[u8]) -> i32 {
    column.iter().fold(0, |sum: i32, &x| sum.wrapping_add(i32::from(x as i8)))
}
