//! Gather and select.

use sanderling_format::calls::{Broadcast, Gather, Select};
use sanderling_ir::DType;

use super::walk::{Walk, broadcast_strides};
use super::{is_flipped, keeps_bytes};
use crate::CompileError;
use crate::lower::Site;

/// Indices that are outside at run time are clamped; see [`Gather`].
pub fn gather(site: &mut Site, axis: usize) -> Result<u32, CompileError> {
    let x = site.ty(0);
    let (shape, bytes) = (x.shape.clone(), x.dtype.bytes());
    let conversion = site.conversion(0)?;
    let call = Gather {
        outer: shape[..axis].iter().product::<usize>() as u32,
        count: shape[axis] as u32,
        inner: (shape[axis + 1..].iter().product::<usize>() * bytes) as u32,
        indices_len: site.ty(1).elements() as u32,
        index_bytes: if site.ty(1).dtype == DType::I64 { 8 } else { 4 },
        input: site.at(0),
        indices: site.at(1),
        output: site.out_at(),
    };
    site.call_part(&call, conversion.is_none())?;
    conversion.map_or(Ok(0), |table| site.map_output(&table))
}

pub fn select(site: &mut Site) -> Result<u32, CompileError> {
    let (a, b, out) = (site.ty(1), site.ty(2), site.out_ty());
    if !keeps_bytes(a, out) || !keeps_bytes(b, out) || is_flipped(a) != is_flipped(b) {
        return site.fail(format!("{a} and {b} should have the quantization of the output"));
    }
    let dims = out.shape.clone();
    let strides = [0, 1, 2].map(|i| broadcast_strides(&site.ty(i).shape, &dims));
    let (dims, [condition_strides, a_strides, b_strides]) = site.walk(&Walk { dims, strides })?;
    let len = |i: usize| site.ty(i).elements() as u32;
    let call = Select {
        element: out.dtype.bytes() as u32,
        values: Broadcast { dims, a_strides, b_strides, a_len: len(1), b_len: len(2) },
        condition_strides,
        condition_len: len(0),
        condition: site.at(0),
        a: site.at(1),
        b: site.at(2),
        output: site.out_at(),
    };
    site.call_part(&call, true)
}
