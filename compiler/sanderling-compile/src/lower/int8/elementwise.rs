//! Elementwise ops on 8-bit values.

use sanderling_format::calls::{AddI8, BinaryI8, Clamp, LookupI8};
use sanderling_ir::{BinaryKind, Op, Source, Tensor, TensorType};
use sanderling_oracle::params::{self, Multiplier};

use crate::CompileError;
use crate::lower::Site;
use crate::lower::integer::binary_op;

/// A function of one value: the oracle knows it for all 256.
pub fn table(site: &mut Site) -> Result<u32, CompileError> {
    if site.out_ty().dtype.bytes() != 1 {
        return site.fail(format!("there is no kernel from 8 bits to {}", site.out_ty()));
    }
    let table = site.table(&site.node.op, site.ty(0), |all| vec![all])?;
    lookup(site, 0, table)
}

fn lookup(site: &mut Site, input: usize, table: [u8; 256]) -> Result<u32, CompileError> {
    let call = LookupI8 {
        len: site.out_ty().elements() as u32,
        input: site.at(input),
        table: site.artifact.constant(&table),
        output: site.out_at(),
    };
    site.call(&call)
}

pub fn binary(site: &mut Site) -> Result<u32, CompileError> {
    let Op::Binary { kind, .. } = site.node.op else {
        return site.fail("not a function of two values".into());
    };
    if let Some(result) = with_constant(site)? {
        return Ok(result);
    }
    if kind == BinaryKind::Add && site.ty(0).shape == site.ty(1).shape {
        return add(site);
    }
    let op = binary_op(kind);
    let steps = steps(site, kind)?;
    let clamp = match kind {
        // LiteRT's kernels know no activation here.
        BinaryKind::Min | BinaryKind::Max => Clamp { zero: site.quant(site.out_ty())?.1, low: -128, high: 127 },
        kind if kind.is_comparison() => Clamp { zero: 0, low: -128, high: 127 },
        _ => site.clamp()?,
    };
    let call = BinaryI8 {
        op: op as u32,
        operands: site.broadcast(0, 1)?,
        left_shift: steps.left_shift,
        a_zero: site.quant(site.ty(0))?.1,
        a_multiplier: steps.a.multiplier,
        a_shift: steps.a.shift,
        b_zero: site.quant(site.ty(1))?.1,
        b_multiplier: steps.b.multiplier,
        b_shift: steps.b.shift,
        multiplier: steps.out.multiplier,
        shift: steps.out.shift,
        clamp,
        a: site.at(0),
        b: site.at(1),
        output: site.out_at(),
    };
    site.call(&call)
}

/// How both values and the result are rescaled.
fn steps(site: &Site, kind: BinaryKind) -> Result<params::AddParams, CompileError> {
    let (scale_a, zero_a) = site.quant(site.ty(0))?;
    let (scale_b, zero_b) = site.quant(site.ty(1))?;
    if kind.is_comparison() {
        let [a, b] = [scale_a, scale_b].map(|scale| Multiplier::new(f64::from(scale)));
        return Ok(params::AddParams { left_shift: 8, a, b, out: Multiplier::default() });
    }
    let (scale, zero) = site.quant(site.out_ty())?;
    let dtype = site.out_ty().dtype;
    let own = |from: (f32, i32)| match from == (scale, zero) {
        true => Multiplier::new(1.0),
        false => Multiplier::new(params::requantize_multiplier(from.0, scale)),
    };
    Ok(match kind {
        BinaryKind::Add => params::add_params(scale_a, scale_b, scale, dtype),
        BinaryKind::Sub => params::sub_params(scale_a, scale_b, scale, dtype),
        BinaryKind::SquaredDifference => params::squared_difference_params(scale_a, scale_b, scale),
        BinaryKind::Mul => {
            let out = Multiplier::new(params::mul_multiplier(scale_a, scale_b, scale));
            params::AddParams { left_shift: 0, a: Multiplier::default(), b: Multiplier::default(), out }
        }
        BinaryKind::Min | BinaryKind::Max => {
            let (a, b) = (own((scale_a, zero_a)), own((scale_b, zero_b)));
            params::AddParams { left_shift: 0, a, b, out: Multiplier::default() }
        }
        _ => return site.fail(format!("there is no kernel for {kind:?} of two 8-bit tensors; one may be a constant")),
    })
}

/// With a constant of one element it is a function of one value.
fn with_constant(site: &mut Site) -> Result<Option<u32>, CompileError> {
    for (constant, other) in [(1, 0), (0, 1)] {
        let Source::Constant(tensor) = &site.graph.values[site.node.inputs[constant].0].source else { continue };
        if tensor.ty.elements() != 1 || site.ty(other).elements() != site.out_ty().elements() {
            continue;
        }
        let scalar = Tensor { ty: TensorType { shape: vec![1], ..tensor.ty.clone() }, data: tensor.data.clone() };
        let pair = |all: Tensor| if constant == 1 { vec![all, scalar.clone()] } else { vec![scalar.clone(), all] };
        let table = site.table(&site.node.op, site.ty(other), pair)?;
        return lookup(site, other, table).map(Some);
    }
    Ok(None)
}

fn add(site: &mut Site) -> Result<u32, CompileError> {
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
