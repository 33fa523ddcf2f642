//! Elementwise int8 ops.

use sanderling_format::calls::AddI8;
use sanderling_ir::{BinaryKind, Op};
use sanderling_oracle::params;

use crate::CompileError;
use crate::lower::Site;

pub fn binary(site: &mut Site) -> Result<u32, CompileError> {
    let Op::Binary { kind: BinaryKind::Add, .. } = site.node.op else {
        return site.fail("there is no int8 kernel for this function yet".into());
    };
    if site.ty(0).shape != site.ty(1).shape {
        return site.fail(format!("there is no int8 kernel to broadcast {} and {}", site.ty(0), site.ty(1)));
    }
    let ((scale_a, a_zero), (scale_b, b_zero)) = (site.quant(site.ty(0))?, site.quant(site.ty(1))?);
    let (scale, _) = site.quant(site.out_ty())?;
    let p = params::add_params(scale_a, scale_b, scale, site.out_ty().dtype);
    let call = AddI8 {
        len: site.out_ty().elements() as u32,
        a_zero,
        a_multiplier: p.a.multiplier,
        a_shift: p.a.shift,
        b_zero,
        b_multiplier: p.b.multiplier,
        b_shift: p.b.shift,
        multiplier: p.out.multiplier,
        shift: p.out.shift,
        clamp: site.clamp()?,
        a: site.at(0),
        b: site.at(1),
        output: site.out_at(),
    };
    site.call(&call)
}
