//! Layers on real numbers whose weights take two bytes.

use sanderling_format::calls::*;

use super::float;
use super::source::Shader;

macro_rules! layers {
    ($($name:ident = $of:ident($call:ident, $weights:ident);)*) => {$(
        pub fn $name(call: &$call) -> Option<Vec<Shader>> {
            float::$of(&call.layer, Numeric::$weights)
        }
    )*};
}

layers! {
    conv_f16 = conv_of(Conv2dF16, F16);
    depthwise_f16 = depthwise_of(DepthwiseF16, F16);
    conv_transpose_f16 = conv_transpose_of(ConvTransposeF16, F16);
    mat_mul_f16 = mat_mul_of(MatMulF16, F16);
    conv_bf16 = conv_of(Conv2dBf16, BF16);
    depthwise_bf16 = depthwise_of(DepthwiseBf16, BF16);
    conv_transpose_bf16 = conv_transpose_of(ConvTransposeBf16, BF16);
    mat_mul_bf16 = mat_mul_of(MatMulBf16, BF16);
}
