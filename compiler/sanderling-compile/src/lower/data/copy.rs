//! Strided copies: reshape, transpose, slice, broadcast, concat.

use sanderling_format::calls::StridedCopy;
use sanderling_ir::Op;

use super::walk::{Walk, broadcast_strides, strides};
use crate::CompileError;
use crate::lower::Site;

/// From where to where the elements of an input go.
pub struct Move {
    pub dims: Vec<usize>,
    pub in_strides: Vec<isize>,
    pub in_first: usize,
    pub out_strides: Vec<isize>,
    pub out_first: usize,
}

/// Every op whose output elements are elements of one input.
pub fn view(site: &mut Site) -> Result<u32, CompileError> {
    let (x, dims) = (site.ty(0).shape.clone(), site.out_ty().shape.clone());
    let own = strides(&x);
    let (in_strides, in_first) = match &site.node.op {
        Op::Transpose { perm } => (perm.iter().map(|&p| own[p]).collect(), 0),
        Op::Broadcast { .. } => (broadcast_strides(&x, &dims), 0),
        Op::Slice { start, step, .. } => {
            let first = start.iter().zip(&own).map(|(&s, &stride)| s * stride as usize).sum();
            (step.iter().zip(&own).map(|(&s, &stride)| s * stride).collect(), first)
        }
        _ => (strides(&dims), 0),
    };
    let out_strides = strides(&dims);
    copy(site, 0, Move { dims, in_strides, in_first, out_strides, out_first: 0 }, true)
}

pub fn concat(site: &mut Site, axis: usize) -> Result<u32, CompileError> {
    let out_strides = strides(&site.out_ty().shape);
    let filled: Vec<usize> = (0..site.node.inputs.len()).filter(|&i| site.ty(i).elements() > 0).collect();
    let mut at = 0;
    for &input in &filled {
        let dims = site.ty(input).shape.clone();
        let out_first = at * out_strides[axis] as usize;
        at += dims[axis];
        let (in_strides, out_strides) = (strides(&dims), out_strides.clone());
        let last = Some(&input) == filled.last();
        copy(site, input, Move { dims, in_strides, in_first: 0, out_strides, out_first }, last)?;
    }
    Ok(0)
}

/// Copies elements of an input into the output, in its quantization.
pub fn copy(site: &mut Site, input: usize, m: Move, last: bool) -> Result<u32, CompileError> {
    let table = site.conversion(input)?;
    let walk = Walk { dims: m.dims, strides: [m.in_strides, m.out_strides] };
    let (dims, [in_strides, out_strides]) = site.walk(&walk)?;
    let call = StridedCopy {
        element: site.ty(input).dtype.bytes() as u32,
        mapped: u32::from(table.is_some()),
        dims,
        in_strides,
        out_strides,
        in_first: m.in_first as u32,
        out_first: m.out_first as u32,
        in_len: site.ty(input).elements() as u32,
        out_len: site.out_ty().elements() as u32,
        input: site.at(input),
        output: site.out_at(),
        table: table.map_or(0, |table| site.artifact.constant(&table)),
    };
    site.call_part(&call, last)
}
