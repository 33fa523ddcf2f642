//! int8 softmax in gemmlowp's fixed point.

use sanderling_format::calls::SoftmaxI8;

use super::Scalar;
use crate::fixed::{divide_by_power, high_mul, rescale};
use crate::kernel::{Operands, Runs};
use crate::pieces::Pieces;

/// Integer bits of the scaled difference to the maximum.
const DIFF_BITS: u32 = 5;
/// Integer bits of the sum of exponentials.
const SUM_BITS: u32 = 12;

impl Runs<SoftmaxI8> for Scalar {
    fn run(call: &SoftmaxI8, mut operands: Operands<'_>) {
        operands.bring(0);
        for row in operands.output.pieces_mut(call.depth as usize) {
            let max = row.iter().fold(-128, |m, &v| i32::from(v as i8).max(m));
            let exponential = |v: u8| -> Option<i32> {
                let diff = i32::from(v as i8) - max;
                (diff >= call.diff_min).then(|| exp_on_negative_values(rescale(diff, call.multiplier, call.shift)))
            };
            let sum = row
                .iter()
                .filter_map(|&v| exponential(v))
                .fold(0i32, |sum, e| sum.wrapping_add(divide_by_power(e, SUM_BITS)));
            // The sum is at least exp(0), so that it has a highest bit.
            let headroom = (sum as u32).leading_zeros();
            let fraction = ((sum as u32).wrapping_shl(headroom)).wrapping_sub(1 << 31) as i32;
            let scale = one_over_one_plus(fraction);
            let exponent = (31 + SUM_BITS).saturating_sub(headroom).saturating_sub(8);
            for value in row {
                let probability = exponential(*value).map_or(-128, |e| {
                    let probability = divide_by_power(high_mul(scale, e), exponent.min(31));
                    probability.wrapping_add(-128).clamp(-128, 127)
                });
                *value = probability as u8;
            }
        }
    }
}

/// `exp(x)` with 31 fractional bits, for negative `x` with 26.
fn exp_on_negative_values(x: i32) -> i32 {
    const FRACTION: u32 = 31 - DIFF_BITS;
    const QUARTER: i32 = 1 << (FRACTION - 2);
    // x = -remainder part in [-1/4, 0) plus a negative multiple of a quarter.
    let reduced = (x & (QUARTER - 1)).wrapping_sub(QUARTER);
    let mut result = exp_on_last_quarter(reduced.wrapping_shl(DIFF_BITS));
    let remainder = reduced.wrapping_sub(x);
    // exp(-1/4), exp(-1/2), exp(-1), ... exp(-16)
    const POWERS: [i32; 7] = [1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242];
    for (i, power) in POWERS.into_iter().enumerate() {
        if remainder & (QUARTER << i) != 0 {
            result = high_mul(result, power);
        }
    }
    if x == 0 { i32::MAX } else { result }
}

/// `exp(x)` for `x` in [-1/4, 0), both with 31 fractional bits: a Taylor series around -1/8.
fn exp_on_last_quarter(a: i32) -> i32 {
    const EXP_MINUS_EIGHTH: i32 = 1895147668;
    const THIRD: i32 = 715827883;
    let x = a.wrapping_add(1 << 28);
    let x2 = high_mul(x, x);
    let x3 = high_mul(x2, x);
    let x4 = high_mul(x2, x2);
    let x4_over_4 = divide_by_power(x4, 2);
    let tail = divide_by_power(high_mul(x4_over_4.wrapping_add(x3), THIRD).wrapping_add(x2), 1);
    EXP_MINUS_EIGHTH.saturating_add(high_mul(EXP_MINUS_EIGHTH, x.wrapping_add(tail)))
}

/// `1 / (1 + x)` for `x` in [0, 1), both with 31 fractional bits: three steps of Newton.
fn one_over_one_plus(x: i32) -> i32 {
    // 48 / 17 and -32 / 17 with 29 fractional bits.
    const C48: i32 = 1515870810;
    const C32: i32 = -1010580540;
    const ONE: i32 = 1 << 29;
    let half = half_sum(x, i32::MAX);
    let mut guess = C48.wrapping_add(high_mul(half, C32));
    for _ in 0..3 {
        let error = ONE.wrapping_sub(high_mul(half, guess));
        guess = guess.wrapping_add(saturating_times_4(high_mul(guess, error)));
    }
    // Half the quotient, at 29 fractional bits, is the quotient at 30; one more bit makes 31.
    saturating_times_2(guess)
}

/// `(a + b) / 2`, halves away from zero.
fn half_sum(a: i32, b: i32) -> i32 {
    let sum = i64::from(a) + i64::from(b);
    ((sum + if sum >= 0 { 1 } else { -1 }) / 2) as i32
}

fn saturating_times_2(x: i32) -> i32 {
    x.saturating_mul(2)
}

fn saturating_times_4(x: i32) -> i32 {
    x.saturating_mul(4)
}
