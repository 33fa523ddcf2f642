//! Products of matrices.

use sanderling_format::calls::{MatMulBf16, MatMulF16, MatMulF32};

use super::stored::{Bf16, F16, F32, Stored};
use super::{values, weights};
use crate::kernel::{Operands, Runs};
use crate::pieces::Pieces;
use crate::scalar::Scalar;

impl Runs<MatMulF32> for Scalar {
    fn run(call: &MatMulF32, operands: Operands<'_>) {
        mat_mul::<F32>(call, operands);
    }
}

impl Runs<MatMulF16> for Scalar {
    fn run(call: &MatMulF16, operands: Operands<'_>) {
        mat_mul::<F16>(&call.layer, operands);
    }
}

impl Runs<MatMulBf16> for Scalar {
    fn run(call: &MatMulBf16, operands: Operands<'_>) {
        mat_mul::<Bf16>(&call.layer, operands);
    }
}

/// Rows of the result are sums of rows of `b`, so that all memory is walked in order.
#[inline(always)]
pub(crate) fn mat_mul<S: Stored>(call: &MatMulF32, operands: Operands<'_>) {
    let Operands { reads: [a, b, ..], output, .. } = operands;
    let (m, k, n) = (call.m as usize, call.k as usize, call.n as usize);
    for (batch, product) in output.pieces_mut(m * n * 4).enumerate() {
        let a = a.get(batch * call.a_step as usize * 4..).unwrap_or(&[]);
        let b = b.get(batch * call.b_step as usize * size_of::<S::Bytes>()..).unwrap_or(&[]);
        for (a, out) in a.pieces(k * 4).zip(product.pieces_mut(n * 4)) {
            out.fill(0);
            for (a, b) in values(a).zip(b.pieces(n * size_of::<S::Bytes>())) {
                for (out, b) in out.as_chunks_mut::<4>().0.iter_mut().zip(weights::<S>(b)) {
                    *out = (f32::from_le_bytes(*out) + a * b).to_le_bytes();
                }
            }
        }
    }
}
