//! Kernels on real numbers whose weights take two bytes each: those of [`super::float`] otherwise.
//!
//! A weight widens to f32 exactly, so the results are, bit for bit, those of the same call with the widened weights.

use super::{Call, Conv2dF32, ConvTransposeF32, DepthwiseF32, MatMulF32, words};
use crate::access::Accesses;
use crate::features::Features;
use crate::words::{Reader, Words};

words! {
    /// [`Conv2dF32`] with f16 weights.
    Conv2dF16 { layer: Conv2dF32, }
    /// [`DepthwiseF32`] with f16 weights.
    DepthwiseF16 { layer: DepthwiseF32, }
    /// [`ConvTransposeF32`] with f16 weights.
    ConvTransposeF16 { layer: ConvTransposeF32, }
    /// [`MatMulF32`] with an f16 operand `b`.
    MatMulF16 { layer: MatMulF32, }
    /// [`Conv2dF32`] with bf16 weights.
    Conv2dBf16 { layer: Conv2dF32, }
    /// [`DepthwiseF32`] with bf16 weights.
    DepthwiseBf16 { layer: DepthwiseF32, }
    /// [`ConvTransposeF32`] with bf16 weights.
    ConvTransposeBf16 { layer: ConvTransposeF32, }
    /// [`MatMulF32`] with a bf16 operand `b`.
    MatMulBf16 { layer: MatMulF32, }
}

/// Which of the reads are the weights.
const WEIGHTS: usize = 1;

macro_rules! calls {
    ($($call:ident = $id:literal, $name:literal;)*) => {$(
        impl Call for $call {
            const ID: u16 = $id;
            const NAME: &'static str = $name;
            const FEATURES: Features = Features::REAL;
            fn accesses(&self) -> Option<Accesses> {
                let mut accesses = self.layer.accesses()?;
                accesses.reads[WEIGHTS].bytes /= 2;
                Some(accesses)
            }
        }
    )*};
}

calls! {
    Conv2dF16 = 48, "conv2d_f16";
    DepthwiseF16 = 49, "depthwise_f16";
    ConvTransposeF16 = 50, "conv_transpose_f16";
    MatMulF16 = 51, "mat_mul_f16";
    Conv2dBf16 = 52, "conv2d_bf16";
    DepthwiseBf16 = 53, "depthwise_bf16";
    ConvTransposeBf16 = 54, "conv_transpose_bf16";
    MatMulBf16 = 55, "mat_mul_bf16";
}
