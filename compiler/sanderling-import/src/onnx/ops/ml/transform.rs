//! What becomes of scores: probabilities, and a score for the class that has none.

use sanderling_ir::{BinaryKind, Op, ReduceKind, UnaryKind, ValueId};

use crate::onnx::builder::Builder;
use crate::onnx::call::{Call, One};

/// Scores this near zero are zeros to SOFTMAX_ZERO.
const NOTHING: f64 = 1e-7;

/// The score of the first of two classes where only the second has one, `x`.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum First {
    /// `1 - x`
    Complement,
    /// `-x`
    Opposite,
}

/// The scores of each class after the node's transformation.
pub(super) fn post_transform(b: &mut Builder, call: &Call, scores: ValueId) -> One {
    let name = call.text("post_transform", "NONE")?;
    transformed(b, call, scores, &name)
}

/// Predictions after a transformation. As in onnxruntime, one target alone is only ever a PROBIT.
pub(super) fn of_targets(b: &mut Builder, call: &Call, y: ValueId, name: &str) -> One {
    let skipped = b.shape(y).last() == Some(&1) && matches!(name, "LOGISTIC" | "SOFTMAX" | "SOFTMAX_ZERO");
    if skipped { Ok(y) } else { transformed(b, call, y, name) }
}

fn transformed(b: &mut Builder, call: &Call, scores: ValueId, name: &str) -> One {
    match name {
        "NONE" => Ok(scores),
        "LOGISTIC" => b.unary(call, UnaryKind::Sigmoid, scores),
        "SOFTMAX" => b.push(call, Op::Softmax { beta: 1.0 }, &[scores]),
        "SOFTMAX_ZERO" => softmax_zero(b, call, scores),
        "PROBIT" => probit(b, call, scores),
        other => call.refuse("post_transform", other, "NONE, LOGISTIC, SOFTMAX, SOFTMAX_ZERO and PROBIT work"),
    }
}

/// The scores of both classes, `[rows, 2]`, from that of the second, `[rows, 1]`. As in onnxruntime, only a logistic
/// transformation changes them.
pub(super) fn both_classes(b: &mut Builder, call: &Call, score: ValueId, first: First) -> One {
    let transform = call.text("post_transform", "NONE")?;
    if !matches!(transform.as_str(), "NONE" | "LOGISTIC" | "SOFTMAX" | "SOFTMAX_ZERO") {
        return call.refuse(
            "post_transform",
            transform,
            "NONE and LOGISTIC work where one score is that of two classes",
        );
    }
    let is_logistic = transform == "LOGISTIC";
    let other = if is_logistic || first == First::Opposite {
        b.unary(call, UnaryKind::Neg, score)?
    } else {
        let one = b.scalar(call, score, 1.0)?;
        b.binary(call, BinaryKind::Sub, one, score)?
    };
    let both = b.concat(call, &[other, score], 1)?;
    if is_logistic { b.unary(call, UnaryKind::Sigmoid, both) } else { Ok(both) }
}

/// A softmax that leaves zeros near zero.
fn softmax_zero(b: &mut Builder, call: &Call, x: ValueId) -> One {
    let along = |kind: ReduceKind| Op::Reduce { kind, axes: vec![1], keep_dims: true };
    let most = b.push(call, along(ReduceKind::Max), &[x])?;
    let size = b.unary(call, UnaryKind::Abs, x)?;
    let limit = b.scalar(call, x, NOTHING)?;
    let counts = b.binary(call, BinaryKind::Greater, size, limit)?;
    let below = b.binary(call, BinaryKind::Sub, x, most)?;
    let exp = b.unary(call, UnaryKind::Exp, below)?;
    let zero = b.scalar(call, x, 0.0)?;
    let counted = b.push(call, Op::Select, &[counts, exp, zero])?;
    let sum = b.push(call, along(ReduceKind::Sum), &[counted])?;
    let opposite = b.unary(call, UnaryKind::Neg, most)?;
    let scale = b.unary(call, UnaryKind::Exp, opposite)?;
    let scaled = b.binary(call, BinaryKind::Mul, x, scale)?;
    let all = b.push(call, Op::Select, &[counts, exp, scaled])?;
    b.binary(call, BinaryKind::Div, all, sum)
}

/// The inverse of the normal distribution, by Winitzki's formula for the inverse error function, with the factor of
/// onnxruntime.
fn probit(b: &mut Builder, call: &Call, p: ValueId) -> One {
    let constant = |b: &mut Builder, value: f32| b.scalar(call, p, f64::from(value));
    let (one, two) = (constant(b, 1.0)?, constant(b, 2.0)?);
    let double = b.binary(call, BinaryKind::Mul, p, two)?;
    let x = b.binary(call, BinaryKind::Sub, double, one)?;
    let (less, more) = (b.binary(call, BinaryKind::Sub, one, x)?, b.binary(call, BinaryKind::Add, one, x)?);
    let product = b.binary(call, BinaryKind::Mul, less, more)?;
    let log = b.unary(call, UnaryKind::Log, product)?;
    let half = constant(b, 0.5)?;
    let half_log = b.binary(call, BinaryKind::Mul, log, half)?;
    let offset = constant(b, 2.0 / (std::f32::consts::PI * 0.147))?;
    let v = b.binary(call, BinaryKind::Add, offset, half_log)?;
    let factor = constant(b, 1.0 / 0.147)?;
    let w = b.binary(call, BinaryKind::Mul, factor, log)?;
    let square = b.binary(call, BinaryKind::Mul, v, v)?;
    let inside = b.binary(call, BinaryKind::Sub, square, w)?;
    let root = b.unary(call, UnaryKind::Sqrt, inside)?;
    let difference = b.binary(call, BinaryKind::Sub, root, v)?;
    let size = b.unary(call, UnaryKind::Sqrt, difference)?;
    let zero = constant(b, 0.0)?;
    let negative = b.binary(call, BinaryKind::Less, x, zero)?;
    let opposite = b.unary(call, UnaryKind::Neg, size)?;
    let signed = b.push(call, Op::Select, &[negative, opposite, size])?;
    let scale = constant(b, std::f32::consts::SQRT_2)?;
    b.binary(call, BinaryKind::Mul, signed, scale)
}
