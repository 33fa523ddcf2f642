//! Mean pooling whose rounding is that of other numbers than the bytes.

use sanderling_format::calls::MeanPoolI8;

use crate::fixed::limit;
use crate::kernel::{Operands, Runs};
use crate::pieces::Pieces;
use crate::scalar::Scalar;
use crate::window::Taps;

impl Runs<MeanPoolI8> for Scalar {
    fn run(call: &MeanPoolI8, operands: Operands<'_>) {
        let Operands { reads: [input, ..], output, .. } = operands;
        let w = &call.window;
        let (c, in_w) = (w.in_c as usize, w.in_w as usize);
        let line_len = w.out_w as usize * c;
        let images = input.pieces(w.in_h as usize * in_w * c);
        for (image, out) in images.zip(output.pieces_mut(w.out_h as usize * line_len)) {
            for (oy, line) in out.pieces_mut(line_len).enumerate() {
                let rows = Taps::of_row(w, oy);
                for (ox, pixel) in line.pieces_mut(c).enumerate() {
                    let columns = Taps::of_column(w, ox);
                    for (channel, out) in pixel.iter_mut().enumerate() {
                        *out = mean(call, image, &rows, &columns, channel);
                    }
                }
            }
        }
    }
}

fn mean(call: &MeanPoolI8, image: &[u8], rows: &Taps, columns: &Taps, channel: usize) -> u8 {
    let w = &call.window;
    let (mut sum, mut inside) = (0i32, 0i32);
    for ky in rows.inside() {
        let row = rows.at(ky, w.dilation_h) * w.in_w as usize;
        for kx in columns.inside() {
            let at = (row + columns.at(kx, w.dilation_w)) * w.in_c as usize + channel;
            sum += image.get(at).map_or(0, |&v| i32::from(v as i8)) + call.offset;
            inside += 1;
        }
    }
    let zero = call.clamp.zero + call.offset;
    let count = if call.count_padding == 1 { (w.kernel_h * w.kernel_w) as i32 } else { inside };
    sum += (count - inside) * zero;
    let half = if sum > 0 { count / 2 } else { -(count / 2) };
    let mean = (sum + half).checked_div(count).unwrap_or(zero);
    limit(mean - call.offset, &call.clamp)
}
