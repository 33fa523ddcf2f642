//! Cortex-M4 and up: two multiply-accumulates an instruction.
//!
//! SXTB16 widens bytes 0 and 2 of a word to two halves, and bytes 1 and 3 after a rotation by 8. Weights and inputs
//! are widened the same way, so that lanes meet without packing anything ahead; SMLAD multiplies and adds both halves.

mod conv_i8;
mod depthwise_i8;

use sanderling_format::calls::*;

use crate::kernel::{Isa, Kernel, kernel, overlay};
use crate::scalar;

/// Code that uses the DSP extension.
struct Dsp;

/// Every kernel: those of this folder where there are any, the scalar ones elsewhere.
pub const ALL: &[Kernel] =
    &overlay(&scalar::TABLE, &[kernel::<Conv2dI8, Dsp>(Isa::Dsp), kernel::<DepthwiseI8, Dsp>(Isa::Dsp)]);
