//! The 8-bit kernels that need no speed of their own, and the roads between real and quantized numbers.

mod binary;
mod bytes;
mod conv_transpose;
mod convert;
mod fixed16;
mod grouped_conv;
pub(crate) mod hybrid;
mod lstm;
pub(crate) mod mat_mul;
mod mean_pool;
mod reduce;
pub(crate) mod resize;

/// `v` to the nearest integer, halves away from zero; `core` has no such function.
pub(crate) fn round(v: f32) -> f32 {
    let whole = v as i32 as f32;
    // From 2^23 on there are no fractions, and what is not a number stays so.
    if v.is_nan() || v.abs() >= 8_388_608.0 {
        return v;
    }
    match v - whole {
        fraction if fraction >= 0.5 => whole + 1.0,
        fraction if fraction <= -0.5 => whole - 1.0,
        _ => whole,
    }
}
