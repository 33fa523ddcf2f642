//! Reductions, and the search for large elements.

use sanderling_ir::{Activation, BinaryKind, DType, Op, ReduceKind, UnaryKind, ValueId};

use crate::ImportError;
use crate::onnx::builder::Builder;
use crate::onnx::call::{Call, Many, One};

/// The axes as an attribute or, from the opset on that made them one, as an input; `None` if the node does nothing.
fn axes(b: &Builder, call: &Call, x: ValueId) -> Result<Option<Vec<usize>>, ImportError> {
    let given = match (call.ints("axes")?, call.optional(1)) {
        (Some(axes), _) => axes.to_vec(),
        (None, Some(axes)) => b.known_ints(call, axes, "the list of axes")?,
        (None, None) => Vec::new(),
    };
    if given.is_empty() {
        let nothing = call.flag("noop_with_empty_axes")?;
        return Ok(if nothing { None } else { Some((0..b.rank(x)).collect()) });
    }
    call.axes(&given, b.rank(x)).map(Some)
}

/// What happens to the elements before and after they are summed up.
pub(crate) fn reduce(b: &mut Builder, call: &Call) -> One {
    let x = call.input(0)?;
    let kind = match call.op() {
        "ReduceMean" => ReduceKind::Mean,
        "ReduceMax" => ReduceKind::Max,
        "ReduceMin" => ReduceKind::Min,
        "ReduceProd" => ReduceKind::Prod,
        _ => ReduceKind::Sum,
    };
    let before = match call.op() {
        "ReduceL1" => b.unary(call, UnaryKind::Abs, x)?,
        "ReduceL2" | "ReduceSumSquare" => b.binary(call, BinaryKind::Mul, x, x)?,
        _ => x,
    };
    let keep_dims = call.int("keepdims", 1)? != 0;
    let axes = axes(b, call, x)?;
    if call.op() == "ReduceLogSumExp" {
        return log_sum_exp(b, call, x, axes, keep_dims);
    }
    let total = match axes {
        Some(axes) => b.push(call, Op::Reduce { kind, axes, keep_dims }, &[before])?,
        None => before,
    };
    match call.op() {
        "ReduceL2" => b.unary(call, UnaryKind::Sqrt, total),
        "ReduceLogSum" => b.unary(call, UnaryKind::Log, total),
        _ => Ok(total),
    }
}

/// Exponentials of what is left above the largest element, so that those of large numbers stay finite, and of small ones
/// above zero.
fn log_sum_exp(b: &mut Builder, call: &Call, x: ValueId, axes: Option<Vec<usize>>, keep_dims: bool) -> One {
    let Some(axes) = axes else { return Ok(x) };
    let along = |kind: ReduceKind| Op::Reduce { kind, axes: axes.clone(), keep_dims: true };
    let most = b.push(call, along(ReduceKind::Max), &[x])?;
    let rest = b.binary(call, BinaryKind::Sub, x, most)?;
    let exp = b.unary(call, UnaryKind::Exp, rest)?;
    let sum = b.push(call, along(ReduceKind::Sum), &[exp])?;
    let log = b.unary(call, UnaryKind::Log, sum)?;
    let y = b.binary(call, BinaryKind::Add, log, most)?;
    let shape = b.shape(x);
    let kept = shape.iter().enumerate().filter(|(i, _)| !axes.contains(i)).map(|(_, &n)| n);
    if keep_dims { Ok(y) } else { b.reshape(call, y, &kept.collect::<Vec<_>>()) }
}

/// Sums of all elements up to each along an axis: a product with a triangle of ones.
pub(crate) fn cumulative_sum(b: &mut Builder, call: &Call) -> One {
    let x = call.input(0)?;
    if b.ty(x).dtype != DType::F32 {
        return call.fail(format!("{} should be f32", b.ty(x)));
    }
    let &[axis] = &b.known_ints(call, call.input(1)?, "the axis")?[..] else {
        return call.fail("the axis should be one number");
    };
    let (rank, axis) = (b.rank(x), call.axis(axis, b.rank(x))?);
    let mut perm: Vec<usize> = (0..rank).collect();
    perm.swap(axis, rank - 1);
    let x = b.transpose(call, x, &perm)?;
    let (shape, count) = (b.shape(x), b.shape(x)[rank - 1]);
    b.charge(count.saturating_mul(count))?;
    let (reverse, exclusive) = (call.flag("reverse")?, call.flag("exclusive")?);
    let adds = |to: usize, from: usize| (if reverse { from > to } else { from < to }) || (from == to && !exclusive);
    let ones: Vec<f32> = (0..count * count).map(|i| f32::from(u8::from(adds(i / count, i % count)))).collect();
    let weights = b.floats(call, &[count, count], &ones);
    let bias = b.floats(call, &[count], &vec![0.0; count]);
    let rows = b.reshape(call, x, &[shape[..rank - 1].iter().product(), count])?;
    let y = b.push(call, Op::FullyConnected { activation: Activation::None }, &[rows, weights, bias])?;
    let y = b.reshape(call, y, &shape)?;
    b.transpose(call, y, &perm)
}

pub(crate) fn arg_max(b: &mut Builder, call: &Call) -> One {
    let x = call.input(0)?;
    if call.flag("select_last_index")? {
        return call.refuse("select_last_index", 1, "0 works");
    }
    let mut shape = b.shape(x);
    let axis = call.axis(call.int("axis", 0)?, shape.len())?;
    let searched = if call.op() == "ArgMin" { b.unary(call, UnaryKind::Neg, x)? } else { x };
    let y = b.push(call, Op::ArgMax { axis, dtype: DType::I64 }, &[searched])?;
    if call.int("keepdims", 1)? == 0 {
        return Ok(y);
    }
    shape[axis] = 1;
    b.reshape(call, y, &shape)
}

pub(crate) fn top_k(b: &mut Builder, call: &Call) -> Many {
    let x = call.input(0)?;
    let k = match call.optional(1) {
        Some(k) => b.known_ints(call, k, "the number of elements")?.first().copied().unwrap_or(0),
        None => call.int("k", 0)?,
    };
    let k = call.size("k", k)?;
    let rank = b.rank(x);
    let axis = call.axis(call.int("axis", -1)?, rank)?;
    let smallest = call.int("largest", 1)? == 0;
    let mut perm: Vec<usize> = (0..rank).collect();
    perm.swap(axis, rank - 1);
    let x = b.transpose(call, x, &perm)?;
    let searched = if smallest { b.unary(call, UnaryKind::Neg, x)? } else { x };
    let [values, indices] = b.push_all(call, Op::TopK { k }, &[searched])?[..] else {
        return call.fail("it has no indices");
    };
    let values = if smallest { b.unary(call, UnaryKind::Neg, values)? } else { values };
    Ok(vec![b.transpose(call, values, &perm)?, b.transpose(call, indices, &perm)?])
}
