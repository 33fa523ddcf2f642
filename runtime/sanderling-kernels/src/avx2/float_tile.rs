//! What the f32 kernels of this folder share: clamps and masks.

use core::arch::x86_64::*;

pub use crate::tiles::{Clamp, Float, LANES};

/// The clamp in every lane, as in the scalar kernels: what is not a number becomes `low`, or stays where there are no
/// bounds.
#[target_feature(enable = "avx2,fma")]
pub fn apply(clamp: Clamp, v: __m256) -> __m256 {
    if clamp.is_open() {
        return v;
    }
    _mm256_min_ps(_mm256_max_ps(v, _mm256_set1_ps(clamp.low)), _mm256_set1_ps(clamp.high))
}

/// All lanes set below `n`, which may be more than there are.
#[target_feature(enable = "avx2,fma")]
pub fn mask(n: usize) -> __m256i {
    let lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    _mm256_cmpgt_epi32(_mm256_set1_epi32(n.min(LANES) as i32), lanes)
}
