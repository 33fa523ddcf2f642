//! 64-bit Arm with NEON, which every such CPU has, and with SDOT where there is one.

mod add_i8;
mod conv_i8;
mod depthwise_i8;
mod dot;
mod fixed;
mod float;
mod float_conv;
mod float_depthwise;
mod float_mat_mul;
mod float_wide;
mod mat_mul_i8;
#[cfg(test)]
mod tests;
mod weights;

use sanderling_format::calls::*;

use crate::kernel::{Isa, Kernel, kernel, overlay};
use crate::scalar;

/// Code that uses NEON.
struct Neon;

/// Code that uses SDOT too. It is reached through [`detect`] alone, so that it never runs where it cannot.
struct DotProd;

const TABLE: [Kernel; scalar::TABLE.len()] = overlay(
    &scalar::TABLE,
    &[
        kernel::<Conv2dI8, Neon>(Isa::Neon),
        kernel::<DepthwiseI8, Neon>(Isa::Neon),
        kernel::<AddI8, Neon>(Isa::Neon),
        kernel::<MatMulI8, Neon>(Isa::Neon),
        kernel::<Conv2dF32, Neon>(Isa::Neon),
        kernel::<DepthwiseF32, Neon>(Isa::Neon),
        kernel::<MatMulF32, Neon>(Isa::Neon),
        kernel::<Conv2dF16, Neon>(Isa::Neon),
        kernel::<DepthwiseF16, Neon>(Isa::Neon),
        kernel::<MatMulF16, Neon>(Isa::Neon),
        kernel::<Conv2dBf16, Neon>(Isa::Neon),
        kernel::<DepthwiseBf16, Neon>(Isa::Neon),
        kernel::<MatMulBf16, Neon>(Isa::Neon),
        kernel::<UnaryF32, Neon>(Isa::Neon),
        kernel::<BinaryF32, Neon>(Isa::Neon),
    ],
);

/// Every kernel: those of this folder where there are any, the scalar ones elsewhere.
pub const ALL: &[Kernel] = &TABLE;

const DOT: &[Kernel] = &overlay(&TABLE, &[kernel::<Conv2dI8, DotProd>(Isa::DotProd)]);

/// The fastest kernels that this CPU has.
pub fn detect() -> &'static [Kernel] {
    if std::arch::is_aarch64_feature_detected!("dotprod") { DOT } else { ALL }
}
