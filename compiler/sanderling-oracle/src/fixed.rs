//! Fixed-point functions on 32 bits with the exact roundings of gemmlowp.
//!
//! A raw `i32` with `m` integer bits stands for `raw / 2^(31 - m)`.

use crate::params::{rounding_divide_by_pot, saturating_rounding_doubling_high_mul as mul};

/// `raw * 2^exponent`, saturating, for positive exponents.
fn saturating_shift_left(raw: i32, exponent: u32) -> i32 {
    let threshold = (1i32 << (31 - exponent)) - 1;
    if raw > threshold {
        i32::MAX
    } else if raw < -threshold {
        i32::MIN
    } else {
        raw << exponent
    }
}

/// `exp(raw)` for `raw` in `[-1/4, 0)`, no integer bits in or out: four Taylor terms around -1/8.
fn exp_on_last_quarter(raw: i32) -> i32 {
    const EXP_MINUS_ONE_EIGHTH: i32 = 1895147668;
    const ONE_THIRD: i32 = 715827883;
    let x = raw.wrapping_add(1 << 28);
    let x2 = mul(x, x);
    let x3 = mul(x2, x);
    let x4_over_4 = rounding_divide_by_pot(mul(x2, x2), 2);
    let tail = rounding_divide_by_pot(mul(x4_over_4.wrapping_add(x3), ONE_THIRD).wrapping_add(x2), 1);
    EXP_MINUS_ONE_EIGHTH.wrapping_add(mul(EXP_MINUS_ONE_EIGHTH, x.wrapping_add(tail)))
}

/// `exp(raw)` for `raw <= 0` with 5 integer bits; the result has none. gemmlowp's `exp_on_negative_values`.
pub fn exp_on_negative_values(raw: i32) -> i32 {
    const FRACTION_BITS: u32 = 26;
    const QUARTER: i32 = 1 << (FRACTION_BITS - 2);
    /// `exp(-1/4)`, `exp(-1/2)`, `exp(-1)` ... `exp(-16)`.
    const POWERS: [i32; 7] = [1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242];
    if raw == 0 {
        return i32::MAX;
    }
    let last_quarter = (raw & (QUARTER - 1)) - QUARTER;
    let whole_quarters = last_quarter.wrapping_sub(raw);
    let start = exp_on_last_quarter(saturating_shift_left(last_quarter, 5));
    POWERS.iter().enumerate().fold(start, |result, (i, &power)| {
        let present = whole_quarters & (1 << (FRACTION_BITS - 2 + i as u32)) != 0;
        if present { mul(result, power) } else { result }
    })
}

/// `1 / (1 + raw)` for `raw` in `[0, 1)`, no integer bits in or out: three Newton steps.
pub fn one_over_one_plus_x(raw: i32) -> i32 {
    const FORTY_EIGHT_OVER_17: i32 = 1515870810;
    const MINUS_32_OVER_17: i32 = -1010580540;
    /// One with two integer bits.
    const ONE: i32 = 1 << 29;
    let half_denominator = ((i64::from(raw) + i64::from(i32::MAX) + 1) / 2) as i32;
    let mut x = FORTY_EIGHT_OVER_17.wrapping_add(mul(half_denominator, MINUS_32_OVER_17));
    for _ in 0..3 {
        let error = ONE - mul(half_denominator, x);
        x = x.wrapping_add(saturating_shift_left(mul(x, error), 2));
    }
    saturating_shift_left(x, 1)
}

/// `1 / raw` for positive `raw` with `integer_bits`: a factor without integer bits and the bits of `raw`
/// above one. LiteRT's `GetReciprocal`.
pub fn reciprocal(raw: i32, integer_bits: i32) -> (i32, i32) {
    let headroom = raw.leading_zeros();
    let fraction = ((raw as u32).wrapping_shl(headroom)).wrapping_sub(1 << 31) as i32;
    (one_over_one_plus_x(fraction), integer_bits - headroom as i32)
}
