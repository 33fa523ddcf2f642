//! The search for maxima.

use core::cmp::Ordering;

use sanderling_format::calls::{ArgMax, Numeric, TopK};

use super::numeric::{put_index, real};
use crate::kernel::{Operands, Runs};
use crate::pieces::Pieces;
use crate::scalar::Scalar;

impl Runs<ArgMax> for Scalar {
    fn run(call: &ArgMax, operands: Operands<'_>) {
        let Operands { reads: [input, ..], output, .. } = operands;
        let Some(numeric) = Numeric::from_code(call.numeric) else { return };
        // The common types are compared as they are, the others as the widest.
        match numeric {
            Numeric::I8 | Numeric::FlippedU8 => arg_max(call, output, |at| input.get(at).map(|&v| v as i8)),
            Numeric::F32 => {
                let (values, _) = input.as_chunks();
                arg_max(call, output, |at| values.get(at).map(|&v| f32::from_le_bytes(v)));
            }
            _ => arg_max(call, output, |at| Some(real(numeric, input, at))),
        }
    }
}

fn arg_max<T: PartialOrd>(call: &ArgMax, output: &mut [u8], value: impl Fn(usize) -> Option<T>) {
    let (count, inner) = (call.count as usize, call.inner as usize);
    for outer in 0..call.outer as usize {
        for i in 0..inner {
            let first = outer * count * inner + i;
            let (mut best, mut largest) = (0, value(first));
            for k in 1..count {
                let candidate = value(first + k * inner);
                if candidate > largest {
                    (best, largest) = (k, candidate);
                }
            }
            put_index(call.index_bytes, output, outer * inner + i, best);
        }
    }
}

impl Runs<TopK> for Scalar {
    fn run(call: &TopK, operands: Operands<'_>) {
        let Operands { reads: [input, ..], output, .. } = operands;
        let Some(numeric) = Numeric::from_code(call.numeric) else { return };
        let (depth, k, bytes) = (call.depth as usize, call.k as usize, numeric.bytes() as usize);
        for (row, values) in input.pieces(depth * bytes).take(call.rows as usize).enumerate() {
            let mut last = None;
            for rank in 0..k {
                let Some(index) = next(numeric, values, depth, last) else { break };
                let at = row * k + rank;
                if call.indices == 1 {
                    put_index(8, output, at, index);
                } else if let (Some(to), Some(from)) =
                    (output.get_mut(at * bytes..(at + 1) * bytes), values.get(index * bytes..(index + 1) * bytes))
                {
                    to.copy_from_slice(from);
                }
                last = Some((real(numeric, values, index), index));
            }
        }
    }
}

/// The place of the largest value that comes after `last` in the order of values, then places. No memory is needed.
fn next(numeric: Numeric, values: &[u8], depth: usize, last: Option<(f64, usize)>) -> Option<usize> {
    let before = |a: (f64, usize), b: (f64, usize)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)) == Ordering::Less;
    let candidates = (0..depth).map(|i| (real(numeric, values, i), i));
    let left = candidates.filter(|&c| last.is_none_or(|last| before(last, c)));
    left.reduce(|best, c| if before(c, best) { c } else { best }).map(|(_, i)| i)
}
