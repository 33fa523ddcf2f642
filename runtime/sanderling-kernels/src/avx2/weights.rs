//! Weights as they are stored, eight at a time, and products of matrices with such.

use core::arch::x86_64::*;

use sanderling_format::calls::{MatMulBf16, MatMulF16, MatMulF32};

use super::Avx2;
use super::float_tile::{Float, LANES, mask};
use crate::kernel::{Operands, Runs};
use crate::scalar::Scalar;
use crate::scalar::float::stored::{Bf16, F16, F32, Stored};
use crate::tiles::fits;

/// Stored weights that become vectors.
pub trait Load: Stored {
    /// Eight weights.
    ///
    /// # Safety
    /// The CPU has AVX2 and F16C; the weights are there, in bytes that need no alignment.
    unsafe fn load(from: *const Self::Bytes) -> __m256;

    /// The first `n` of eight weights, at most eight; the others are 0.
    ///
    /// # Safety
    /// As [`Load::load`], but for the others.
    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn load_some(from: *const Self::Bytes, n: usize) -> __m256 {
        let mut lanes = [0f32; LANES];
        let n = n.min(LANES);
        let bytes = lanes.as_mut_ptr().cast::<Self::Bytes>();
        // SAFETY: the lanes have room for eight weights, however they are stored; `n` of them are there.
        unsafe {
            core::ptr::copy_nonoverlapping(from, bytes, n);
            Self::load(bytes)
        }
    }
}

impl Load for F32 {
    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn load(from: *const [u8; 4]) -> __m256 {
        // SAFETY: the caller's.
        unsafe { _mm256_loadu_ps(from.cast()) }
    }

    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn load_some(from: *const [u8; 4], n: usize) -> __m256 {
        // SAFETY: the caller's; what is masked is not read.
        unsafe { _mm256_maskload_ps(from.cast(), mask(n)) }
    }
}

impl Load for F16 {
    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn load(from: *const [u8; 2]) -> __m256 {
        // SAFETY: the caller's.
        _mm256_cvtph_ps(unsafe { _mm_loadu_si128(from.cast()) })
    }
}

impl Load for Bf16 {
    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn load(from: *const [u8; 2]) -> __m256 {
        // SAFETY: the caller's.
        let halves = unsafe { _mm_loadu_si128(from.cast()) };
        _mm256_castsi256_ps(_mm256_slli_epi32::<16>(_mm256_cvtepu16_epi32(halves)))
    }
}

impl Runs<MatMulF16> for Avx2 {
    fn run(call: &MatMulF16, operands: Operands<'_>) {
        if !fits(call, &operands) {
            return Scalar::run(call, operands);
        }
        // SAFETY: `Avx2` is reached through `detect` alone.
        unsafe { mat_mul::<F16>(&call.layer, operands) }
    }
}

impl Runs<MatMulBf16> for Avx2 {
    fn run(call: &MatMulBf16, operands: Operands<'_>) {
        if !fits(call, &operands) {
            return Scalar::run(call, operands);
        }
        // SAFETY: `Avx2` is reached through `detect` alone.
        unsafe { mat_mul::<Bf16>(&call.layer, operands) }
    }
}

/// Rows of the result are sums of rows of `b`, as in the scalar kernel.
#[target_feature(enable = "avx2,fma,f16c")]
fn mat_mul<S: Load>(call: &MatMulF32, operands: Operands<'_>) {
    let Operands { reads: [a, b, ..], output, .. } = operands;
    let (m, k, n) = (call.m as usize, call.k as usize, call.n as usize);
    let (a, b, output): (&[Float], _, &mut [Float]) = (a.as_chunks().0, S::all(b), output.as_chunks_mut().0);
    for (batch, product) in output.chunks_exact_mut(m * n).enumerate() {
        let a = &a[batch * call.a_step as usize..][..m * k];
        let b = &b[batch * call.b_step as usize..][..k * n];
        for (a, out) in a.chunks_exact(k).zip(product.chunks_exact_mut(n)) {
            out.fill([0; 4]);
            for (a, b) in a.iter().zip(b.chunks_exact(n)) {
                add_row::<S>(f32::from_le_bytes(*a), b, out);
            }
        }
    }
}

/// Adds `a` times a row of weights.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn add_row<S: Load>(a: f32, b: &[S::Bytes], out: &mut [Float]) {
    let ((b, b_rest), (out, out_rest)) = (b.as_chunks::<LANES>(), out.as_chunks_mut::<LANES>());
    for (b, out) in b.iter().zip(out) {
        let to: *mut f32 = out.as_mut_ptr().cast();
        // SAFETY: eight weights and eight sums.
        unsafe {
            let product = _mm256_mul_ps(_mm256_set1_ps(a), S::load(b.as_ptr()));
            _mm256_storeu_ps(to, _mm256_add_ps(_mm256_loadu_ps(to), product));
        }
    }
    for (&b, out) in b_rest.iter().zip(out_rest) {
        *out = (f32::from_le_bytes(*out) + a * S::value(b)).to_le_bytes();
    }
}
