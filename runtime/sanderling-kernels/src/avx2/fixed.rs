//! Fixed-point arithmetic of `crate::fixed` in eight lanes, bit for bit the same.

use core::arch::x86_64::*;

use sanderling_format::calls::Clamp;

use crate::fixed::Channel;

/// Lanes of a vector of sums.
pub const LANES: usize = 8;

/// A multiplier and a shift for each lane.
#[derive(Clone, Copy)]
pub struct Rescale {
    multiplier: __m256i,
    shift: __m256i,
}

impl Rescale {
    /// The same for every lane.
    #[target_feature(enable = "avx2")]
    #[inline]
    pub fn all(multiplier: i32, shift: i32) -> Rescale {
        Rescale { multiplier: _mm256_set1_epi32(multiplier), shift: _mm256_set1_epi32(shift) }
    }

    /// [`crate::fixed::rescale`].
    #[target_feature(enable = "avx2")]
    #[inline]
    pub fn twice(&self, x: __m256i) -> __m256i {
        let zero = _mm256_setzero_si256();
        // As in plain code, of shifts beyond a word only the lowest five bits count.
        let left = _mm256_and_si256(_mm256_max_epi32(self.shift, zero), _mm256_set1_epi32(31));
        let right = _mm256_max_epi32(_mm256_sub_epi32(zero, self.shift), zero);
        divide_by_power(self.high(_mm256_sllv_epi32(x, left)), right)
    }

    /// [`crate::fixed::rescale_once`].
    #[target_feature(enable = "avx2")]
    #[inline]
    pub fn once(&self, x: __m256i) -> __m256i {
        let right = _mm256_sub_epi32(_mm256_set1_epi32(31), self.shift);
        let right = _mm256_min_epi32(_mm256_max_epi32(right, _mm256_set1_epi32(1)), _mm256_set1_epi32(62));
        let (even, odd) = products(x, self.multiplier);
        let even = shift_once(even, _mm256_blend_epi32(right, _mm256_setzero_si256(), 0xaa));
        let odd = shift_once(odd, _mm256_srli_epi64(right, 32));
        _mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xaa)
    }

    /// The upper half of the doubled product, to nearest, halves up.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn high(&self, x: __m256i) -> __m256i {
        let (even, odd) = products(x, self.multiplier);
        let half = _mm256_set1_epi64x(1 << 30);
        let even = _mm256_srli_epi64(_mm256_add_epi64(even, half), 31);
        let odd = _mm256_slli_epi64(_mm256_add_epi64(odd, half), 1);
        _mm256_blend_epi32(even, odd, 0xaa)
    }
}

/// The products of the even lanes and of the odd ones, 64 bits each.
#[target_feature(enable = "avx2")]
#[inline]
fn products(x: __m256i, y: __m256i) -> (__m256i, __m256i) {
    (_mm256_mul_epi32(x, y), _mm256_mul_epi32(_mm256_srli_epi64(x, 32), _mm256_srli_epi64(y, 32)))
}

/// `product / 2^right`, to nearest, halves away from zero; of the result the low 32 bits count.
#[target_feature(enable = "avx2")]
#[inline]
fn shift_once(product: __m256i, right: __m256i) -> __m256i {
    let one = _mm256_set1_epi64x(1);
    let half = _mm256_sllv_epi64(one, _mm256_sub_epi64(right, one));
    let negative = _mm256_cmpgt_epi64(_mm256_setzero_si256(), product);
    let sum = _mm256_add_epi64(_mm256_add_epi64(product, half), negative);
    // A signed shift: the sign goes along as an offset.
    let offset = _mm256_set1_epi64x(i64::MIN);
    _mm256_sub_epi64(_mm256_srlv_epi64(_mm256_xor_si256(sum, offset), right), _mm256_srlv_epi64(offset, right))
}

