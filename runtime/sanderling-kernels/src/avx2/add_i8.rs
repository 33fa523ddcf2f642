//! int8 addition, sixteen elements at once.

use core::arch::x86_64::*;

use sanderling_format::calls::AddI8;

use super::Avx2;
use super::fixed::{Bytes, Rescale, get, put};
use crate::kernel::{Operands, Runs};
use crate::scalar::ADD_LEFT_SHIFT;

/// Elements taken at once.
const STEP: usize = 16;

impl Runs<AddI8> for Avx2 {
    fn run(call: &AddI8, operands: Operands<'_>) {
        // SAFETY: `Avx2` is reached through `detect` alone.
        unsafe { add(call, operands) }
    }
}

#[target_feature(enable = "avx2")]
fn add(call: &AddI8, operands: Operands<'_>) {
    let Operands { reads: [a, b, ..], output, .. } = operands;
    let a_side = Side::new(call.a_zero, call.a_multiplier, call.a_shift);
    let b_side = Side::new(call.b_zero, call.b_multiplier, call.b_shift);
    let (scale, bytes) = (Rescale::all(call.multiplier, call.shift), Bytes::new(&call.clamp));
    for (index, out) in output.chunks_mut(STEP).enumerate() {
        // Of a call in place the side without a read is in the output.
        let (at, len) = (index * STEP, out.len());
        let side = |read: &[u8]| get(read.get(at..at + len).unwrap_or(out));
        let (a, b) = (a_side.scaled(side(a)), b_side.scaled(side(b)));
        let low = scale.twice(_mm256_add_epi32(a[0], b[0]));
        let high = scale.twice(_mm256_add_epi32(a[1], b[1]));
        put(out, bytes.sixteen(low, high));
    }
}

/// What is done to one of the addends.
struct Side {
    zero: __m256i,
    scale: Rescale,
}

impl Side {
    #[target_feature(enable = "avx2")]
    fn new(zero: i32, multiplier: i32, shift: i32) -> Side {
        Side { zero: _mm256_set1_epi32(zero), scale: Rescale::all(multiplier, shift) }
    }

    /// Sixteen bytes in the common scale.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn scaled(&self, bytes: __m128i) -> [__m256i; 2] {
        let halves = [bytes, _mm_unpackhi_epi64(bytes, bytes)];
        let mut scaled = [_mm256_setzero_si256(); 2];
        for (scaled, half) in scaled.iter_mut().zip(halves) {
            let x = _mm256_sub_epi32(_mm256_cvtepi8_epi32(half), self.zero);
            *scaled = self.scale.twice(_mm256_slli_epi32(x, ADD_LEFT_SHIFT as i32));
        }
        scaled
    }
}
