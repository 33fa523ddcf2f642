//! Reductions of integers.

use sanderling_format::calls::{HALF, Numeric, ReduceInt, ReduceOp, Reduction};

use super::numeric::{integer, put_integer};
use crate::kernel::{Operands, Runs};
use crate::scalar::Scalar;

impl Runs<ReduceInt> for Scalar {
    fn run(call: &ReduceInt, operands: Operands<'_>) {
        let Operands { reads: [input, ..], output, .. } = operands;
        let (Some(op), Some(numeric)) = (ReduceOp::from_code(call.op), Numeric::from_code(call.numeric)) else {
            return;
        };
        let count = call.shape.gone.iter().fold(1i64, |n, &d| n.wrapping_mul(i64::from(d)));
        let start = match op {
            ReduceOp::Sum | ReduceOp::Mean => 0,
            ReduceOp::Max => i64::MIN,
            ReduceOp::Min => i64::MAX,
            ReduceOp::Prod => 1,
        };
        let step = |acc: i64, at: usize| {
            let value = integer(numeric, input, at);
            match op {
                ReduceOp::Sum | ReduceOp::Mean => acc.wrapping_add(value),
                ReduceOp::Max => acc.max(value),
                ReduceOp::Min => acc.min(value),
                ReduceOp::Prod => acc.wrapping_mul(value),
            }
        };
        reduce(&call.shape, start, step, |at, acc| {
            let value = if op == ReduceOp::Mean { acc.checked_div(count).unwrap_or(0) } else { acc };
            put_integer(numeric, output, at, value);
        });
    }
}

/// Folds the offsets of each group from `start` and gives the results with their indices.
pub(crate) fn reduce<T: Copy>(
    shape: &Reduction,
    start: T,
    step: impl Fn(T, usize) -> T,
    mut result: impl FnMut(usize, T),
) {
    let mut index = 0;
    walk(&shape.kept, &shape.kept_strides, |kept| {
        let mut acc = start;
        walk(&shape.gone, &shape.gone_strides, |gone| acc = step(acc, kept.wrapping_add(gone)));
        result(index, acc);
        index += 1;
    });
}

/// Calls `f` with each offset of a walk from 0.
fn walk(dims: &[u32; HALF], strides: &[i32; HALF], mut f: impl FnMut(usize)) {
    let steps = strides.map(|s| s as isize as usize);
    let mut at = [0usize; HALF];
    for _ in 0..dims[0] {
        at[1] = at[0];
        for _ in 0..dims[1] {
            at[2] = at[1];
            for _ in 0..dims[2] {
                f(at[2]);
                at[2] = at[2].wrapping_add(steps[2]);
            }
            at[1] = at[1].wrapping_add(steps[1]);
        }
        at[0] = at[0].wrapping_add(steps[0]);
    }
}
