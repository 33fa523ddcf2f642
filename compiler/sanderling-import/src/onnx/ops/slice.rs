//! Parts of tensors, and tensors from parts.

use sanderling_ir::{Op, PadMode, ValueId};

use crate::ImportError;
use crate::onnx::builder::Builder;
use crate::onnx::call::{Call, MOST, Many, One};

/// `size` elements from `start`, `step` apart, of an axis with `n`.
fn range(n: usize, start: i64, end: i64, step: i64) -> (usize, usize) {
    let n = n as i128;
    let from_start = |i: i64| if i < 0 { i128::from(i) + n } else { i128::from(i) };
    let (start, end, step) = (from_start(start), from_start(end), i128::from(step));
    let (start, end) = match step > 0 {
        true => (start.clamp(0, n), end.clamp(0, n)),
        false => (start.clamp(0, (n - 1).max(0)), end.clamp(-1, (n - 1).max(-1))),
    };
    let span = if step > 0 { end - start } else { start - end };
    let count = if span <= 0 || n == 0 { 0 } else { (span - 1) / step.abs() + 1 };
    (start as usize, count as usize)
}

/// Starts, ends, axes and steps: attributes until opset 9, then inputs.
pub(crate) fn slice(b: &mut Builder, call: &Call) -> One {
    let x = call.input(0)?;
    let list = |index: usize, name: &str| -> Result<Option<Vec<i64>>, ImportError> {
        match (call.optional(index), call.ints(name)?) {
            (Some(id), _) => b.known_ints(call, id, name).map(Some),
            (None, found) => Ok(found.map(<[i64]>::to_vec)),
        }
    };
    let (Some(starts), Some(ends)) = (list(1, "starts")?, list(2, "ends")?) else {
        return call.fail("starts or ends are missing");
    };
    let axes = list(3, "axes")?.unwrap_or_else(|| (0..starts.len() as i64).collect());
    let steps = list(4, "steps")?.unwrap_or_else(|| vec![1; starts.len()]);
    if [ends.len(), axes.len(), steps.len()] != [starts.len(); 3] {
        return call.fail("starts, ends, axes and steps differ in number");
    }
    call.axes(&axes, b.rank(x))?;
    let mut size = b.shape(x);
    let (mut start, mut step) = (vec![0; size.len()], vec![1isize; size.len()]);
    for i in 0..axes.len() {
        let axis = call.axis(axes[i], size.len())?;
        if steps[i] == 0 {
            return call.fail("a step must not be 0");
        }
        (start[axis], size[axis]) = range(size[axis], starts[i], ends[i], steps[i]);
        // A step beyond any axis takes one element, however large it is.
        step[axis] = steps[i].clamp(-(MOST as i64), MOST as i64) as isize;
    }
    part(b, call, x, start, step, size)
}

fn part(b: &mut Builder, call: &Call, x: ValueId, start: Vec<usize>, step: Vec<isize>, size: Vec<usize>) -> One {
    match b.ty(x).shape == size && step.iter().all(|&s| s == 1) {
        true => Ok(x),
        false => b.push(call, Op::Slice { start, step, size }, &[x]),
    }
}

pub(crate) fn concat(b: &mut Builder, call: &Call) -> One {
    let inputs = call.every_input()?;
    let axis = call.axis(call.int("axis", 1)?, b.rank(inputs[0]))?;
    b.concat(call, &inputs, axis)
}

