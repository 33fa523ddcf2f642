//! Softmax on 8-bit values.

use sanderling_format::calls::SoftmaxI8;
use sanderling_ir::Op;
use sanderling_oracle::params;

use crate::CompileError;
use crate::lower::Site;

pub fn softmax(site: &mut Site) -> Result<u32, CompileError> {
    let Op::Softmax { beta } = site.node.op else {
        return site.fail("not a softmax".into());
    };
    if site.quant(site.out_ty())? != (1.0 / 256.0, -128) {
        return site.fail("the output of an 8-bit softmax should have scale 1/256 and the smallest zero point".into());
    }
    let p = params::softmax_params(site.quant(site.ty(0))?.0, beta);
    let depth = site.ty(0).shape.last().copied().unwrap_or(1);
    let call = SoftmaxI8 {
        rows: (site.ty(0).elements() / depth.max(1)) as u32,
        depth: depth as u32,
        multiplier: p.multiplier.multiplier,
        shift: p.multiplier.shift,
        diff_min: p.diff_min,
        input: site.at(0),
        output: site.out_at(),
    };
    site.call(&call)
}
