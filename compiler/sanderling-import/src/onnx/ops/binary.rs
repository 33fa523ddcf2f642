//! Functions of two and more values, elementwise.

use sanderling_ir::{BinaryKind, DType, Op, UnaryKind, ValueId};

use crate::ImportError;
use crate::onnx::builder::Builder;
use crate::onnx::call::{Call, One};

/// The functions of two values that the graph has itself.
pub(crate) fn kind(op: &str) -> Option<BinaryKind> {
    Some(match op {
        "Add" => BinaryKind::Add,
        "And" => BinaryKind::And,
        "Div" => BinaryKind::Div,
        "Equal" => BinaryKind::Equal,
        "Greater" => BinaryKind::Greater,
        "GreaterOrEqual" => BinaryKind::GreaterEqual,
        "Less" => BinaryKind::Less,
        "LessOrEqual" => BinaryKind::LessEqual,
        "Mul" => BinaryKind::Mul,
        "Or" => BinaryKind::Or,
        "Sub" => BinaryKind::Sub,
        _ => return None,
    })
}

pub(crate) fn plain(b: &mut Builder, call: &Call, kind: BinaryKind) -> One {
    let (x, y) = operands(b, call)?;
    b.binary(call, kind, x, y)
}

/// The two inputs, the second where the first operator sets put it if it has fewer axes.
fn operands(b: &mut Builder, call: &Call) -> Result<(ValueId, ValueId), ImportError> {
    let (x, y) = (call.input(0)?, call.input(1)?);
    if call.opset >= 7 || !call.flag("broadcast")? || !call.has("axis") {
        return Ok((x, y));
    }
    let axis = call.axis(call.int("axis", 0)?, b.rank(x))?;
    let mut shape = b.shape(y);
    if axis + shape.len() > b.rank(x) {
        return call.fail(format!("{} does not fit {} from axis {axis}", b.ty(y), b.ty(x)));
    }
    shape.resize(b.rank(x) - axis, 1);
    Ok((x, b.reshape(call, y, &shape)?))
}

pub(crate) fn xor(b: &mut Builder, call: &Call) -> One {
    let equal = b.binary(call, BinaryKind::Equal, call.input(0)?, call.input(1)?)?;
    b.unary(call, UnaryKind::Not, equal)
}

/// `x^y`; the powers that models use most are cheaper than a general one.
pub(crate) fn pow(b: &mut Builder, call: &Call) -> One {
    let (x, y) = operands(b, call)?;
    let dtype = b.ty(x).dtype;
    match b.maybe_scalar(call, y)? {
        Some(1.0) if b.rank(y) <= b.rank(x) => return Ok(x),
        Some(2.0) if b.rank(y) <= b.rank(x) => return b.binary(call, BinaryKind::Mul, x, x),
        Some(0.5) if b.rank(y) <= b.rank(x) && dtype == DType::F32 => return b.unary(call, UnaryKind::Sqrt, x),
        _ => {}
    }
    let y = b.cast(call, y, dtype)?;
    b.binary(call, BinaryKind::Pow, x, y)
}

/// One function over any number of values, from the left.
pub(crate) fn chain(b: &mut Builder, call: &Call, kind: BinaryKind) -> One {
    let inputs = call.every_input()?;
    let mut total = inputs[0];
    for &next in &inputs[1..] {
        total = b.binary(call, kind, total, next)?;
    }
    Ok(total)
}

pub(crate) fn mean(b: &mut Builder, call: &Call) -> One {
    let total = chain(b, call, BinaryKind::Add)?;
    let factor = b.scalar(call, total, 1.0 / call.inputs.len() as f64)?;
    b.binary(call, BinaryKind::Mul, total, factor)
}

pub(crate) fn select(b: &mut Builder, call: &Call) -> One {
    b.push(call, Op::Select, &[call.input(0)?, call.input(1)?, call.input(2)?])
}
