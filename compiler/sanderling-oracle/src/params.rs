//! The arithmetic of quantization parameters: real scales into integer multipliers, shifts and ranges.
//!
//! Everything here follows `docs/numerics.md`, is a pure function of the parameters, and is what a
//! lowering stores in its kernels. The functions never panic; a multiplier that LiteRT would refuse
//! (negative, not finite) becomes 0.

use sanderling_ir::{Activation, DType};

/// A real factor as `multiplier * 2^(shift - 31)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Multiplier {
    /// 0, or in `[2^30, 2^31)`; negative only where an op subtracts.
    pub multiplier: i32,
    /// Left where positive, right where negative; never below -31.
    pub shift: i32,
}

impl Multiplier {
    /// The fixed-point form of `real`, see [`quantize_multiplier`].
    pub fn new(real: f64) -> Self {
        let (multiplier, shift) = quantize_multiplier(real);
        Multiplier { multiplier, shift }
    }

    /// As [`Multiplier::new`] for a factor of either sign.
    pub fn signed(real: f64) -> Self {
        let Multiplier { multiplier, shift } = Multiplier::new(real.abs());
        Multiplier { multiplier: if real < 0.0 { -multiplier } else { multiplier }, shift }
    }

    /// `x` times the factor, see [`multiply_by_quantized_multiplier`].
    pub fn apply(self, x: i32) -> i32 {
        multiply_by_quantized_multiplier(x, self.multiplier, self.shift)
    }

    /// `x` times the factor with one rounding, see [`multiply_once`].
    pub fn apply_once(self, x: i32) -> i32 {
        multiply_once(x, self.multiplier, self.shift)
    }

    /// `x` times the factor for 64-bit accumulators, see [`multiply_by_quantized_multiplier_i64`].
    pub fn apply_i64(self, x: i64) -> i32 {
        multiply_by_quantized_multiplier_i64(x, self.multiplier, self.shift)
    }
}

/// Splits `real` into a mantissa in `[1/2, 1)` and an exponent, as C's `frexp` does.
fn frexp(real: f64) -> (f64, i32) {
    if real == 0.0 || !real.is_finite() {
        return (real, 0);
    }
    // Subnormals have no implicit bit: scale them into the normal range first.
    let (real, bias) = if real.abs() < f64::MIN_POSITIVE { (real * 2f64.powi(64), 64) } else { (real, 0) };
    let bits = real.to_bits();
    let exponent = ((bits >> 52) & 0x7ff) as i32 - 1022;
    let mantissa = f64::from_bits((bits & !(0x7ff << 52)) | (1022 << 52));
    (mantissa, exponent - bias)
}

/// `real` as `(multiplier, shift)` with `real ~ multiplier * 2^(shift - 31)`; LiteRT's `QuantizeMultiplier`.
///
/// The multiplier is `round(q * 2^31)`, half away from zero, with `q` the mantissa in `[1/2, 1)`. One that
/// rounds up to `2^31` is halved and its shift raised. A shift below -31 would leave nothing: both become 0.
pub fn quantize_multiplier(real: f64) -> (i32, i32) {
    if real.is_nan() || real <= 0.0 || real.is_infinite() {
        return (0, 0);
    }
    let (q, mut shift) = frexp(real);
    let mut fixed = (q * (1i64 << 31) as f64).round() as i64;
    if fixed == 1 << 31 {
        fixed /= 2;
        shift += 1;
    }
    if shift < -31 {
        return (0, 0);
    }
    (fixed as i32, shift)
}

/// `(a * b) / 2^31` rounded to nearest, saturating the one case that overflows.
///
/// gemmlowp's `SaturatingRoundingDoublingHighMul`: the nudge is `2^30`, or `1 - 2^30` for negative
/// products, and the division truncates, so halves go up: -0.5 becomes 0, -1.5 becomes -1.
pub fn saturating_rounding_doubling_high_mul(a: i32, b: i32) -> i32 {
    if a == i32::MIN && b == i32::MIN {
        return i32::MAX;
    }
    let ab = i64::from(a) * i64::from(b);
    let nudge = if ab >= 0 { 1 << 30 } else { 1 - (1 << 30) };
    ((ab + nudge) / (1 << 31)) as i32
}

