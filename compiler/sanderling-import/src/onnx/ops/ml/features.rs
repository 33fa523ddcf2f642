//! What is done to features before a model sees them.

use sanderling_ir::{BinaryKind, DType, Op, ReduceKind, UnaryKind};

use super::{reals, rows};
use crate::onnx::builder::Builder;
use crate::onnx::call::{Call, One};

/// `(x - offset) * scale`, one of each for all features or for each.
pub(super) fn scaler(b: &mut Builder, call: &Call) -> One {
    let mut x = rows(b, call)?;
    let features = b.shape(x)[1];
    for (name, kind) in [("offset", BinaryKind::Sub), ("scale", BinaryKind::Mul)] {
        let values = reals(b, call, name)?;
        if values.is_empty() {
            continue;
        }
        if values.len() != 1 && values.len() != features {
            return call.fail(format!("{} values of {name} do not fit {features} features", values.len()));
        }
        let values = b.floats(call, &[values.len()], &values);
        x = b.binary(call, kind, x, values)?;
    }
    Ok(x)
}

/// Each row over its norm; rows of zeros stay as they are.
pub(super) fn normalizer(b: &mut Builder, call: &Call) -> One {
    let x = rows(b, call)?;
    let (before, kind) = match call.text("norm", "MAX")?.as_str() {
        "MAX" => (x, ReduceKind::Max),
        "L1" => (b.unary(call, UnaryKind::Abs, x)?, ReduceKind::Sum),
        "L2" => (b.binary(call, BinaryKind::Mul, x, x)?, ReduceKind::Sum),
        other => return call.refuse("norm", other, "MAX, L1 and L2 work"),
    };
    let total = b.push(call, Op::Reduce { kind, axes: vec![1], keep_dims: true }, &[before])?;
    let norm = if call.text("norm", "MAX")? == "L2" { b.unary(call, UnaryKind::Sqrt, total)? } else { total };
    let zero = b.scalar(call, norm, 0.0)?;
    let is_zero = b.binary(call, BinaryKind::Equal, norm, zero)?;
    let one = b.scalar(call, norm, 1.0)?;
    let divisor = b.push(call, Op::Select, &[is_zero, one, norm])?;
    b.binary(call, BinaryKind::Div, x, divisor)
}

/// A last axis with a 1 at the category of each element; none where it is not among them.
pub(super) fn one_hot(b: &mut Builder, call: &Call) -> One {
    let x = call.input(0)?;
    let Some(categories) = call.ints("cats_int64s")?.filter(|c| !c.is_empty()) else {
        return call.fail("it has no categories of integers");
    };
    let x = b.cast(call, x, DType::I64)?;
    let shape = [&b.shape(x)[..], &[1]].concat();
    let x = b.reshape(call, x, &shape)?;
    let categories = b.integers(call, &[categories.len()], categories);
    let hot = b.binary(call, BinaryKind::Equal, x, categories)?;
    b.cast(call, hot, DType::F32)
}

/// Elements of the last axis by their indices.
pub(super) fn extract(b: &mut Builder, call: &Call) -> One {
    let (x, indices) = (call.input(0)?, call.input(1)?);
    let Some(axis) = b.rank(x).checked_sub(1) else { return call.fail("a single number has no axis") };
    let count = b.ty(indices).elements();
    let indices = b.reshape(call, indices, &[count])?;
    let y = b.push(call, Op::Gather { axis }, &[x, indices])?;
    if axis == 0 { b.reshape(call, y, &[1, count]) } else { Ok(y) }
}
