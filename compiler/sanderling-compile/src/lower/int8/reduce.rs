//! Reductions of 8-bit values.

use sanderling_format::calls::{Clamp, ReduceI8, ReduceOp};
use sanderling_ir::{Op, ReduceKind};
use sanderling_oracle::params::{self, Multiplier};

use crate::CompileError;
use crate::lower::Site;
use crate::lower::integer::{reduce_op, reduction};

pub fn reduce(site: &mut Site, kind: ReduceKind, axes: &[usize]) -> Result<u32, CompileError> {
    let ((scale_in, input_zero), (scale, zero)) = (site.quant(site.ty(0))?, site.quant(site.out_ty())?);
    let count = axes.iter().map(|&a| site.ty(0).shape[a]).product();
    let Multiplier { multiplier, shift } = match kind {
        ReduceKind::Mean => params::mean_multiplier(scale_in, scale, count),
        ReduceKind::Sum => Multiplier::new(params::requantize_multiplier(scale_in, scale)),
        ReduceKind::Max | ReduceKind::Min => Multiplier::default(),
        ReduceKind::Prod => return site.fail("there is no kernel for products of 8-bit values".into()),
    };
    let op = reduce_op(kind);
    let chooses = op == ReduceOp::Max || op == ReduceOp::Min;
    // Rescaling keeps the order, so that it can follow.
    let rescaled = chooses && (scale_in, input_zero) != (scale, zero);
    let call = ReduceI8 {
        op: op as u32,
        shape: reduction(site, axes)?,
        input_zero,
        multiplier,
        shift,
        clamp: Clamp { zero, low: -128, high: 127 },
        input: site.at(0),
        output: site.out_at(),
    };
    site.call_part(&call, !rescaled)?;
    if rescaled {
        let table = site.table(&Op::Reshape { shape: vec![256] }, site.ty(0), |all| vec![all])?;
        return site.map_output(&table);
    }
    Ok(0)
}
