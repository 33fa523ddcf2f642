//! Strided copies and fills.

use sanderling_format::calls::{AXES, Fill, StridedCopy};

use super::walk::{along, rows};
use crate::kernel::{Operands, Runs};
use crate::scalar::Scalar;

impl Runs<StridedCopy> for Scalar {
    fn run(call: &StridedCopy, operands: Operands<'_>) {
        let Operands { reads: [input, table, ..], output, .. } = operands;
        match call.element {
            1 if call.mapped == 1 => mapped(call, input, table, output),
            1 => copy::<1>(call, input, output),
            2 => copy::<2>(call, input, output),
            4 => copy::<4>(call, input, output),
            _ => copy::<8>(call, input, output),
        }
    }
}

impl Runs<Fill> for Scalar {
    fn run(call: &Fill, operands: Operands<'_>) {
        let [a, b, c, d, e, f, g, h] = call.value.to_le_bytes();
        // Whole elements are set faster than their bytes.
        match call.element {
            1 => operands.output.fill(a),
            2 => operands.output.as_chunks_mut().0.fill([a, b]),
            4 => operands.output.as_chunks_mut().0.fill([a, b, c, d]),
            _ => operands.output.as_chunks_mut().0.fill([a, b, c, d, e, f, g, h]),
        }
    }
}

fn walk(call: &StridedCopy, row: impl FnMut([isize; 2])) {
    rows(&call.dims, [&call.in_strides, &call.out_strides], [call.in_first, call.out_first], row);
}

fn copy<const N: usize>(call: &StridedCopy, input: &[u8], output: &mut [u8]) {
    let (input, _) = input.as_chunks::<N>();
    let (output, _) = output.as_chunks_mut::<N>();
    let n = call.dims[AXES - 1] as usize;
    let (in_step, out_step) = (call.in_strides[AXES - 1], call.out_strides[AXES - 1]);
    walk(call, |[from, to]| {
        if (in_step, out_step) == (1, 1) {
            let (from, to) = (from as usize, to as usize);
            let spans = (input.get(from..from.wrapping_add(n)), output.get_mut(to..to.wrapping_add(n)));
            if let (Some(from), Some(to)) = spans {
                to.copy_from_slice(from);
            }
            return;
        }
        for (from, to) in along(from, in_step).zip(along(to, out_step)).take(n) {
            if let (Some(from), Some(to)) = (input.get(from), output.get_mut(to)) {
                *to = *from;
            }
        }
    });
}

fn mapped(call: &StridedCopy, input: &[u8], table: &[u8], output: &mut [u8]) {
    let n = call.dims[AXES - 1] as usize;
    let (in_step, out_step) = (call.in_strides[AXES - 1], call.out_strides[AXES - 1]);
    walk(call, |[from, to]| {
        for (from, to) in along(from, in_step).zip(along(to, out_step)).take(n) {
            if let (Some(&from), Some(to)) = (input.get(from), output.get_mut(to)) {
                *to = table.get(usize::from(from)).copied().unwrap_or(0);
            }
        }
    });
}
