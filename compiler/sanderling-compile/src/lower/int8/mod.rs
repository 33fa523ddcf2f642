//! Nodes whose first input is quantized to 8 bits. Kernels know i8 alone: u8 values are kept flipped.

mod conv;
mod elementwise;
mod lstm;
mod mat_mul;
mod pool;
mod reduce;
mod resize;
mod softmax;

use sanderling_ir::Op;

pub use conv::packed_weights;

use super::{Site, integer};
use crate::CompileError;

pub fn lower(site: &mut Site) -> Result<u32, CompileError> {
    if site.ty(0).quant.is_none() {
        return integer::lower(site);
    }
    match &site.node.op {
        Op::Conv2d { .. } => conv::conv2d(site),
        Op::ConvTranspose2d { .. } => conv::conv_transpose2d(site),
        Op::FullyConnected { .. } => conv::fully_connected(site),
        Op::MatMul => mat_mul::mat_mul(site),
        Op::Unary { .. } | Op::Quantize { .. } => elementwise::table(site),
        Op::Binary { .. } => elementwise::binary(site),
        Op::AvgPool2d { .. } | Op::MaxPool2d { .. } => pool::pool(site),
        Op::Reduce { kind, axes, .. } => reduce::reduce(site, *kind, axes),
        Op::Softmax { .. } => softmax::softmax(site),
        Op::Resize { coordinates, .. } => resize::bilinear(site, *coordinates),
        Op::Lstm { reverse, clip } => lstm::lstm(site, *reverse, *clip),
        _ => site.no_kernel(),
    }
}
