//! Nodes whose first input is an index, a count or a truth value.

use sanderling_format::calls::{BinaryInt, BinaryOp, LookupI8, ReduceInt, ReduceOp, Reduction, UnaryInt, UnaryOp};
use sanderling_ir::{Activation, BinaryKind, DType, Op, ReduceKind, UnaryKind};

use super::Site;
use super::data::{Walk, strides, words};
use crate::CompileError;

pub fn lower(site: &mut Site) -> Result<u32, CompileError> {
    if site.ty(0).quant.is_some() {
        return site.fail(format!("there is no kernel for an input of quantized {}", site.ty(0)));
    }
    match &site.node.op {
        Op::Unary { kind } => unary(site, *kind),
        Op::Binary { kind, activation } => binary(site, *kind, *activation),
        Op::Reduce { kind, axes, .. } => reduce(site, *kind, axes),
        _ => site.no_kernel(),
    }
}

/// The kernels' name of a function of two values.
pub fn binary_op(kind: BinaryKind) -> BinaryOp {
    match kind {
        BinaryKind::Add => BinaryOp::Add,
        BinaryKind::Sub => BinaryOp::Sub,
        BinaryKind::Mul => BinaryOp::Mul,
        BinaryKind::Div => BinaryOp::Div,
        BinaryKind::Pow => BinaryOp::Pow,
        BinaryKind::Min => BinaryOp::Min,
        BinaryKind::Max => BinaryOp::Max,
        BinaryKind::SquaredDifference => BinaryOp::SquaredDifference,
        BinaryKind::Equal => BinaryOp::Equal,
        BinaryKind::Less => BinaryOp::Less,
        BinaryKind::LessEqual => BinaryOp::LessEqual,
        BinaryKind::Greater => BinaryOp::Greater,
        BinaryKind::GreaterEqual => BinaryOp::GreaterEqual,
        BinaryKind::And => BinaryOp::And,
        BinaryKind::Or => BinaryOp::Or,
    }
}

/// The kernels' name of a reduction.
pub fn reduce_op(kind: ReduceKind) -> ReduceOp {
    match kind {
        ReduceKind::Sum => ReduceOp::Sum,
        ReduceKind::Mean => ReduceOp::Mean,
        ReduceKind::Max => ReduceOp::Max,
        ReduceKind::Min => ReduceOp::Min,
        ReduceKind::Prod => ReduceOp::Prod,
    }
}

/// How a reduction of the first input walks: axes that stay and axes that go.
pub fn reduction(site: &Site, axes: &[usize]) -> Result<Reduction, CompileError> {
    let shape = &site.ty(0).shape;
    let own = strides(shape);
    let half = |reduced: bool| {
        let (dims, strides) =
            (0..shape.len()).filter(|i| axes.contains(i) == reduced).map(|i| (shape[i], own[i])).unzip();
        words(&Walk { dims, strides: [strides] }.merged())
    };
    let (Some((kept, [kept_strides])), Some((gone, [gone_strides]))) = (half(false), half(true)) else {
        return site.fail("it alternates between more axes that stay and go than kernels take".into());
    };
    Ok(Reduction { kept, kept_strides, gone, gone_strides, in_len: site.ty(0).elements() as u32 })
}

fn unary(site: &mut Site, kind: UnaryKind) -> Result<u32, CompileError> {
    let len = site.out_ty().elements() as u32;
    if site.ty(0).dtype.bytes() == 1 {
        let table = site.table(&site.node.op, site.ty(0), |all| vec![all])?;
        let (input, table) = (site.at(0), site.artifact.constant(&table));
        return site.call(&LookupI8 { len, input, table, output: site.out_at() });
    }
    let (mut low, mut high) = (i64::MIN, i64::MAX);
    let op = match kind {
        UnaryKind::Neg => UnaryOp::Neg,
        UnaryKind::Abs => UnaryOp::Abs,
        UnaryKind::Sign => UnaryOp::Sign,
        UnaryKind::Not => UnaryOp::Not,
        // Integers are whole: rounding them leaves them.
        UnaryKind::Floor | UnaryKind::Ceil | UnaryKind::Round => UnaryOp::Clamp,
        UnaryKind::Clamp { min, max } => {
            (low, high) = (min.ceil() as i64, max.floor() as i64);
            UnaryOp::Clamp
        }
        _ => return site.no_kernel(),
    };
    let call = UnaryInt {
        op: op as u32,
        numeric: site.numeric(site.ty(0)) as u32,
        len,
        low: low as u64,
        high: high as u64,
        input: site.at(0),
        output: site.out_at(),
    };
    site.call(&call)
}

fn binary(site: &mut Site, kind: BinaryKind, activation: Activation) -> Result<u32, CompileError> {
    let op = binary_op(kind);
    let (low, high) = match activation {
        Activation::None => (i64::MIN, i64::MAX),
        Activation::Relu => (0, i64::MAX),
        Activation::Relu6 => (0, 6),
        Activation::ReluN1To1 => (-1, 1),
    };
    let call = BinaryInt {
        op: op as u32,
        numeric: site.numeric(site.ty(0)) as u32,
        operands: site.broadcast(0, 1)?,
        low: low as u64,
        high: high as u64,
        a: site.at(0),
        b: site.at(1),
        output: site.out_at(),
    };
    site.call(&call)
}

fn reduce(site: &mut Site, kind: ReduceKind, axes: &[usize]) -> Result<u32, CompileError> {
    if site.out_ty().dtype == DType::Bool && matches!(kind, ReduceKind::Mean) {
        return site.fail("truth values have no mean".into());
    }
    let call = ReduceInt {
        op: reduce_op(kind) as u32,
        numeric: site.numeric(site.ty(0)) as u32,
        shape: reduction(site, axes)?,
        input: site.at(0),
        output: site.out_at(),
    };
    site.call(&call)
}
