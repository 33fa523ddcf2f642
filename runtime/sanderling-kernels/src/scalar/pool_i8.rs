//! int8 pooling.

use sanderling_format::calls::{AvgPoolI8, Clamp, MaxPoolI8, Window};

use super::Scalar;
use crate::fixed::limit;
use crate::kernel::{Operands, Runs};
use crate::pieces::Pieces;
use crate::window::Taps;

impl Runs<AvgPoolI8> for Scalar {
    fn run(call: &AvgPoolI8, operands: Operands<'_>) {
        let mean = |values: &mut dyn Iterator<Item = i8>| {
            let (sum, count) = values.fold((0i32, 0i32), |(s, n), v| (s.wrapping_add(i32::from(v)), n.wrapping_add(1)));
            // Halves away from zero; a window wholly in the padding is empty.
            let half = if sum > 0 { count / 2 } else { -(count / 2) };
            sum.wrapping_add(half).checked_div(count).unwrap_or(0)
        };
        pool(&call.window, &call.clamp, operands, mean);
    }
}

impl Runs<MaxPoolI8> for Scalar {
    fn run(call: &MaxPoolI8, operands: Operands<'_>) {
        pool(&call.window, &call.clamp, operands, |values| values.fold(-128, |m, v| i32::from(v).max(m)));
    }
}

/// Reduces the part of each window that lies inside the image.
fn pool(w: &Window, clamp: &Clamp, operands: Operands<'_>, reduce: impl Fn(&mut dyn Iterator<Item = i8>) -> i32) {
    let Operands { reads: [input, ..], output, .. } = operands;
    let (c, in_w) = (w.in_c as usize, w.in_w as usize);
    let line_len = w.out_w as usize * c;
    let images = input.pieces(w.in_h as usize * in_w * c);
    for (image, out) in images.zip(output.pieces_mut(w.out_h as usize * line_len)) {
        for (oy, line) in out.pieces_mut(line_len).enumerate() {
            let rows = Taps::of_row(w, oy);
            for (ox, pixel) in line.pieces_mut(c).enumerate() {
                let columns = Taps::of_column(w, ox);
                for (channel, out) in pixel.iter_mut().enumerate() {
                    let mut values = rows.inside().flat_map(|ky| {
                        let row = rows.at(ky, w.dilation_h) * in_w;
                        columns.inside().map(move |kx| (row + columns.at(kx, w.dilation_w)) * c + channel)
                    });
                    let value = reduce(&mut (&mut values).map(|at| image.get(at).map_or(0, |&v| v as i8)));
                    *out = limit(value, clamp);
                }
            }
        }
    }
}