/// `x / 2^exponent` rounded to nearest, halves away from zero; `exponent` in `0..=31`.
///
/// gemmlowp's `RoundingDivideByPOT`.
pub fn rounding_divide_by_pot(x: i32, exponent: i32) -> i32 {
    let mask = ((1i64 << exponent.clamp(0, 31)) - 1) as i32;
    let remainder = x & mask;
    let threshold = (mask >> 1) + i32::from(x < 0);
    (x >> exponent.clamp(0, 31)) + i32::from(remainder > threshold)
}

/// `x * multiplier * 2^(shift - 31)` with two roundings; LiteRT's `MultiplyByQuantizedMultiplier`.
///
/// The left shift wraps, as in LiteRT; verified parameters never reach that.
pub fn multiply_by_quantized_multiplier(x: i32, multiplier: i32, shift: i32) -> i32 {
    let left = shift.clamp(0, 31) as u32;
    let shifted = x.wrapping_mul(1i32.wrapping_shl(left));
    rounding_divide_by_pot(saturating_rounding_doubling_high_mul(shifted, multiplier), (-shift).max(0))
}

/// The same with one rounding, halves away from zero: what ONNX Runtime's convolutions give, which multiply by the
/// factor in single precision.
pub fn multiply_once(x: i32, multiplier: i32, shift: i32) -> i32 {
    let product = i128::from(x) * i128::from(multiplier);
    let right = 31i32.saturating_sub(shift).clamp(1, 62);
    let magnitude = (product.abs() + (1i128 << (right - 1))) >> right;
    (magnitude as i32).wrapping_mul(product.signum() as i32)
}

/// The form for 64-bit accumulators (16-bit activations): a 16-bit multiplier and one rounding, halves up.
pub fn multiply_by_quantized_multiplier_i64(x: i64, multiplier: i32, shift: i32) -> i32 {
    let reduced = if multiplier < 0x7fff_0000 { (multiplier + (1 << 15)) >> 16 } else { 0x7fff };
    let total = 15 - shift.clamp(-31, 14);
    let rounded = x.wrapping_mul(i64::from(reduced)).wrapping_add(1i64 << (total - 1));
    (rounded >> total) as i32
}

/// The real multiplier of conv2d and conv_transpose2d on `i8` and `i16` inputs, and of every fully_connected.
///
/// All in double precision, from `PopulateConvolutionQuantizationParams`.
pub fn conv_multiplier(scale_x: f32, scale_w: f32, scale_out: f32) -> f64 {
    f64::from(scale_x) * f64::from(scale_w) / f64::from(scale_out)
}

/// The real multiplier of convolutions on `u8` inputs.
///
/// The product of the input scales is rounded to `f32` before the division in double precision, from
/// `GetQuantizedConvolutionMultipler`.
pub fn legacy_conv_multiplier(scale_x: f32, scale_w: f32, scale_out: f32) -> f64 {
    f64::from(scale_x * scale_w) / f64::from(scale_out)
}

/// The real multiplier of a quantized multiplication; all in single precision.
pub fn mul_multiplier(scale_a: f32, scale_b: f32, scale_out: f32) -> f64 {
    f64::from(scale_a * scale_b / scale_out)
}

/// The real multiplier from one quantization to another (quantize, concat, min and max); double precision.
pub fn requantize_multiplier(scale_in: f32, scale_out: f32) -> f64 {
    f64::from(scale_in) / f64::from(scale_out)
}

/// The real multiplier of a gate of a quantized LSTM, whose sums have 12 fraction bits; the product in single precision.
pub fn lstm_gate_multiplier(scale_x: f32, scale_w: f32) -> f64 {
    f64::from(scale_x * scale_w) * 4096.0
}

/// The real multiplier of the output of a quantized LSTM, a product of two numbers of 15 fraction bits; rounded to `f32`.
pub fn lstm_output_multiplier(scale_out: f32) -> f64 {
    f64::from((1.0 / f64::from(scale_out)) as f32) * 2f64.powi(-30)
}

/// The integer bits of the cell of a quantized LSTM: 0 to 6, its scale `2^(bits - 15)`; `None` for another scale.
pub fn lstm_cell_bits(scale: f32) -> Option<u32> {
    let bits = f64::from(scale).log2() + 15.0;
    let is_whole = (bits - bits.round()).abs() < 1e-3;
    (is_whole && (0.0..=6.0).contains(&bits.round())).then_some(bits.round() as u32)
}

