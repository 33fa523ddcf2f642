//! Softmax and its logarithm.

use sanderling_ir::{BinaryKind, Op, ReduceKind, UnaryKind, ValueId};

use crate::onnx::builder::Builder;
use crate::onnx::call::{Call, One};

/// Computes `along` over the axis of the node, as the last one.
///
/// Until opset 12 the axes from `axis` on count as one.
fn over_axis(b: &mut Builder, call: &Call, along: impl FnOnce(&mut Builder, ValueId) -> One) -> One {
    let x = call.input(0)?;
    let shape = b.shape(x);
    let axis = call.axis(call.int("axis", if call.opset < 13 { 1 } else { -1 })?, shape.len().max(1))?;
    let after = shape.get(axis + 1..).unwrap_or_default();
    if call.opset < 13 && after.iter().any(|&n| n != 1) {
        let (rows, columns) = (shape[..axis].iter().product(), shape[axis..].iter().product());
        let flat = b.reshape(call, x, &[rows, columns])?;
        let y = along(b, flat)?;
        return b.reshape(call, y, &shape);
    }
    let mut perm: Vec<usize> = (0..shape.len()).collect();
    if !shape.is_empty() {
        // A swap undoes itself.
        perm.swap(axis, shape.len() - 1);
    }
    let last = b.transpose(call, x, &perm)?;
    let y = along(b, last)?;
    b.transpose(call, y, &perm)
}

pub(crate) fn softmax(b: &mut Builder, call: &Call) -> One {
    over_axis(b, call, |b, x| b.push(call, Op::Softmax { beta: 1.0 }, &[x]))
}

/// `x - max - log(sum(exp(x - max)))`, which small probabilities survive.
pub(crate) fn log_softmax(b: &mut Builder, call: &Call) -> One {
    over_axis(b, call, |b, x| {
        let axes = vec![b.rank(x).saturating_sub(1)];
        let reduce = |kind| Op::Reduce { kind, axes: axes.clone(), keep_dims: true };
        let most = b.push(call, reduce(ReduceKind::Max), &[x])?;
        let shifted = b.binary(call, BinaryKind::Sub, x, most)?;
        let powers = b.unary(call, UnaryKind::Exp, shifted)?;
        let total = b.push(call, reduce(ReduceKind::Sum), &[powers])?;
        let log = b.unary(call, UnaryKind::Log, total)?;
        b.binary(call, BinaryKind::Sub, shifted, log)
    })
}
