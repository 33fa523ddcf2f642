//! Plain Rust: the twin of every other instruction set.

mod add_i8;
mod conv_i8;
mod depthwise_i8;
mod pool_i8;
mod softmax_i8;

use sanderling_format::calls::*;

#[cfg(any(all(target_arch = "arm", feature = "dsp"), target_arch = "x86_64"))]
pub(crate) use conv_i8::{Dot, convolve};

use crate::kernel::{Isa, Kernel, kernel};

/// Plain Rust code for every call.
pub struct Scalar;

/// int8 convolution and fully connected.
pub const CONV2D_I8: Kernel = kernel::<Conv2dI8, Scalar>(Isa::Scalar);
/// int8 depthwise convolution.
pub const DEPTHWISE_I8: Kernel = kernel::<DepthwiseI8, Scalar>(Isa::Scalar);
/// int8 addition.
pub const ADD_I8: Kernel = kernel::<AddI8, Scalar>(Isa::Scalar);
/// int8 mean over a window.
pub const AVG_POOL_I8: Kernel = kernel::<AvgPoolI8, Scalar>(Isa::Scalar);
/// int8 maximum over a window.
pub const MAX_POOL_I8: Kernel = kernel::<MaxPoolI8, Scalar>(Isa::Scalar);
/// int8 softmax.
pub const SOFTMAX_I8: Kernel = kernel::<SoftmaxI8, Scalar>(Isa::Scalar);

/// All of them.
pub const ALL: &[Kernel] = &[CONV2D_I8, DEPTHWISE_I8, ADD_I8, AVG_POOL_I8, MAX_POOL_I8, SOFTMAX_I8];