/// The stored value that the cell of a quantized LSTM is clamped to; 0 for none.
pub fn lstm_cell_clip(clip: f32, scale: f32) -> i32 {
    if clip > 0.0 { (clip / scale).min(32767.0) as i32 } else { 0 }
}

/// The values that a dtype can hold.
pub fn dtype_range(dtype: DType) -> (i32, i32) {
    match dtype {
        DType::I8 => (-128, 127),
        DType::U8 => (0, 255),
        DType::I16 => (-32768, 32767),
        DType::Bool => (0, 1),
        _ => (i32::MIN, i32::MAX),
    }
}

/// `real` in a quantization, not clamped to a dtype: half away from zero, in single precision.
pub fn quantize_value(real: f32, scale: f32, zero_point: i32) -> i32 {
    zero_point.saturating_add((real / scale).round() as i32)
}

/// The smallest and largest stored value after `activation`; LiteRT's `CalculateActivationRangeQuantized`.
pub fn activation_range(activation: Activation, scale: f32, zero_point: i32, dtype: DType) -> (i32, i32) {
    let (low, high) = dtype_range(dtype);
    let quantize = |real| quantize_value(real, scale, zero_point);
    match activation {
        Activation::None => (low, high),
        Activation::Relu => (low.max(quantize(0.0)), high),
        Activation::Relu6 => (low.max(quantize(0.0)), high.min(quantize(6.0))),
        Activation::ReluN1To1 => (low.max(quantize(-1.0)), high.min(quantize(1.0))),
    }
}

/// `value` into `range`; where the range is empty its low end wins last, as in LiteRT.
pub fn clamp(value: i32, range: (i32, i32)) -> i32 {
    value.max(range.0).min(range.1)
}

/// Parameters of a quantized addition, subtraction or squared difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddParams {
    /// Bits that both inputs gain before they are rescaled to a common scale.
    pub left_shift: u32,
    pub a: Multiplier,
    /// Its multiplier is negative for a subtraction.
    pub b: Multiplier,
    pub out: Multiplier,
}

impl AddParams {
    /// The sum of two values from which the zero points are already subtracted, without the output's zero point.
    pub fn add(&self, a: i32, b: i32) -> i32 {
        let (a, b) = self.rescale(a, b);
        self.out.apply(a.wrapping_add(b))
    }

    /// Both values on the common scale.
    pub fn rescale(&self, a: i32, b: i32) -> (i32, i32) {
        (self.a.apply(a << self.left_shift), self.b.apply(b << self.left_shift))
    }
}

fn common_scale(scale_a: f32, scale_b: f32) -> (f64, Multiplier, Multiplier) {
    let twice_max = f64::from(2.0 * scale_a.max(scale_b));
    (twice_max, Multiplier::new(f64::from(scale_a) / twice_max), Multiplier::new(f64::from(scale_b) / twice_max))
}

/// Parameters of `a + b`: both inputs go to `2 * max(scale_a, scale_b) / 2^left_shift`, 20 bits for 8-bit
/// values and 15 for 16-bit ones.
pub fn add_params(scale_a: f32, scale_b: f32, scale_out: f32, dtype: DType) -> AddParams {
    let left_shift = if dtype == DType::I16 { 15 } else { 20 };
    let (twice_max, a, b) = common_scale(scale_a, scale_b);
    let out = Multiplier::new(twice_max / f64::from((1 << left_shift) as f32 * scale_out));
    AddParams { left_shift, a, b, out }
}

/// Parameters of `a - b`: those of the addition with the second multiplier negated.
pub fn sub_params(scale_a: f32, scale_b: f32, scale_out: f32, dtype: DType) -> AddParams {
    let mut params = add_params(scale_a, scale_b, scale_out, dtype);
    params.b.multiplier = -params.b.multiplier;
    params
}

/// Parameters of `(a - b)^2`: [`AddParams::rescale`] with 7 bits, then `out` applied to the squared difference.
pub fn squared_difference_params(scale_a: f32, scale_b: f32, scale_out: f32) -> AddParams {
    let left_shift = 7;
    let (twice_max, a, b) = common_scale(scale_a, scale_b);
    let out = twice_max * twice_max / f64::from((1 << (left_shift * 2)) as f32 * scale_out);
    AddParams { left_shift, a, b, out: Multiplier::new(out) }
}