/// Sizes as an attribute until opset 12, then as an input, or equal ones.
pub(crate) fn split(b: &mut Builder, call: &Call) -> Many {
    let x = call.input(0)?;
    let axis = call.axis(call.int("axis", 0)?, b.rank(x))?;
    let n = b.shape(x)[axis];
    let given = match (call.ints("split")?, call.optional(1)) {
        (Some(sizes), _) => Some(sizes.to_vec()),
        (None, Some(id)) => Some(b.known_ints(call, id, "the list of sizes")?),
        (None, None) => None,
    };
    let count = call.node.output.len();
    let sizes = match given {
        Some(sizes) => super::shape::sizes(call, "split", &sizes)?,
        // The last part may be smaller.
        None => (0..count).map(|i| n.div_ceil(count).min(n.saturating_sub(i * n.div_ceil(count)))).collect(),
    };
    if sizes.len() != count || sizes.iter().try_fold(0usize, |all, &n| all.checked_add(n)) != Some(n) {
        return call.fail(format!("parts of {sizes:?} do not make up axis {axis} of {}", b.ty(x)));
    }
    let mut first = 0;
    let mut parts = Vec::with_capacity(count);
    for size in sizes {
        parts.push(b.part(call, x, axis, first, size)?);
        first += size;
    }
    Ok(parts)
}

/// Negative padding cuts off.
pub(crate) fn pad(b: &mut Builder, call: &Call) -> One {
    let x = call.input(0)?;
    let rank = b.rank(x);
    let pads = match (call.optional(1), call.ints("pads")?, call.ints("paddings")?) {
        (Some(id), _, _) => b.known_ints(call, id, "the padding")?,
        (None, Some(pads), _) | (None, None, Some(pads)) => pads.to_vec(),
        (None, None, None) => return call.fail("the padding is missing"),
    };
    let axes = match call.optional(3) {
        Some(id) => b.known_ints(call, id, "the list of axes")?,
        None => (0..rank as i64).collect(),
    };
    call.axes(&axes, rank)?;
    if pads.len() != 2 * axes.len() {
        return call.fail(format!("{} pads do not fit {} axes", pads.len(), axes.len()));
    }
    let (mut before, mut after) = (vec![0; rank], vec![0; rank]);
    for (i, &axis) in axes.iter().enumerate() {
        let axis = call.axis(axis, rank)?;
        (before[axis], after[axis]) = (pads[i], pads[axes.len() + i]);
    }
    let x = cut(b, call, x, &before, &after)?;
    let grow = |values: &[i64]| values.iter().map(|&n| call.size("pads", n.max(0))).collect::<Result<Vec<_>, _>>();
    let (before, after) = (grow(&before)?, grow(&after)?);
    if before.iter().chain(&after).all(|&n| n == 0) {
        return Ok(x);
    }
    let mode = mode(b, call)?;
    let reach = |i: usize| before[i].max(after[i]);
    if mode == PadMode::Reflect && (0..rank).any(|i| reach(i) > 0 && reach(i) >= b.ty(x).shape[i]) {
        return call.fail(format!("{} is too small to mirror {before:?} and {after:?}", b.ty(x)));
    }
    b.push(call, Op::Pad { before, after, mode }, &[x])
}

fn mode(b: &mut Builder, call: &Call) -> Result<PadMode, ImportError> {
    Ok(match call.text("mode", "constant")?.as_str() {
        "constant" => match call.optional(2) {
            Some(id) => match b.maybe_scalar(call, id)? {
                Some(value) => PadMode::Constant(value),
                None => return call.fail("the padding value must be one constant"),
            },
            None => PadMode::Constant(call.float("value", 0.0)?),
        },
        "reflect" => PadMode::Reflect,
        "edge" => PadMode::Edge,
        other => return call.refuse("mode", other, "constant, reflect and edge work"),
    })
}

fn cut(b: &mut Builder, call: &Call, x: ValueId, before: &[i64], after: &[i64]) -> One {
    let mut size = b.shape(x);
    let mut start = vec![0; size.len()];
    for i in 0..size.len() {
        let lost = |n: i64| usize::try_from(n.min(0).unsigned_abs()).unwrap_or(usize::MAX);
        start[i] = lost(before[i]);
        match size[i].checked_sub(start[i]).and_then(|n| n.checked_sub(lost(after[i]))) {
            Some(rest) => size[i] = rest,
            None => return call.fail(format!("{} is smaller than what is cut off", b.ty(x))),
        }
    }
    let step = vec![1; size.len()];
    part(b, call, x, start, step, size)
}
