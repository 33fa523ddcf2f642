//! Products of two 8-bit matrices.

use sanderling_format::calls::{Broadcast, MatMulI8};
use sanderling_oracle::params::{self, Multiplier};

use crate::CompileError;
use crate::lower::Site;
use crate::lower::data::{Walk, broadcast_strides};

pub fn mat_mul(site: &mut Site) -> Result<u32, CompileError> {
    let (a, b, out) = (site.ty(0).shape.clone(), site.ty(1).shape.clone(), site.out_ty().shape.clone());
    let (rank_a, rank_b, rank) = (a.len(), b.len(), out.len());
    let dims = out[..rank - 2].to_vec();
    let strides = [broadcast_strides(&a[..rank_a - 2], &dims), broadcast_strides(&b[..rank_b - 2], &dims)];
    let (dims, [a_strides, b_strides]) = site.walk(&Walk { dims, strides })?;
    let matrices = |shape: &[usize]| shape[..shape.len() - 2].iter().product::<usize>() as u32;
    let ((scale_a, a_zero), (scale_b, b_zero)) = (site.quant(site.ty(0))?, site.quant(site.ty(1))?);
    let (scale, _) = site.quant(site.out_ty())?;
    let Multiplier { multiplier, shift } = Multiplier::new(params::legacy_conv_multiplier(scale_a, scale_b, scale));
    let call = MatMulI8 {
        batch: Broadcast { dims, a_strides, b_strides, a_len: matrices(&a), b_len: matrices(&b) },
        rows: out[rank - 2] as u32,
        depth: a[rank_a - 1] as u32,
        columns: out[rank - 1] as u32,
        a_zero,
        b_zero,
        multiplier,
        shift,
        clamp: site.clamp()?,
        a: site.at(0),
        b: site.at(1),
        output: site.out_at(),
    };
    site.call(&call)
}
