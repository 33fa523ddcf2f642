//! Cortex-M4 and up: two multiply-accumulates an instruction.
//!
//! SXTB16 widens bytes 0 and 2 of a word to two halves, and bytes 1 and 3 after a rotation by 8. Weights and inputs
//! are widened the same way, so that lanes meet without packing anything ahead; SMLAD multiplies and adds both halves.

mod conv_i8;
mod depthwise_i8;

use sanderling_format::calls::*;

use crate::kernel::{Isa, Kernel, kernel};
use crate::scalar;

/// Code that uses the DSP extension.
pub struct Dsp;

/// int8 convolution and fully connected.
pub const CONV2D_I8: Kernel = kernel::<Conv2dI8, Dsp>(Isa::Dsp);
/// int8 depthwise convolution.
pub const DEPTHWISE_I8: Kernel = kernel::<DepthwiseI8, Dsp>(Isa::Dsp);

pub use scalar::{ADD_I8, AVG_POOL_I8, MAX_POOL_I8, SOFTMAX_I8};

/// All kernels, those of this folder where there are any.
pub const ALL: &[Kernel] = &[CONV2D_I8, DEPTHWISE_I8, ADD_I8, AVG_POOL_I8, MAX_POOL_I8, SOFTMAX_I8];
