//! Pooling of 8-bit values. Stored values are pooled as they are, whatever the output's scale; see `docs/numerics.md`.

use sanderling_format::calls::{AvgPoolI8, MaxPoolI8, MeanPoolI8};
use sanderling_ir::Op;

use crate::CompileError;
use crate::lower::data::{flip_offset, is_flipped};
use crate::lower::{Site, window};

pub fn pool(site: &mut Site) -> Result<u32, CompileError> {
    if is_flipped(site.ty(0)) != is_flipped(site.out_ty()) {
        return site.fail("input and output of a pooling should have the same type".into());
    }
    let (input, output, clamp) = (site.at(0), site.out_at(), site.clamp()?);
    match site.node.op {
        Op::AvgPool2d { kernel, stride, dilation, padding, count_padding, .. } => {
            let window = window(site.ty(0), site.out_ty(), kernel, stride, dilation, padding);
            // A window with nothing but padding in it has a mean of its own.
            let holes = dilation != [1, 1];
            let outside =
                holes || padding.top.max(padding.bottom) >= kernel[0] || padding.left.max(padding.right) >= kernel[1];
            let offset = flip_offset(site.ty(0));
            if offset == 0 && !count_padding && !outside {
                return site.call(&AvgPoolI8 { window, clamp, input, output });
            }
            let count_padding = u32::from(count_padding);
            site.call(&MeanPoolI8 { window, clamp, count_padding, offset, input, output })
        }
        Op::MaxPool2d { kernel, stride, dilation, padding, .. } => {
            let window = window(site.ty(0), site.out_ty(), kernel, stride, dilation, padding);
            site.call(&MaxPoolI8 { window, clamp, input, output })
        }
        _ => site.fail("not a pooling".into()),
    }
}
