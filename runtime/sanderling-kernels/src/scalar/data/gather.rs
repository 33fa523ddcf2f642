//! Copies by index.

use sanderling_format::calls::{AXES, Gather, IndexedCopy, Numeric};

use super::numeric::integer;
use crate::kernel::{Operands, Runs};
use crate::pieces::{Pieces, copy};
use crate::scalar::Scalar;

impl Runs<Gather> for Scalar {
    fn run(call: &Gather, operands: Operands<'_>) {
        let Operands { reads: [input, indices, ..], output, .. } = operands;
        let (count, inner) = (call.count as usize, call.inner as usize);
        let numeric = if call.index_bytes == 4 { Numeric::I32 } else { Numeric::I64 };
        let rows = output.pieces_mut(call.indices_len as usize * inner);
        for (block, row) in input.pieces(count * inner).zip(rows) {
            for (i, out) in row.pieces_mut(inner).enumerate() {
                let index = integer(numeric, indices, i);
                let index = if index < 0 { index.saturating_add(i64::from(call.count)) } else { index };
                // Indices may come from anywhere: what is outside becomes the nearest inside.
                let index = index.min(i64::from(call.count) - 1).max(0) as usize;
                if let Some(from) = block.get(index * inner..(index + 1) * inner) {
                    copy(out, from);
                }
            }
        }
    }
}

impl Runs<IndexedCopy> for Scalar {
    fn run(call: &IndexedCopy, operands: Operands<'_>) {
        let Operands { reads: [input, table, ..], output, .. } = operands;
        let run = call.run as usize;
        let (table, _) = table.as_chunks::<4>();
        // Where each axis has its entries.
        let mut starts = [0usize; AXES];
        for axis in 1..AXES {
            starts[axis] = starts[axis - 1] + call.dims[axis - 1] as usize;
        }
        let entry =
            |axis: usize, i: u32| table.get(starts[axis] + i as usize).map_or(0, |&word| u32::from_le_bytes(word));
        let last = call.in_len.saturating_sub(1);
        let mut counters = [0u32; AXES];
        for out in output.pieces_mut(run) {
            let index = (0..AXES).fold(0u32, |sum, axis| sum.saturating_add(entry(axis, counters[axis])));
            let from = index.min(last) as usize * run;
            if let Some(from) = input.get(from..from + run) {
                copy(out, from);
            }
            for axis in (0..AXES).rev() {
                counters[axis] += 1;
                if counters[axis] < call.dims[axis] {
                    break;
                }
                counters[axis] = 0;
            }
        }
    }
}
