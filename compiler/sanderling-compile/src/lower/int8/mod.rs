//! Nodes whose first input is quantized to 8 bits.

mod conv;
mod elementwise;
mod pool;
mod softmax;

use sanderling_ir::{DType, Op};

use super::Site;
use crate::CompileError;

pub fn lower(site: &mut Site) -> Result<u32, CompileError> {
    match (&site.node.op, site.ty(0).dtype) {
        (Op::Conv2d { .. }, DType::I8) => conv::conv2d(site),
        (Op::FullyConnected { .. }, DType::I8) => conv::fully_connected(site),
        (Op::Binary { .. }, DType::I8) => elementwise::binary(site),
        (Op::AvgPool2d { .. } | Op::MaxPool2d { .. }, DType::I8) => pool::pool(site),
        (Op::Softmax { .. }, DType::I8) => softmax::softmax(site),
        _ => site.no_kernel(),
    }
}
