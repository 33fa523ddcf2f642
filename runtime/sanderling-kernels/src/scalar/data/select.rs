//! The choice between two tensors.

use sanderling_format::calls::{AXES, Select};

use super::walk::{along, rows};
use crate::kernel::{Operands, Runs};
use crate::pieces::Pieces;
use crate::scalar::Scalar;

impl Runs<Select> for Scalar {
    fn run(call: &Select, operands: Operands<'_>) {
        match call.element {
            1 => select::<1>(call, operands),
            2 => select::<2>(call, operands),
            4 => select::<4>(call, operands),
            _ => select::<8>(call, operands),
        }
    }
}

fn select<const N: usize>(call: &Select, operands: Operands<'_>) {
    let Operands { reads: [condition, a, b, ..], output, .. } = operands;
    let ((a, _), (b, _)) = (a.as_chunks::<N>(), b.as_chunks::<N>());
    let (output, _) = output.as_chunks_mut::<N>();
    let values = &call.values;
    let strides = [&call.condition_strides, &values.a_strides, &values.b_strides];
    let [c_step, a_step, b_step] = strides.map(|s| s[AXES - 1]);
    let mut outputs = output.pieces_mut(values.dims[AXES - 1] as usize);
    rows(&values.dims, strides, [0; 3], |[c, a_at, b_at]| {
        let places = along(c, c_step).zip(along(a_at, a_step).zip(along(b_at, b_step)));
        for (out, (c, (i, j))) in outputs.next().into_iter().flatten().zip(places) {
            let chosen = if condition.get(c).is_some_and(|&c| c != 0) { a.get(i) } else { b.get(j) };
            *out = chosen.copied().unwrap_or([0; N]);
        }
    });
}