/// [`crate::fixed::divide_by_power`].
#[target_feature(enable = "avx2")]
#[inline]
fn divide_by_power(x: __m256i, exponent: __m256i) -> __m256i {
    // Nothing is shifted out by 0, and nothing carried: 1 elsewhere.
    let carries = _mm256_min_epu32(exponent, _mm256_set1_epi32(1));
    let word = _mm256_set1_epi32(31);
    let before = _mm256_and_si256(_mm256_sub_epi32(exponent, carries), word);
    let exponent = _mm256_and_si256(exponent, word);
    let sign = _mm256_sub_epi32(_mm256_setzero_si256(), _mm256_and_si256(_mm256_srli_epi32(x, 31), carries));
    let x = _mm256_add_epi32(x, sign);
    _mm256_add_epi32(_mm256_srav_epi32(x, exponent), _mm256_and_si256(_mm256_srav_epi32(x, before), carries))
}

/// Biases, multipliers and shifts of eight output channels.
#[derive(Clone, Copy)]
pub struct Channels {
    bias: __m256i,
    scale: Rescale,
}

impl Channels {
    /// Those of the first eight of `channels`, or as many as there are.
    #[target_feature(enable = "avx2")]
    #[inline]
    pub fn new(channels: &[[u8; Channel::BYTES]]) -> Channels {
        match channels.first_chunk::<LANES>() {
            Some(all) => Channels::load(all),
            None => {
                let mut all = [[0; Channel::BYTES]; LANES];
                all.iter_mut().zip(channels).for_each(|(to, from)| *to = *from);
                Channels::load(&all)
            }
        }
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    fn load(channels: &[[u8; Channel::BYTES]; LANES]) -> Channels {
        let at: *const __m256i = channels.as_ptr().cast();
        // SAFETY: eight channels of 12 bytes are three vectors.
        let [a, b, c] = unsafe { [0, 1, 2].map(|i| _mm256_loadu_si256(at.add(i))) };
        // Every third word, wherever it lies, has a lane of its own.
        let bias = _mm256_blend_epi32(_mm256_blend_epi32(a, b, 0b1001_0010), c, 0b0010_0100);
        let multiplier = _mm256_blend_epi32(_mm256_blend_epi32(a, b, 0b0010_0100), c, 0b0100_1001);
        let shift = _mm256_blend_epi32(_mm256_blend_epi32(a, b, 0b0100_1001), c, 0b1001_0010);
        let order = |v, order| _mm256_permutevar8x32_epi32(v, order);
        Channels {
            bias: order(bias, _mm256_setr_epi32(0, 3, 6, 1, 4, 7, 2, 5)),
            scale: Rescale {
                multiplier: order(multiplier, _mm256_setr_epi32(1, 4, 7, 2, 5, 0, 3, 6)),
                shift: order(shift, _mm256_setr_epi32(2, 5, 0, 3, 6, 1, 4, 7)),
            },
        }
    }

    /// From sums to scaled values, with two roundings (`rounding` 0) or one.
    #[target_feature(enable = "avx2")]
    #[inline]
    pub fn scaled(&self, sums: __m256i, rounding: u32) -> __m256i {
        let x = _mm256_add_epi32(sums, self.bias);
        if rounding == 0 { self.scale.twice(x) } else { self.scale.once(x) }
    }
}

/// From scaled values to output bytes.
#[derive(Clone, Copy)]
pub struct Bytes {
    zero: __m256i,
    low: __m256i,
    high: __m256i,
}

impl Bytes {
    #[target_feature(enable = "avx2")]
    #[inline]
    pub fn new(clamp: &Clamp) -> Bytes {
        Bytes {
            zero: _mm256_set1_epi32(clamp.zero),
            low: _mm256_set1_epi16(clamp.low as i16),
            high: _mm256_set1_epi16(clamp.high as i16),
        }
    }

    /// The bytes of sixteen values.
    #[target_feature(enable = "avx2")]
    #[inline]
    pub fn sixteen(&self, a: __m256i, b: __m256i) -> __m128i {
        // Saturation to 16 bits moves no value across the bounds, which have 8.
        let words = _mm256_packs_epi32(_mm256_add_epi32(a, self.zero), _mm256_add_epi32(b, self.zero));
        let words = _mm256_min_epi16(_mm256_max_epi16(words, self.low), self.high);
        let bytes = _mm_packs_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
        _mm_shuffle_epi32(bytes, 0b11_01_10_00)
    }

