//! int8 pooling.

use sanderling_format::calls::{AvgPoolI8, MaxPoolI8};
use sanderling_ir::Op;

use crate::CompileError;
use crate::lower::{Site, window};

pub fn pool(site: &mut Site) -> Result<u32, CompileError> {
    if site.ty(0).quant != site.out_ty().quant {
        return site.fail("input and output of an int8 pooling should have the same quantization".into());
    }
    let (input, output, clamp) = (site.at(0), site.out_at(), site.clamp()?);
    match site.node.op {
        Op::AvgPool2d { kernel, stride, padding, count_padding, .. } => {
            if count_padding && padding != Default::default() {
                return site.fail("there is no int8 kernel for a mean that counts padding".into());
            }
            let window = window(site.ty(0), site.out_ty(), kernel, stride, [1, 1], padding);
            site.call(&AvgPoolI8 { window, clamp, input, output })
        }
        Op::MaxPool2d { kernel, stride, padding, .. } => {
            let window = window(site.ty(0), site.out_ty(), kernel, stride, [1, 1], padding);
            site.call(&MaxPoolI8 { window, clamp, input, output })
        }
        _ => site.fail("not a pooling".into()),
    }
}
