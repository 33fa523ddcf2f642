//! Fixed-point arithmetic of `docs/numerics.md`.

use sanderling_format::calls::Clamp;

/// `x * multiplier * 2^(shift - 31)`, rounded as LiteRT's reference kernels round: twice.
#[inline(always)]
pub fn rescale(x: i32, multiplier: i32, shift: i32) -> i32 {
    let product = i64::from(x.wrapping_shl(shift.max(0) as u32)) * i64::from(multiplier);
    let high = ((product + (1 << 30)) >> 31) as i32;
    divide_by_power(high, shift.wrapping_neg().max(0) as u32)
}

/// `x * multiplier * 2^(shift - 31)`, rounded once, halves away from zero; `shift` in -31..=30.
#[inline(always)]
pub fn rescale_once(x: i32, multiplier: i32, shift: i32) -> i32 {
    let product = i64::from(x) * i64::from(multiplier);
    let right = 31i32.wrapping_sub(shift).clamp(1, 62) as u32;
    // Of a negative half, one less makes the shift round it down, away from zero.
    let rounded = (product + (1i64 << (right - 1)) + (product >> 63)) >> right;
    rounded as i32
}

/// `x / 2^exponent`, to nearest, halves away from zero; `exponent` below 32, beyond which only its lowest five bits
/// count: shifts come from constants, which nobody has checked.
#[inline(always)]
pub fn divide_by_power(x: i32, exponent: u32) -> i32 {
    if exponent == 0 {
        return x;
    }
    // Of a negative half, one less makes the carry of the last bit shifted out round it down, away from zero.
    let x = x.wrapping_add(x >> 31);
    x.wrapping_shr(exponent).wrapping_add(x.wrapping_shr(exponent.wrapping_sub(1)) & 1)
}

/// `a * b / 2^31`, to nearest, saturating (gemmlowp's SaturatingRoundingDoublingHighMul).
#[inline(always)]
pub fn high_mul(a: i32, b: i32) -> i32 {
    let high = (i64::from(a) * i64::from(b) + (1 << 30)) >> 31;
    i32::try_from(high).unwrap_or(i32::MAX)
}

/// `x` no less than the clamp's lower end and no more than its upper one, as a byte.
///
/// `Ord::clamp` would link a panic for ends in the wrong order, which the loader has refused.
#[inline(always)]
pub fn limit(x: i32, clamp: &Clamp) -> u8 {
    x.max(clamp.low).min(clamp.high) as u8
}

/// Bias, multiplier and shift of one output channel.
#[derive(Clone, Copy)]
pub struct Channel {
    pub bias: i32,
    pub multiplier: i32,
    pub shift: i32,
}

impl Channel {
    /// Bytes of a channel in a channels constant.
    pub const BYTES: usize = 12;

    /// Reads a channel.
    #[inline(always)]
    pub fn from_bytes(bytes: &[u8; Self::BYTES]) -> Channel {
        let (words, _) = bytes.as_chunks();
        let word = |i: usize| words.get(i).map_or(0, |&word| i32::from_le_bytes(word));
        Channel { bias: word(0), multiplier: word(1), shift: word(2) }
    }

    /// From an accumulator, without its bias, to an output byte.
    #[inline(always)]
    pub fn requantize(&self, acc: i32, clamp: &Clamp) -> u8 {
        self.finish(rescale(acc.wrapping_add(self.bias), self.multiplier, self.shift), clamp)
    }

    /// The same with one rounding.
    #[inline(always)]
    pub fn requantize_once(&self, acc: i32, clamp: &Clamp) -> u8 {
        self.finish(rescale_once(acc.wrapping_add(self.bias), self.multiplier, self.shift), clamp)
    }

    /// As a call's `rounding` says: twice (0) or once.
    #[inline(always)]
    pub fn requantize_as(&self, rounding: u32, acc: i32, clamp: &Clamp) -> u8 {
        match rounding {
            0 => self.requantize(acc, clamp),
            _ => self.requantize_once(acc, clamp),
        }
    }

    #[inline(always)]
    fn finish(&self, scaled: i32, clamp: &Clamp) -> u8 {
        limit(scaled.wrapping_add(clamp.zero), clamp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_rounding_is_that_of_real_numbers() {
        for x in -5000..5000 {
            let (multiplier, shift) = (1_234_567_890, -9);
            let real = f64::from(x) * f64::from(multiplier) * 2f64.powi(shift - 31);
            assert_eq!(rescale_once(x, multiplier, shift), real.round() as i32, "{x}");
            assert_eq!(rescale_once(x, 1 << 30, 0), (f64::from(x) / 2.0).round() as i32, "{x}");
        }
    }

    #[test]
    fn halves_round_away_from_zero() {
        let cases = [(5, 1, 3), (-5, 1, -3), (4, 3, 1), (-4, 3, -1), (3, 3, 0), (-3, 3, 0), (7, 0, 7)];
        for (x, exponent, want) in cases {
            assert_eq!(divide_by_power(x, exponent), want, "{x} >> {exponent}");
        }
        assert_eq!(divide_by_power(i32::MAX, 31), 1);
        assert_eq!(divide_by_power(i32::MIN + 1, 31), -1);
    }

    /// Of shifts that make no sense the result makes none either, but there is one.
    #[test]
    fn every_shift_gives_something() {
        for shift in [i32::MIN, -64, -33, -32, -31, 0, 31, 32, 64, i32::MAX] {
            for x in [i32::MIN, -1, 0, 1, i32::MAX] {
                rescale(x, i32::MIN, shift);
                rescale_once(x, i32::MIN, shift);
                divide_by_power(x, shift as u32);
            }
        }
        assert_eq!(rescale(5, 1 << 30, -32), rescale(5, 1 << 30, -64));
    }
}
