//! Plain Rust: the twin of every other instruction set.

mod add_i8;
mod conv_i8;
mod depthwise_i8;
mod pool_i8;
mod softmax_i8;

use sanderling_format::calls::*;

#[cfg(all(target_arch = "x86_64", feature = "std"))]
pub(crate) use conv_i8::dot;
#[cfg(any(all(target_arch = "arm", feature = "dsp"), all(target_arch = "x86_64", feature = "std")))]
pub(crate) use conv_i8::{Columns, Layer, convolve};

use crate::kernel::{Isa, Kernel, kernel};

/// Plain Rust code for every call.
pub struct Scalar;

/// Every kernel.
pub const ALL: &[Kernel] = &TABLE;

/// [`ALL`] as an array, for other instruction sets to lay theirs over.
pub(crate) const TABLE: [Kernel; 6] = [
    kernel::<Conv2dI8, Scalar>(Isa::Scalar),
    kernel::<DepthwiseI8, Scalar>(Isa::Scalar),
    kernel::<AddI8, Scalar>(Isa::Scalar),
    kernel::<AvgPoolI8, Scalar>(Isa::Scalar),
    kernel::<MaxPoolI8, Scalar>(Isa::Scalar),
    kernel::<SoftmaxI8, Scalar>(Isa::Scalar),
];