    /// The bytes of eight values, in the lower half.
    #[target_feature(enable = "avx2")]
    #[inline]
    pub fn eight(&self, a: __m256i) -> __m128i {
        self.sixteen(a, a)
    }
}

/// Writes the first bytes of a vector, as many as `out` has and at most sixteen.
#[target_feature(enable = "avx2")]
#[inline]
pub fn put(out: &mut [u8], bytes: __m128i) {
    let at = out.as_mut_ptr();
    match out.len() {
        // SAFETY: there is room for the sixteen bytes, or for the eight.
        16.. => unsafe { _mm_storeu_si128(at.cast(), bytes) },
        // SAFETY: as above.
        8 => unsafe { _mm_storel_epi64(at.cast(), bytes) },
        _ => {
            let mut all = [0; 16];
            // SAFETY: `all` has sixteen bytes.
            unsafe { _mm_storeu_si128(all.as_mut_ptr().cast(), bytes) };
            out.iter_mut().zip(all).for_each(|(to, from)| *to = from);
        }
    }
}

/// The first bytes of a slice, at most sixteen; zeros behind them.
#[target_feature(enable = "avx2")]
#[inline]
pub fn get(from: &[u8]) -> __m128i {
    let at = from.as_ptr();
    match from.len() {
        // SAFETY: the sixteen bytes are there, or the eight.
        16.. => unsafe { _mm_loadu_si128(at.cast()) },
        // SAFETY: as above.
        8 => unsafe { _mm_loadl_epi64(at.cast()) },
        _ => {
            let mut all = [0; 16];
            all.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
            // SAFETY: `all` has sixteen bytes.
            unsafe { _mm_loadu_si128(all.as_ptr().cast()) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixed;

    /// The edges of every range, and values between.
    fn values() -> std::vec::Vec<i32> {
        let mut x = 12345u32;
        let mut all =
            std::vec![0, 1, -1, 2, -2, 3, -3, 127, -128, 1 << 20, -(1 << 20), i32::MAX, i32::MIN, i32::MIN + 1];
        for i in 0..50 {
            x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            all.push(x as i32 >> (i % 28));
        }
        all
    }

    #[test]
    fn lanes_equal_their_scalar_twins() {
        if !std::is_x86_feature_detected!("avx2") {
            return;
        }
        let multipliers = [0, 1, 1 << 30, (1 << 30) + 1, 1_234_567_890, i32::MAX, i32::MIN, -1_500_000_000];
        // Shifts come from constants, which nobody has checked.
        let beyond = [i32::MIN, -1_000_003, -65, -64, -63, -33, -32, 32, 33, 63, 64, 65, 1_000_003, i32::MAX];
        for shift in (-31..=31).chain(beyond) {
            for multiplier in multipliers {
                for x in values() {
                    // SAFETY: AVX2 was detected.
                    let found = unsafe { both(x, multiplier, shift) };
                    let want = [fixed::rescale(x, multiplier, shift), fixed::rescale_once(x, multiplier, shift)];
                    assert_eq!(found, want, "{x} {multiplier} {shift}");
                }
            }
        }
    }

    /// One value through every lane; the two roundings.
    #[target_feature(enable = "avx2")]
    fn both(x: i32, multiplier: i32, shift: i32) -> [i32; 2] {
        let (scale, x) = (Rescale::all(multiplier, shift), _mm256_set1_epi32(x));
        [scale.twice(x), scale.once(x)].map(|v| {
            let mut lanes = [0i32; LANES];
            // SAFETY: `lanes` has 32 bytes.
            unsafe { _mm256_storeu_si256(lanes.as_mut_ptr().cast(), v) };
            assert_eq!(lanes, [lanes[0]; LANES]);
            lanes[0]
        })
    }
}
