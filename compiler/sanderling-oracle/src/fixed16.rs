//! The functions of a quantized LSTM: fixed point on 16 bits with the exact roundings of gemmlowp.
//!
//! A raw `i16` with `m` integer bits stands for `raw / 2^(15 - m)`. Constants are those of [`crate::fixed`], rounded.

use crate::params::rounding_divide_by_pot;

/// One without integer bits, as near as it goes.
const ONE: i16 = i16::MAX;

/// `1 / (1 + exp(-raw))`; 3 integer bits in, none out.
pub fn logistic(raw: i16) -> i16 {
    if raw == 0 {
        return 1 << 14;
    }
    let x = inverse(exp_on_negative_values(if raw > 0 { raw.wrapping_neg() } else { raw }, 3));
    // A factor of one half, by the meaning of the bits, leaves one integer bit.
    let positive = saturating_shift_left(x, 1);
    if raw > 0 { positive } else { ONE.wrapping_sub(positive) }
}

/// `tanh(raw)`; `bits` integer bits in, at most 6, none out.
pub fn tanh(raw: i16, bits: u32) -> i16 {
    if raw == 0 {
        return 0;
    }
    // The argument of the exponential is doubled by the meaning of its bits.
    let x = inverse(exp_on_negative_values(if raw < 0 { raw } else { raw.wrapping_neg() }, bits + 1));
    let positive = saturating_shift_left(x.wrapping_sub(1 << 13), 2);
    if raw < 0 { positive.wrapping_neg() } else { positive }
}

/// `exp(raw)` for `raw <= 0` with `bits` integer bits, at most 7; the result has none.
fn exp_on_negative_values(raw: i16, bits: u32) -> i16 {
    /// `exp(-1/4)`, `exp(-1/2)`, `exp(-1)` ... `exp(-16)` on 32 bits.
    const POWERS: [i32; 7] = [1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242];
    if raw == 0 {
        return ONE;
    }
    // Beyond 32 there is nothing.
    if bits > 5 && raw < constant(-(1 << (36 - bits))) {
        return 0;
    }
    let fraction_bits = 15 - bits;
    let quarter = 1i16 << (fraction_bits - 2);
    let last_quarter = (raw & (quarter - 1)) - quarter;
    let whole_quarters = last_quarter.wrapping_sub(raw);
    let start = exp_on_last_quarter(saturating_shift_left(last_quarter, bits));
    POWERS.iter().enumerate().take(bits as usize + 2).fold(start, |result, (i, &power)| {
        let present = whole_quarters & (1 << (fraction_bits - 2 + i as u32)) != 0;
        if present { mul(result, constant(power)) } else { result }
    })
}

/// `exp(raw)` for `raw` in `[-1/4, 0)`, no integer bits in or out: four Taylor terms around -1/8.
fn exp_on_last_quarter(raw: i16) -> i16 {
    let start = constant(1895147668);
    let x = raw.wrapping_add(1 << 12);
    let x2 = mul(x, x);
    let x3 = mul(x2, x);
    let x4_over_4 = divide_by_pot(mul(x2, x2), 2);
    let tail = divide_by_pot(mul(x4_over_4.wrapping_add(x3), constant(715827883)).wrapping_add(x2), 1);
    start.saturating_add(mul(start, x.wrapping_add(tail)))
}

/// `2 / (1 + raw)` for `raw` in `[0, 1)`, with two integer bits, by three Newton steps.
fn inverse(raw: i16) -> i16 {
    let half_denominator = ((i32::from(raw) + i32::from(ONE) + 1) / 2) as i16;
    let mut x = constant(1515870810).wrapping_add(mul(half_denominator, constant(-1010580540)));
    for _ in 0..3 {
        let error = (1i16 << 13).wrapping_sub(mul(half_denominator, x));
        x = x.wrapping_add(saturating_shift_left(mul(x, error), 2));
    }
    x
}

/// A constant of 32 bits on 16.
fn constant(raw: i32) -> i16 {
    rounding_divide_by_pot(raw, 16) as i16
}

/// `a * b / 2^15`, to nearest, halves up, saturating.
fn mul(a: i16, b: i16) -> i16 {
    let product = i32::from(a) * i32::from(b);
    let nudge = if product >= 0 { 1 << 14 } else { 1 - (1 << 14) };
    ((product + nudge) / (1 << 15)).min(i32::from(i16::MAX)) as i16
}

fn divide_by_pot(raw: i16, exponent: i32) -> i16 {
    rounding_divide_by_pot(i32::from(raw), exponent) as i16
}

fn saturating_shift_left(raw: i16, exponent: u32) -> i16 {
    (i32::from(raw) << exponent).clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The error is that of 16 bits, and no larger for any argument.
    #[test]
    fn functions_are_near_the_real_ones() {
        for raw in i16::MIN..=i16::MAX {
            let sigmoid = 1.0 / (1.0 + (-f64::from(raw) / 4096.0).exp());
            assert!((f64::from(logistic(raw)) / 32768.0 - sigmoid).abs() < 6e-4, "{raw}");
            for bits in 0..=6 {
                let real = (f64::from(raw) / f64::from(1 << (15 - bits))).tanh();
                assert!((f64::from(tanh(raw, bits)) / 32768.0 - real).abs() < 2e-3, "{raw} with {bits} bits");
            }
        }
    }
}