/// Parameters of a softmax on 8-bit values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SoftmaxParams {
    /// From differences of stored values to Q5.26.
    pub multiplier: Multiplier,
    /// Differences from the row's maximum below this give exactly the smallest output.
    pub diff_min: i32,
}

/// Integer bits of the softmax exponent's fixed-point form.
const SOFTMAX_INTEGER_BITS: i32 = 5;

/// Parameters of a softmax: `PreprocessSoftmaxScaling` with 5 integer bits and the negated `CalculateInputRadius`.
pub fn softmax_params(scale: f32, beta: f32) -> SoftmaxParams {
    let largest = ((1i64 << 31) - 1) as f64;
    let real = f64::from(beta) * f64::from(scale) * f64::from(1 << (31 - SOFTMAX_INTEGER_BITS));
    let multiplier = Multiplier::new(real.min(largest));
    SoftmaxParams { multiplier, diff_min: -input_radius(SOFTMAX_INTEGER_BITS, multiplier.shift, 31) }
}

/// The largest input whose rescaled value fits `integer_bits`; LiteRT's `CalculateInputRadius`.
pub fn input_radius(integer_bits: i32, left_shift: i32, total_bits: i32) -> i32 {
    let largest = f64::from((1 << integer_bits) - 1) * (1i64 << (total_bits - integer_bits)) as f64;
    (largest / 2f64.powi(left_shift)).floor() as i32
}

/// The stored range of a clamp to real numbers; infinities leave the dtype's ends.
pub fn clamp_range(min: f32, max: f32, scale: f32, zero_point: i32, dtype: DType) -> (i32, i32) {
    let (low, high) = dtype_range(dtype);
    (low.max(quantize_value(min, scale, zero_point)), high.min(quantize_value(max, scale, zero_point)))
}

/// Parameters of a hard swish on 8-bit values, 16-bit fixed point throughout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HardSwishParams {
    pub output_multiplier: i16,
    /// Never positive.
    pub output_exponent: i32,
    /// The gate, `relu6(x + 3) / 6`, is this multiple of the input before it saturates.
    pub gate_multiplier: i16,
    pub gate_exponent: i32,
}

/// Parameters of a hard swish; LiteRT's `HardSwishPrepare`, in single precision.
pub fn hard_swish_params(scale_in: f32, scale_out: f32) -> HardSwishParams {
    let fine = (1.0 / 128.0) * scale_in;
    let output = Multiplier::new(f64::from(fine / scale_out));
    let gate = Multiplier::new(f64::from(fine / (3.0 / 32768.0)));
    HardSwishParams {
        output_multiplier: narrow_multiplier(output.multiplier),
        output_exponent: output.shift.min(0),
        gate_multiplier: narrow_multiplier(gate.multiplier),
        gate_exponent: gate.shift,
    }
}

/// A 32-bit multiplier on 16 bits, rounded and saturated; LiteRT's `DownScaleInt32ToInt16Multiplier`.
pub fn narrow_multiplier(multiplier: i32) -> i16 {
    if multiplier >= i32::MAX - (1 << 15) {
        return i16::MAX;
    }
    ((multiplier + (1 << 15)) >> 16) as i16
}

/// The multiplier of a quantized mean of `count` values: that of the scales, divided by `count` in fixed point.
///
/// LiteRT's `QuantizedMeanOrSum`; a sum uses `requantize_multiplier` as it is.
pub fn mean_multiplier(scale_in: f32, scale_out: f32, count: usize) -> Multiplier {
    let whole = Multiplier::new(requantize_multiplier(scale_in, scale_out));
    let count = count.max(1) as u64;
    let shift = (63 - count.leading_zeros() as i32).min(32).min(31 + whole.shift).max(0);
    let multiplier = (i64::from(whole.multiplier) << shift) / count as i64;
    Multiplier { multiplier: multiplier as i32, shift: whole.shift - shift }
}

