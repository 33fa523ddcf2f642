//! f32 matrix products: eight columns of up to four rows, all sums in registers.

use core::arch::aarch64::*;

use sanderling_format::Call;
use sanderling_format::calls::{MatMulBf16, MatMulF16, MatMulF32};

use super::Neon;
use super::float::{Eight, store};
use super::weights::Load;
use crate::kernel::{Operands, Runs};
use crate::scalar::Scalar;
use crate::scalar::float::stored::{Bf16, F16, F32};
use crate::tiles::{Float, LANES, fits};

impl Runs<MatMulF32> for Neon {
    fn run(call: &MatMulF32, operands: Operands<'_>) {
        product::<_, F32>(call, call, operands);
    }
}

impl Runs<MatMulF16> for Neon {
    fn run(call: &MatMulF16, operands: Operands<'_>) {
        product::<_, F16>(call, &call.layer, operands);
    }
}

impl Runs<MatMulBf16> for Neon {
    fn run(call: &MatMulBf16, operands: Operands<'_>) {
        product::<_, Bf16>(call, &call.layer, operands);
    }
}

/// The product `layer`, by the words of `call`.
fn product<C: Call, S: Load>(call: &C, layer: &MatMulF32, operands: Operands<'_>)
where
    Scalar: Runs<C>,
{
    let (m, k, n) = (layer.m as usize, layer.k as usize, layer.n as usize);
    if n < LANES || k == 0 || m == 0 || !fits(call, &operands) {
        return Scalar::run(call, operands);
    }
    let Operands { reads: [a, b, ..], output, .. } = operands;
    let (a, b): (&[Float], &[S::Bytes]) = (a.as_chunks().0, S::all(b));
    for (batch, out) in output.as_chunks_mut().0.chunks_exact_mut(m * n).enumerate() {
        let a = &a[batch * layer.a_step as usize..][..m * k];
        let b = &b[batch * layer.b_step as usize..][..k * n];
        let mut row = 0;
        while row < m {
            let (a, out) = (&a[row * k..], &mut out[row * n..]);
            // SAFETY: every CPU of this architecture has NEON; as many rows are left, of eight columns or more.
            row += unsafe {
                match m - row {
                    4.. => rows::<S, 4>(a, b, out, (k, n)),
                    2.. => rows::<S, 2>(a, b, out, (k, n)),
                    _ => rows::<S, 1>(a, b, out, (k, n)),
                }
            };
        }
    }
}

/// `R` rows of `a[R, k]` times `b[k, n]`. Returns how many.
///
/// # Safety
/// `a` and `out` have `R` rows or more, `b` has `k`; `n` is at least [`LANES`].
#[target_feature(enable = "neon")]
unsafe fn rows<S: Load, const R: usize>(
    a: &[Float],
    b: &[S::Bytes],
    out: &mut [Float],
    (k, n): (usize, usize),
) -> usize {
    let (a, b): (*const f32, *const S::Bytes) = (a.as_ptr().cast(), b.as_ptr());
    let out: *mut f32 = out.as_mut_ptr().cast();
    for column in (0..n).step_by(LANES) {
        // The last eight end with the last column, whether or not some of them have been before.
        let column = column.min(n - LANES);
        let mut acc: [Eight; R] = [[vdupq_n_f32(0.0); 2]; R];
        for k_at in 0..k {
            // SAFETY: eight columns of row `k_at` of `b`.
            let b = unsafe { S::load(b.wrapping_add(k_at * n + column)) };
            for (r, sum) in acc.iter_mut().enumerate() {
                // SAFETY: an element of row `r` of `a`.
                let a = unsafe { vld1q_dup_f32(a.wrapping_add(r * k + k_at)) };
                *sum = [vfmaq_f32(sum[0], a, b[0]), vfmaq_f32(sum[1], a, b[1])];
            }
        }
        for (r, sum) in acc.into_iter().enumerate() {
            // SAFETY: eight columns of row `r` of the output.
            unsafe { store(out.wrapping_add(r * n + column), sum, LANES) };
        }
    }
    R
}
