//! x86 with AVX2, FMA and F16C: the vectors of x86-64-v3.

mod add_i8;
mod conv_i8;
mod depthwise_i8;
mod dot_i8;
mod fixed;
mod float_conv;
mod float_depthwise;
mod float_tile;
mod float_wide;
mod hybrid_conv;
mod hybrid_depthwise;
mod hybrid_image;
mod panel_i8;
mod pool_i8;
mod resize_i8;
mod tree_blocks;
mod trees;
mod weights;

use sanderling_format::calls::*;

use crate::kernel::{Isa, Kernel, kernel, overlay};
use crate::scalar;

/// Code that uses AVX2. It is reached through [`detect`] alone, so that it never runs where it cannot.
struct Avx2;

const ALL: &[Kernel] = &overlay(
    &scalar::TABLE,
    &[
        kernel::<Conv2dI8, Avx2>(Isa::Avx2),
        kernel::<DepthwiseI8, Avx2>(Isa::Avx2),
        kernel::<AddI8, Avx2>(Isa::Avx2),
        kernel::<AvgPoolI8, Avx2>(Isa::Avx2),
        kernel::<MaxPoolI8, Avx2>(Isa::Avx2),
        kernel::<ResizeI8, Avx2>(Isa::Avx2),
        kernel::<HybridConv, Avx2>(Isa::Avx2),
        kernel::<Conv2dF32, Avx2>(Isa::Avx2),
        kernel::<DepthwiseF32, Avx2>(Isa::Avx2),
        kernel::<MatMulF32, Avx2>(Isa::Avx2),
        kernel::<Conv2dF16, Avx2>(Isa::Avx2),
        kernel::<DepthwiseF16, Avx2>(Isa::Avx2),
        kernel::<MatMulF16, Avx2>(Isa::Avx2),
        kernel::<Conv2dBf16, Avx2>(Isa::Avx2),
        kernel::<DepthwiseBf16, Avx2>(Isa::Avx2),
        kernel::<MatMulBf16, Avx2>(Isa::Avx2),
        kernel::<UnaryF32, Avx2>(Isa::Avx2),
        kernel::<BinaryF32, Avx2>(Isa::Avx2),
        kernel::<TreeEnsemble, Avx2>(Isa::Avx2),
    ],
);

/// The kernels, where the CPU and the operating system support them.
pub fn detect() -> Option<&'static [Kernel]> {
    let has_vectors = std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("fma");
    // No CPU with AVX2 is without it.
    (has_vectors && std::is_x86_feature_detected!("f16c")).then_some(ALL)
}
