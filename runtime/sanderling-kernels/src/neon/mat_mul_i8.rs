//! int8 matrix products: eight columns of up to four rows, all sums in registers.

use core::arch::aarch64::*;

use sanderling_format::calls::MatMulI8;

use super::Neon;
use super::fixed::{Limits, is_plain, put, rescale};
use crate::kernel::{Operands, Runs};
use crate::scalar::Scalar;
use crate::scalar::quantized::mat_mul::products;

/// Columns taken at once.
const COLUMNS: usize = 8;

impl Runs<MatMulI8> for Neon {
    fn run(call: &MatMulI8, operands: Operands<'_>) {
        let (depth, columns) = (call.depth as usize, call.columns as usize);
        if columns < COLUMNS || depth == 0 || !is_plain(call.multiplier, call.shift) {
            return Scalar::run(call, operands);
        }
        products(call, operands, |mut a, b, mut out| {
            if b.len() != depth * columns || a.len() / depth != out.len() / columns {
                return;
            }
            while out.len() >= columns {
                // SAFETY: every CPU of this architecture has NEON. As many rows are left in `a` and `out`, all of them
                // whole, and `b` is, as just checked.
                let done = unsafe {
                    match out.len() / columns {
                        4.. => rows::<4>(call, a, b, out),
                        2.. => rows::<2>(call, a, b, out),
                        _ => rows::<1>(call, a, b, out),
                    }
                };
                a = a.get(done * depth..).unwrap_or_default();
                out = out.get_mut(done * columns..).unwrap_or_default();
            }
        });
    }
}

/// `R` rows of the product. Returns how many.
///
/// # Safety
/// `a` and `out` have `R` rows or more, `b` has as many as the call says; there are at least [`COLUMNS`] columns.
#[target_feature(enable = "neon")]
unsafe fn rows<const R: usize>(call: &MatMulI8, a: &[u8], b: &[u8], out: &mut [u8]) -> usize {
    let (depth, columns) = (call.depth as usize, call.columns as usize);
    let (a, b) = (a.as_ptr().cast::<i8>(), b.as_ptr().cast::<i8>());
    let (a_zero, b_zero) = (call.a_zero as i16, vdup_n_s8(call.b_zero as i8));
    let (multiplier, shift) = (vdupq_n_s32(call.multiplier), vdupq_n_s32(call.shift));
    let limits = Limits::new(&call.clamp);
    for column in (0..columns).step_by(COLUMNS) {
        // The last eight end with the last column, whether or not some of them have been before.
        let column = column.min(columns - COLUMNS);
        let mut acc = [[vdupq_n_s32(0); 2]; R];
        for k in 0..depth {
            // SAFETY: eight columns of row `k` of `b`.
            let b = vsubl_s8(unsafe { vld1_s8(b.wrapping_add(k * columns + column)) }, b_zero);
            for (r, sums) in acc.iter_mut().enumerate() {
                // SAFETY: an element of row `r` of `a`.
                let a = i16::from(unsafe { *a.wrapping_add(r * depth + k) }).wrapping_sub(a_zero);
                *sums = [vmlal_n_s16(sums[0], vget_low_s16(b), a), vmlal_high_n_s16(sums[1], b, a)];
            }
        }
        for (r, sums) in acc.into_iter().enumerate() {
            for (half, sums) in sums.into_iter().enumerate() {
                let at = r * columns + column + half * 4;
                let Some(out) = out.get_mut(at..).and_then(|out| out.first_chunk_mut()) else { continue };
                put(limits.apply(rescale(sums, multiplier, shift)), out);
            }
        }
    }
    R
}
