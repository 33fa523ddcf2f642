//! The search for maxima.

use sanderling_format::calls::{ArgMax, TopK};
use sanderling_ir::DType;

use super::is_flipped;
use crate::CompileError;
use crate::lower::Site;

pub fn arg_max(site: &mut Site, axis: usize) -> Result<u32, CompileError> {
    comparable(site)?;
    let shape = &site.ty(0).shape;
    let index_bytes = match site.out_ty().dtype {
        DType::I32 => 4,
        DType::I64 => 8,
        other => return site.fail(format!("there is no kernel for indices of type {other}")),
    };
    let call = ArgMax {
        numeric: site.numeric(site.ty(0)) as u32,
        outer: shape[..axis].iter().product::<usize>() as u32,
        count: shape[axis] as u32,
        inner: shape[axis + 1..].iter().product::<usize>() as u32,
        index_bytes,
        input: site.at(0),
        output: site.out_at(),
    };
    site.call_part(&call, true)
}

/// Two calls: the values, then their places.
pub fn top_k(site: &mut Site, k: usize) -> Result<u32, CompileError> {
    comparable(site)?;
    if is_flipped(site.ty(0)) != is_flipped(site.out_ty()) {
        return site.fail("its values should have the quantization of its input".into());
    }
    let depth = site.ty(0).shape.last().copied().unwrap_or(1);
    let values = TopK {
        numeric: site.numeric(site.ty(0)) as u32,
        indices: 0,
        rows: (site.ty(0).elements() / depth.max(1)) as u32,
        depth: depth as u32,
        k: k as u32,
        input: site.at(0),
        output: site.out_at(),
    };
    site.call_part(&values, true)?;
    let output = (site.place)(site.node.outputs[1]);
    site.call_part(&TopK { indices: 1, output, ..values }, true)
}

/// One scale keeps the order of the stored values.
fn comparable(site: &Site) -> Result<(), CompileError> {
    match &site.ty(0).quant {
        Some(q) if q.scales.len() > 1 => site.fail("its input has several scales, which do not compare".into()),
        _ => Ok(()),
    }
}
