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

/// Elements of the last axis by their indices.
pub(super) fn extract(b: &mut Builder, call: &Call) -> One {
    let (x, indices) = (call.input(0)?, call.input(1)?);
    let Some(axis) = b.rank(x).checked_sub(1) else { return call.fail("a single number has no axis") };
    let count = b.ty(indices).elements();
    let indices = b.reshape(call, indices, &[count])?;
    let y = b.push(call, Op::Gather { axis }, &[x, indices])?;
    if axis == 0 { b.reshape(call, y, &[1, count]) } else { Ok(y) }
}

/// 1 where above the threshold, 0 elsewhere.
pub(super) fn binarizer(b: &mut Builder, call: &Call) -> One {
    let x = call.input(0)?;
    let x = b.cast(call, x, DType::F32)?;
    let threshold = b.scalar(call, x, f64::from(call.float("threshold", 0.0)?))?;
    let above = b.binary(call, BinaryKind::Greater, x, threshold)?;
    b.cast(call, above, DType::F32)
}

/// All inputs side by side.
pub(super) fn vectorizer(b: &mut Builder, call: &Call) -> One {
    let mut parts = Vec::new();
    for x in call.every_input()? {
        let x = b.cast(call, x, DType::F32)?;
        let shape = b.shape(x);
        let rows = if shape.len() < 2 { 1 } else { shape[0] };
        parts.push(b.reshape(call, x, &[rows, b.ty(x).elements() / rows.max(1)])?);
    }
    b.concat(call, &parts, 1)
}

/// A value of its own for what is missing, one for all features or for each.
pub(super) fn imputer(b: &mut Builder, call: &Call) -> One {
    let x = call.input(0)?;
    let of_reals = reals(b, call, "imputed_value_floats")?;
    let of_integers = call.ints("imputed_value_int64s")?.unwrap_or_default();
    let (values, missing) = match (&of_reals[..], of_integers) {
        ([_, ..], _) => {
            let missing = call.float("replaced_value_float", 0.0)?;
            (b.floats(call, &[of_reals.len()], &of_reals), b.floats(call, &[], &[missing]))
        }
        (_, [_, ..]) => {
            let missing = call.int("replaced_value_int64", 0)?;
            (b.integers(call, &[of_integers.len()], of_integers), b.integers(call, &[], &[missing]))
        }
        _ => return call.fail("it has neither imputed_value_floats nor imputed_value_int64s"),
    };
    let (count, features) = (b.ty(values).elements(), b.shape(x).last().copied().unwrap_or(1));
    if count != 1 && count != features {
        return call.fail(format!("{count} imputed values do not fit {features} features"));
    }
    let x = b.cast(call, x, b.ty(values).dtype)?;
    if b.graph.tensor(missing).is_some_and(|t| t.ty.dtype == DType::F32 && t.as_f32()[0].is_nan()) {
        // NaN alone differs from itself.
        let is_there = b.binary(call, BinaryKind::Equal, x, x)?;
        return b.push(call, Op::Select, &[is_there, x, values]);
    }
    let is_missing = b.binary(call, BinaryKind::Equal, x, missing)?;
    b.push(call, Op::Select, &[is_missing, values, x])
}
