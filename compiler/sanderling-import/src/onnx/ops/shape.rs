//! Other shapes and orders of the same elements.

use sanderling_ir::{Op, ValueId};

use crate::ImportError;
use crate::onnx::builder::Builder;
use crate::onnx::call::{Call, One};
use crate::onnx::tensor::elements;

/// 0 keeps an axis, -1 takes what is left.
pub(crate) fn reshape(b: &mut Builder, call: &Call) -> One {
    let x = call.input(0)?;
    let wanted = match call.ints("shape")? {
        Some(shape) => shape.to_vec(),
        None => b.known_ints(call, call.input(1)?, "the shape")?,
    };
    let from = b.shape(x);
    let keep_zero = call.flag("allowzero")?;
    let mut open = None;
    let mut shape = Vec::with_capacity(wanted.len());
    for (i, &n) in wanted.iter().enumerate() {
        shape.push(match (n, from.get(i)) {
            (-1, _) if open.replace(i).is_some() => return call.fail(format!("{wanted:?} leaves two axes open")),
            (-1, _) => 1,
            (0, Some(&kept)) if !keep_zero => kept,
            (n, _) => call.size("shape", n)?,
        });
    }
    if let Some(open) = open {
        let rest = elements(&shape).filter(|&n| n > 0 && b.ty(x).elements().is_multiple_of(n));
        let Some(rest) = rest else { return call.fail(format!("{} does not reshape to {wanted:?}", b.ty(x))) };
        shape[open] = b.ty(x).elements() / rest;
    }
    if elements(&shape) != Some(b.ty(x).elements()) {
        return call.fail(format!("{} does not reshape to {wanted:?}", b.ty(x)));
    }
    b.reshape(call, x, &shape)
}

pub(crate) fn flatten(b: &mut Builder, call: &Call) -> One {
    let x = call.input(0)?;
    let shape = b.shape(x);
    // The axis may stand behind the last one.
    let axis = match call.int("axis", 1)? {
        axis if axis == shape.len() as i64 => shape.len(),
        axis => call.axis(axis, shape.len())?,
    };
    b.reshape(call, x, &[shape[..axis].iter().product(), shape[axis..].iter().product()])
}

/// The axes as an attribute or, from opset 13 on, as an input.
fn axes_of(b: &Builder, call: &Call) -> Result<Option<Vec<i64>>, ImportError> {
    match (call.ints("axes")?, call.optional(1)) {
        (Some(axes), _) => Ok(Some(axes.to_vec())),
        (None, Some(axes)) => b.known_ints(call, axes, "the list of axes").map(Some),
        (None, None) => Ok(None),
    }
}

pub(crate) fn squeeze(b: &mut Builder, call: &Call) -> One {
    let x = call.input(0)?;
    let shape = b.shape(x);
    let axes = match axes_of(b, call)? {
        Some(axes) => call.axes(&axes, shape.len())?,
        None => (0..shape.len()).filter(|&i| shape[i] == 1).collect(),
    };
    if let Some(axis) = axes.iter().find(|&&a| shape[a] != 1) {
        return call.fail(format!("axis {axis} of {} is not 1", b.ty(x)));
    }
    let kept: Vec<usize> = (0..shape.len()).filter(|i| !axes.contains(i)).map(|i| shape[i]).collect();
    b.reshape(call, x, &kept)
}

pub(crate) fn unsqueeze(b: &mut Builder, call: &Call) -> One {
    let x = call.input(0)?;
    let Some(axes) = axes_of(b, call)? else { return call.fail("the list of axes is missing") };
    let rank = b.rank(x) + axes.len();
    let axes = call.axes(&axes, rank)?;
    let mut old = b.shape(x).into_iter();
    let shape: Vec<usize> = (0..rank).map(|i| if axes.contains(&i) { 1 } else { old.next().unwrap_or(1) }).collect();
    b.reshape(call, x, &shape)
}

pub(crate) fn transpose(b: &mut Builder, call: &Call) -> One {
    let x = call.input(0)?;
    let rank = b.rank(x);
    let perm: Vec<usize> = match call.ints("perm")? {
        Some(perm) => perm.iter().map(|&p| call.axis(p, rank)).collect::<Result<_, _>>()?,
        None => (0..rank).rev().collect(),
    };
    let mut sorted = perm.clone();
    sorted.sort_unstable();
    if !sorted.into_iter().eq(0..rank) {
        return call.fail(format!("perm {perm:?} does not fit {}", b.ty(x)));
    }
    b.transpose(call, x, &perm)
}

