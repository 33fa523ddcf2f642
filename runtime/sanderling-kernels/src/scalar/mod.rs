//! Plain Rust: the twin of every other instruction set.

mod add_i8;
mod conv_i8;
mod coupling;
pub(crate) mod data;
mod depthwise_i8;
pub(crate) mod float;
pub(crate) mod in_place;
mod pool_i8;
pub(crate) mod quantized;
mod softmax_i8;
pub(crate) mod trees;

use sanderling_format::calls::*;

#[cfg(all(target_arch = "x86_64", feature = "std"))]
pub(crate) use add_i8::ADD_LEFT_SHIFT;
#[cfg(any(all(target_arch = "arm", feature = "dsp"), all(target_arch = "aarch64", any(feature = "std", test))))]
pub(crate) use conv_i8::convolve;
#[cfg(all(target_arch = "x86_64", feature = "std"))]
pub(crate) use conv_i8::gather_columns;
#[cfg(any(
    all(target_arch = "arm", feature = "dsp"),
    all(target_arch = "x86_64", feature = "std"),
    all(target_arch = "aarch64", any(feature = "std", test))
))]
pub(crate) use conv_i8::{Columns, Layer};

use crate::kernel::{Isa, Kernel, kernel};

/// Plain Rust code for every call.
pub struct Scalar;

/// Every kernel.
pub const ALL: &[Kernel] = &TABLE;

/// [`ALL`] as an array, for other instruction sets to lay theirs over.
pub(crate) const TABLE: [Kernel; 54] = [
    kernel::<Conv2dI8, Scalar>(Isa::Scalar),
    kernel::<DepthwiseI8, Scalar>(Isa::Scalar),
    kernel::<AddI8, Scalar>(Isa::Scalar),
    kernel::<AvgPoolI8, Scalar>(Isa::Scalar),
    kernel::<MaxPoolI8, Scalar>(Isa::Scalar),
    kernel::<SoftmaxI8, Scalar>(Isa::Scalar),
    kernel::<FlipI8, Scalar>(Isa::Scalar),
    kernel::<LookupI8, Scalar>(Isa::Scalar),
    kernel::<MapI8, Scalar>(Isa::Scalar),
    kernel::<BinaryI8, Scalar>(Isa::Scalar),
    kernel::<ReduceI8, Scalar>(Isa::Scalar),
    kernel::<ResizeI8, Scalar>(Isa::Scalar),
    kernel::<Dequantize, Scalar>(Isa::Scalar),
    kernel::<Quantize, Scalar>(Isa::Scalar),
    kernel::<MeanPoolI8, Scalar>(Isa::Scalar),
    kernel::<GroupedConvI8, Scalar>(Isa::Scalar),
    kernel::<ConvTransposeI8, Scalar>(Isa::Scalar),
    kernel::<HybridConv, Scalar>(Isa::Scalar),
    kernel::<MatMulI8, Scalar>(Isa::Scalar),
    kernel::<LstmI8, Scalar>(Isa::Scalar),
    kernel::<StridedCopy, Scalar>(Isa::Scalar),
    kernel::<Fill, Scalar>(Isa::Scalar),
    kernel::<IndexedCopy, Scalar>(Isa::Scalar),
    kernel::<Gather, Scalar>(Isa::Scalar),
    kernel::<Select, Scalar>(Isa::Scalar),
    kernel::<Cast, Scalar>(Isa::Scalar),
    kernel::<TopK, Scalar>(Isa::Scalar),
    kernel::<ArgMax, Scalar>(Isa::Scalar),
    kernel::<BinaryInt, Scalar>(Isa::Scalar),
    kernel::<UnaryInt, Scalar>(Isa::Scalar),
    kernel::<ReduceInt, Scalar>(Isa::Scalar),
    kernel::<Conv2dF32, Scalar>(Isa::Scalar),
    kernel::<DepthwiseF32, Scalar>(Isa::Scalar),
    kernel::<ConvTransposeF32, Scalar>(Isa::Scalar),
    kernel::<MatMulF32, Scalar>(Isa::Scalar),
    kernel::<UnaryF32, Scalar>(Isa::Scalar),
    kernel::<BinaryF32, Scalar>(Isa::Scalar),
    kernel::<PoolF32, Scalar>(Isa::Scalar),
    kernel::<ReduceF32, Scalar>(Isa::Scalar),
    kernel::<SoftmaxF32, Scalar>(Isa::Scalar),
    kernel::<LayerNormF32, Scalar>(Isa::Scalar),
    kernel::<ResizeF32, Scalar>(Isa::Scalar),
    kernel::<LstmF32, Scalar>(Isa::Scalar),
    kernel::<GruF32, Scalar>(Isa::Scalar),
    kernel::<Conv2dF16, Scalar>(Isa::Scalar),
    kernel::<DepthwiseF16, Scalar>(Isa::Scalar),
    kernel::<ConvTransposeF16, Scalar>(Isa::Scalar),
    kernel::<MatMulF16, Scalar>(Isa::Scalar),
    kernel::<Conv2dBf16, Scalar>(Isa::Scalar),
    kernel::<DepthwiseBf16, Scalar>(Isa::Scalar),
    kernel::<ConvTransposeBf16, Scalar>(Isa::Scalar),
    kernel::<MatMulBf16, Scalar>(Isa::Scalar),
    kernel::<TreeEnsemble, Scalar>(Isa::Scalar),
    kernel::<PairwiseCoupling, Scalar>(Isa::Scalar),
];
