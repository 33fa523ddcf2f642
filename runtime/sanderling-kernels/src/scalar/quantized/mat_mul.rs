//! int8 matrix products.

use sanderling_format::calls::{AXES, MatMulI8};

use crate::fixed::{limit, rescale};
use crate::kernel::{Operands, Runs};
use crate::pieces::Pieces;
use crate::scalar::Scalar;
use crate::scalar::data::walk::{along, rows};

impl Runs<MatMulI8> for Scalar {
    fn run(call: &MatMulI8, operands: Operands<'_>) {
        products(call, operands, |a, b, out| multiply(call, a, b, out));
    }
}

/// Calls `multiply` for each pair of matrices and their product.
pub(crate) fn products(call: &MatMulI8, operands: Operands<'_>, mut multiply: impl FnMut(&[u8], &[u8], &mut [u8])) {
    let Operands { reads: [a, b, ..], output, .. } = operands;
    let (depth, columns) = (call.depth as usize, call.columns as usize);
    let (a_len, b_len) = (call.rows as usize * depth, depth * columns);
    let batch = &call.batch;
    let mut outputs = output.pieces_mut(call.rows as usize * columns);
    rows(&batch.dims, [&batch.a_strides, &batch.b_strides], [0; 2], |[i, j]| {
        let n = batch.dims[AXES - 1] as usize;
        let pairs = along(i, batch.a_strides[AXES - 1]).zip(along(j, batch.b_strides[AXES - 1])).take(n);
        for ((i, j), out) in pairs.zip(&mut outputs) {
            let (a, b) = (a.get(i * a_len..(i + 1) * a_len), b.get(j * b_len..(j + 1) * b_len));
            if let (Some(a), Some(b)) = (a, b) {
                multiply(a, b, out);
            }
        }
    });
}

fn multiply(call: &MatMulI8, a: &[u8], b: &[u8], out: &mut [u8]) {
    let (depth, columns) = (call.depth as usize, call.columns as usize);
    for (row, out) in a.pieces(depth).zip(out.pieces_mut(columns)) {
        for (column, out) in out.iter_mut().enumerate() {
            let product =
                |(&x, &w): (&u8, &u8)| (i32::from(x as i8) - call.a_zero) * (i32::from(w as i8) - call.b_zero);
            let along = b.get(column..).unwrap_or(&[]).iter().step_by(columns.max(1));
            let sum = row.iter().zip(along).map(product).fold(0, i32::wrapping_add);
            let value = rescale(sum, call.multiplier, call.shift).wrapping_add(call.clamp.zero);
            *out = limit(value, &call.clamp);
        }
    }
}