/// The shape of two tensors together, as numpy broadcasts them.
pub(super) fn joint(call: &Call, a: &[usize], b: &[usize]) -> Result<Vec<usize>, ImportError> {
    let rank = a.len().max(b.len());
    let dim = |s: &[usize], i: usize| (i + s.len()).checked_sub(rank).map_or(1, |i| s[i]);
    (0..rank)
        .map(|i| match (dim(a, i), dim(b, i)) {
            (m, n) if m == n || n == 1 => Ok(m),
            (1, n) => Ok(n),
            _ => call.fail(format!("{a:?} and {b:?} do not broadcast")),
        })
        .collect()
}

pub(super) fn sizes(call: &Call, what: &str, values: &[i64]) -> Result<Vec<usize>, ImportError> {
    values.iter().map(|&n| call.size(what, n)).collect()
}

pub(super) fn broadcast(b: &mut Builder, call: &Call, x: ValueId, shape: Vec<usize>) -> One {
    match b.ty(x).shape == shape {
        true => Ok(x),
        false => b.push(call, Op::Broadcast { shape }, &[x]),
    }
}

pub(crate) fn expand(b: &mut Builder, call: &Call) -> One {
    let x = call.input(0)?;
    let wanted = sizes(call, "shape", &b.known_ints(call, call.input(1)?, "the shape")?)?;
    let shape = joint(call, &b.shape(x), &wanted)?;
    broadcast(b, call, x, shape)
}

/// Each axis gets one before it, which repeats it.
pub(crate) fn tile(b: &mut Builder, call: &Call) -> One {
    let x = call.input(0)?;
    let shape = b.shape(x);
    let repeats = sizes(call, "repeats", &b.known_ints(call, call.input(1)?, "the number of repeats")?)?;
    if repeats.len() != shape.len() {
        return call.fail(format!("{repeats:?} repeats do not fit {}", b.ty(x)));
    }
    let (mut split, mut repeated, mut whole) = (Vec::new(), Vec::new(), Vec::new());
    for (&n, &times) in shape.iter().zip(&repeats) {
        if times != 1 {
            split.push(1);
            repeated.push(times);
        }
        split.push(n);
        repeated.push(n);
        whole.push(n.saturating_mul(times));
    }
    let x = b.reshape(call, x, &split)?;
    let y = broadcast(b, call, x, repeated)?;
    b.reshape(call, y, &whole)
}

pub(crate) fn depth_to_space(b: &mut Builder, call: &Call) -> One {
    let x = call.input(0)?;
    let block = call.size("blocksize", call.int("blocksize", 0)?)?;
    let [n, c, h, w] = b.shape(x)[..] else { return call.fail(format!("{} should have 4 dimensions", b.ty(x))) };
    let area = block * block;
    if area == 0 || !c.is_multiple_of(area) {
        return call.fail(format!("blocks of {block} do not divide the channels of {}", b.ty(x)));
    }
    let (split, perm) = match call.text("mode", "DCR")?.as_str() {
        "DCR" => ([n, block, block, c / area, h, w], [0, 3, 4, 1, 5, 2]),
        "CRD" => ([n, c / area, block, block, h, w], [0, 1, 4, 2, 5, 3]),
        other => return call.refuse("mode", other, "DCR and CRD work"),
    };
    let y = b.reshape(call, x, &split)?;
    let y = b.transpose(call, y, &perm)?;
    b.reshape(call, y, &[n, c / area, h * block, w * block])
}

pub(crate) fn space_to_depth(b: &mut Builder, call: &Call) -> One {
    let x = call.input(0)?;
    let block = call.size("blocksize", call.int("blocksize", 0)?)?;
    let [n, c, h, w] = b.shape(x)[..] else { return call.fail(format!("{} should have 4 dimensions", b.ty(x))) };
    if block == 0 || !h.is_multiple_of(block) || !w.is_multiple_of(block) {
        return call.fail(format!("blocks of {block} do not divide {}", b.ty(x)));
    }
    let perm = match call.text("mode", "DCR")?.as_str() {
        "DCR" => [0, 3, 5, 1, 2, 4],
        "CRD" => [0, 1, 3, 5, 2, 4],
        other => return call.refuse("mode", other, "DCR and CRD work"),
    };
    let y = b.reshape(call, x, &[n, c, h / block, block, w / block, block])?;
    let y = b.transpose(call, y, &perm)?;
    b.reshape(call, y, &[n, c.saturating_mul(block * block), h / block, w / block])
}