/// `accumulator * real`, rounded half away from zero once, in double precision.
///
/// Quantized fully connected layers use this, not the fixed-point multiplier; see `docs/numerics.md`.
/// An integer lowering may use any multiplier that gives the same result for every accumulator: it is
/// enough to compare both at the accumulators where the result steps.
pub fn scale_rounded(accumulator: i64, real: f64) -> i32 {
    (accumulator as f64 * real).round() as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn multipliers_of_known_factors() {
        assert_eq!(quantize_multiplier(0.5), (1 << 30, 0));
        assert_eq!(quantize_multiplier(1.0), (1 << 30, 1));
        assert_eq!(quantize_multiplier(0.25), (1 << 30, -1));
        assert_eq!(quantize_multiplier(0.75), (3 << 29, 0));
        assert_eq!(quantize_multiplier(0.0), (0, 0));
        assert_eq!(quantize_multiplier(f64::NAN), (0, 0));
    }

    #[test]
    fn a_mantissa_that_rounds_up_to_one_moves_into_the_shift() {
        assert_eq!(quantize_multiplier(1.0 - 2f64.powi(-40)), (1 << 30, 1));
    }

    #[test]
    fn factors_too_small_become_zero() {
        assert_eq!(quantize_multiplier(2f64.powi(-32)), (1 << 30, -31));
        assert_eq!(quantize_multiplier(2f64.powi(-33)), (0, 0));
        assert_eq!(quantize_multiplier(5e-324), (0, 0));
    }

    #[test]
    fn halves_round_up_in_the_product_and_away_in_the_shift() {
        let half = 1 << 30;
        let products: Vec<i32> =
            [3, 1, -1, -3].into_iter().map(|x| saturating_rounding_doubling_high_mul(x, half)).collect();
        assert_eq!(products, [2, 1, 0, -1]);
        let shifted: Vec<i32> = [3, 1, -1, -3].into_iter().map(|x| rounding_divide_by_pot(x, 1)).collect();
        assert_eq!(shifted, [2, 1, -1, -2]);
        assert_eq!(saturating_rounding_doubling_high_mul(i32::MIN, i32::MIN), i32::MAX);
    }

    #[test]
    fn two_roundings_differ_from_one() {
        // 62.4896 rounds to 62; the first of two roundings makes it 62.5, the second 63.
        let real = conv_multiplier(0.127_069_15, 0.030_554_391, 0.171_853_51);
        assert_eq!(Multiplier::new(real).apply(-2766), -63);
        assert_eq!(Multiplier::new(real).apply_once(-2766), -62);
        assert_eq!(scale_rounded(-2766, real), -62);
    }

    #[test]
    fn one_rounding_is_to_nearest_and_of_halves_away_from_zero() {
        assert_eq!([3, 1, -1, -3].map(|x| multiply_once(x, 1 << 30, 0)), [2, 1, -1, -2]);
        for real in [1e-7, 0.000_123_4, 0.037_123_4, 0.912_345_7, 1.312_345_7, 25.0] {
            for x in -3000..3000 {
                assert_eq!(Multiplier::new(real).apply_once(x), scale_rounded(x.into(), real), "{x} * {real}");
            }
        }
    }

    #[test]
    fn activation_ranges_quantize_half_away_from_zero() {
        assert_eq!(activation_range(Activation::None, 0.1, 3, DType::I8), (-128, 127));
        assert_eq!(activation_range(Activation::Relu, 0.1, 3, DType::I8), (3, 127));
        assert_eq!(activation_range(Activation::Relu6, 0.1, -10, DType::I8), (-10, 50));
        assert_eq!(activation_range(Activation::Relu6, 0.01, -128, DType::I8), (-128, 127));
        assert_eq!(activation_range(Activation::ReluN1To1, 0.4, 128, DType::U8), (125, 131));
    }

    #[test]
    fn additions_of_equal_scales_average_exactly() {
        let params = add_params(0.5, 0.5, 1.0, DType::I8);
        assert_eq!([params.add(3, 4), params.add(3, 3), params.add(-3, -4)], [4, 3, -4]);
        assert_eq!(sub_params(0.5, 0.5, 0.5, DType::I8).add(7, 10), -3);
    }

    #[test]
    fn softmax_parameters_of_a_common_scale() {
        let params = softmax_params(0.1, 1.0);
        assert_eq!(params.multiplier.shift, 23);
        assert_eq!(params.diff_min, -248);
    }

    #[test]
    fn clamps_leave_the_ends_at_infinities() {
        assert_eq!(clamp_range(0.0, f32::INFINITY, 0.5, -3, DType::I8), (-3, 127));
        assert_eq!(clamp_range(f32::NEG_INFINITY, 1.0, 0.5, 0, DType::U8), (0, 2));
    }
}
