//! gemmlowp's fixed point on 16 bits: the functions of a quantized LSTM.
//!
//! Numbers are i32 in the range of an i16, so that sums need no care before they wrap or saturate.

use crate::fixed::divide_by_power;

/// One without integer bits, as near as it goes.
const ONE: i32 = 32767;
/// `exp(-1/8)`.
const EXP_EIGHTH: i32 = 28918;
const ONE_THIRD: i32 = 10923;
/// With two integer bits.
const FORTY_EIGHT_SEVENTEENTHS: i32 = 23130;
const THIRTY_TWO_SEVENTEENTHS: i32 = 15420;

/// `1 / (1 + exp(-x))` of 12 fraction bits, in 15.
pub fn logistic(x: i32) -> i32 {
    // 1 / (1 + e) has one integer bit more than the inverse of half of it.
    let of_positive = saturate(two_over_one_plus(exp(-x.abs(), 3)) << 1);
    match x.signum() {
        1 => of_positive,
        0 => 1 << 14,
        _ => ONE - of_positive,
    }
}

/// `tanh(x)` of `15 - bits` fraction bits, in 15; `bits` at most 6.
pub fn tanh(x: i32, bits: u32) -> i32 {
    // tanh(x) = (1 - e) / (1 + e) with e = exp(-2 x): the doubling is one integer bit more.
    let of_positive = saturate((two_over_one_plus(exp(-x.abs(), bits + 1)) - (1 << 13)) << 2);
    x.signum() * of_positive
}

/// `exp(x)` of `15 - bits` fraction bits, for `x` from -32768 to 0, in 15.
fn exp(x: i32, bits: u32) -> i32 {
    // exp(-1/4), exp(-1/2), exp(-1), ... exp(-16); the last two are nothing here.
    const POWERS: [i32; 7] = [25520, 19875, 12055, 4435, 600, 11, 0];
    let fraction = 15u32.saturating_sub(bits);
    let quarter = 1 << fraction.saturating_sub(2);
    if x == 0 {
        return ONE;
    }
    if bits > 5 && x < -(32 << fraction) {
        return 0;
    }
    let reduced = (x & (quarter - 1)) - quarter;
    let mut result = exp_on_last_quarter(saturate(reduced << bits));
    let remainder = reduced - x;
    for (i, power) in POWERS.into_iter().enumerate().take(bits as usize + 2) {
        if remainder & (quarter << i) != 0 {
            result = high_mul(result, power);
        }
    }
    result
}

/// `exp(x)` for `x` in [-1/4, 0): a Taylor series around -1/8.
fn exp_on_last_quarter(x: i32) -> i32 {
    let x = x + (1 << 12);
    let x2 = high_mul(x, x);
    let x3 = high_mul(x2, x);
    let x4_over_4 = divide_by_power(high_mul(x2, x2), 2);
    let tail = divide_by_power(high_mul(x4_over_4 + x3, ONE_THIRD) + x2, 1);
    saturate(EXP_EIGHTH + high_mul(EXP_EIGHTH, x + tail))
}

/// `2 / (1 + x)` with two integer bits for `x` in [0, 1]: Newton's method.
fn two_over_one_plus(x: i32) -> i32 {
    let half = (x + ONE + 1) >> 1;
    let mut inverse = FORTY_EIGHT_SEVENTEENTHS + high_mul(half, -THIRTY_TWO_SEVENTEENTHS);
    for _ in 0..3 {
        let error = (1 << 13) - high_mul(half, inverse);
        inverse = wrap(inverse + saturate(high_mul(inverse, error) << 2));
    }
    inverse
}

/// `a * b / 2^15`, to nearest, halves up.
fn high_mul(a: i32, b: i32) -> i32 {
    ((a * b + (1 << 14)) >> 15).min(ONE)
}

fn saturate(x: i32) -> i32 {
    x.clamp(-32768, 32767)
}

fn wrap(x: i32) -> i32 {
    i32::from(x as i16)
}
