//! Matrix products.

use sanderling_ir::{Activation, BinaryKind, Op, ValueId};

use crate::onnx::builder::Builder;
use crate::onnx::call::{Call, One};

/// `x[..., K]` times weights `[K, N]`, plus a bias.
fn fully_connected(b: &mut Builder, call: &Call, x: ValueId, w: ValueId, bias: Option<ValueId>) -> One {
    let shape = b.shape(x);
    let (Some((&k, rows)), &[wk, n]) = (shape.split_last(), &b.shape(w)[..]) else {
        return call.fail(format!("{} times {} is not defined", b.ty(x), b.ty(w)));
    };
    if k != wk {
        return call.fail(format!("{} times {} is not defined", b.ty(x), b.ty(w)));
    }
    let w = b.weights(call, w, |b, w| b.transpose(call, w, &[1, 0]))?;
    let bias = match bias {
        Some(bias) => bias,
        None => b.filled(call, x, &[n], 0.0)?,
    };
    let flat = b.reshape(call, x, &[rows.iter().product(), k])?;
    let y = b.push(call, Op::FullyConnected { activation: Activation::None }, &[flat, w, bias])?;
    b.reshape(call, y, &[rows, &[n]].concat())
}

/// `a` times `b` as numpy defines it.
pub(super) fn product(b: &mut Builder, call: &Call, left: ValueId, right: ValueId) -> One {
    if b.rank(right) == 2 && b.rank(left) >= 1 && b.is_weight(right) && !b.is_weight(left) {
        return fully_connected(b, call, left, right, None);
    }
    let (rank_left, rank_right) = (b.rank(left), b.rank(right));
    if rank_left == 0 || rank_right == 0 {
        return call.fail("a single number is no matrix");
    }
    // A vector stands for a row on the left and for a column on the right, and that axis vanishes afterwards.
    let row = if rank_left == 1 { b.reshape(call, left, &[1, b.shape(left)[0]])? } else { left };
    let column = if rank_right == 1 { b.reshape(call, right, &[b.shape(right)[0], 1])? } else { right };
    let y = b.push(call, Op::MatMul, &[row, column])?;
    let mut shape = b.shape(y);
    if rank_right == 1 {
        shape.pop();
    }
    if rank_left == 1 {
        shape.remove(shape.len() - if rank_right == 1 { 1 } else { 2 });
    }
    b.reshape(call, y, &shape)
}

pub(crate) fn mat_mul(b: &mut Builder, call: &Call) -> One {
    product(b, call, call.input(0)?, call.input(1)?)
}

/// `alpha * a * b + beta * c`.
pub(crate) fn gemm(b: &mut Builder, call: &Call) -> One {
    let (a, w) = (call.input(0)?, call.input(1)?);
    if b.rank(a) != 2 || b.rank(w) != 2 {
        return call.fail(format!("{} and {} should be matrices", b.ty(a), b.ty(w)));
    }
    let a = if call.flag("transA")? { b.transpose(call, a, &[1, 0])? } else { a };
    let transposed = call.flag("transB")?;
    let w = if transposed { b.weights(call, w, |b, w| b.transpose(call, w, &[1, 0]))? } else { w };
    let w = scaled(b, call, w, call.float("alpha", 1.0)?)?;
    let n = b.shape(w)[1];
    let c = match call.optional(2) {
        Some(c) => Some(scaled(b, call, c, call.float("beta", 1.0)?)?),
        None => None,
    };
    if !b.is_weight(w) {
        let y = b.push(call, Op::MatMul, &[a, w])?;
        return c.map_or(Ok(y), |c| b.binary(call, BinaryKind::Add, y, c));
    }
    match c {
        Some(c) if is_row(b, c, n) => {
            let bias = row(b, call, c, n)?;
            fully_connected(b, call, a, w, Some(bias))
        }
        Some(c) => {
            let y = fully_connected(b, call, a, w, None)?;
            b.binary(call, BinaryKind::Add, y, c)
        }
        None => fully_connected(b, call, a, w, None),
    }
}

fn scaled(b: &mut Builder, call: &Call, x: ValueId, factor: f32) -> One {
    if factor == 1.0 {
        return Ok(x);
    }
    let factor = b.scalar(call, x, f64::from(factor))?;
    b.binary(call, BinaryKind::Mul, x, factor)
}

/// Whether a constant adds the same to every row.
fn is_row(b: &Builder, c: ValueId, n: usize) -> bool {
    let shape = &b.ty(c).shape;
    b.is_weight(c) && matches!(shape[..], [] | [1] | [1, 1]) || matches!(shape[..], [m] | [1, m] if m == n)
}

fn row(b: &mut Builder, call: &Call, c: ValueId, n: usize) -> One {
    b.weights(call, c, |b, c| match b.ty(c).elements() == n {
        true => b.reshape(call, c, &[n]),
        false => {
            let one = b.reshape(call, c, &[1])?;
            b.push(call, Op::Broadcast { shape: vec![n] }, &[one])
        }
    })
}
