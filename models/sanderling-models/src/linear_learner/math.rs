//! Exponentials and logarithms without branches, so that loops over them become vectors. Errors are a few units of the last
//! place.

/// `e^x`; beyond what f32 holds, its ends.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    /// Added, it leaves no place for a fraction.
    const ROUND: f32 = 12_582_912.0;
    let x = x.clamp(-87.0, 88.0);
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let (whole, power) = (shifted - ROUND, shifted.to_bits().wrapping_sub(ROUND.to_bits()));
    // x less whole times ln 2, which is split so that the first product is exact.
    let r = x - whole * 0.693_359_4 + whole * 2.121_944_4e-4;
    let p = 1.987_569_1e-4 * r + 1.398_2e-3;
    let p = ((p * r + 8.333_452e-3) * r + 4.166_579_6e-2) * r + 1.666_666_5e-1;
    let small = (p * r + 0.5) * r * r + r + 1.0;
    small * f32::from_bits(power.wrapping_add(127) << 23)
}

/// `ln(1 + x)` for x from 0 to 1, by the series of `2 atanh(x / (2 + x))`.
#[inline(always)]
pub fn ln_1p(x: f32) -> f32 {
    let t = x / (2.0 + x);
    let s = t * t;
    let series = ((((s / 11.0 + 1.0 / 9.0) * s + 1.0 / 7.0) * s + 1.0 / 5.0) * s + 1.0 / 3.0) * s + 1.0;
    2.0 * t * series
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_those_of_double_precision() {
        let worst = |own: fn(f32) -> f32, true_one: fn(f64) -> f64, inputs: &mut dyn Iterator<Item = f32>| {
            inputs.map(|x| (f64::from(own(x)) / true_one(x.into()) - 1.0).abs()).fold(0.0, f64::max)
        };
        assert!(worst(exp, f64::exp, &mut (-8700..8800).map(|i| i as f32 / 100.0)) < 3e-7);
        assert!(worst(ln_1p, f64::ln_1p, &mut (1..1000).map(|i| i as f32 / 1000.0)) < 3e-7);
        assert!(exp(-1e9) < 1e-37 && exp(1e9) > 1e38 && exp(f32::NAN).is_nan());
        assert_eq!(ln_1p(0.0), 0.0);
    }
}
