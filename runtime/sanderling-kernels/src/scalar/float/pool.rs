//! Pooling.

use sanderling_format::calls::PoolF32;

use super::{clamp, values};
use crate::kernel::{Operands, Runs};
use crate::pieces::Pieces;
use crate::scalar::Scalar;
use crate::window::Taps;

impl Runs<PoolF32> for Scalar {
    fn run(call: &PoolF32, operands: Operands<'_>) {
        let Operands { reads: [input, ..], output, .. } = operands;
        let w = &call.window;
        let c = w.in_c as usize;
        let line_bytes = w.out_w as usize * c * 4;
        let images = input.pieces(w.in_h as usize * w.in_w as usize * c * 4);
        for (image, out) in images.zip(output.pieces_mut(w.out_h as usize * line_bytes)) {
            for (oy, line) in out.pieces_mut(line_bytes).enumerate() {
                let rows = Taps::of_row(w, oy);
                for (ox, pixel) in line.pieces_mut(c * 4).enumerate() {
                    pool(call, image, &rows, &Taps::of_column(w, ox), pixel);
                }
            }
        }
    }
}

/// One window, all channels, built up in the output itself.
fn pool(call: &PoolF32, image: &[u8], rows: &Taps, columns: &Taps, pixel: &mut [u8]) {
    let w = &call.window;
    let row = w.in_c as usize * 4;
    let largest = call.largest == 1;
    let (out, _) = pixel.as_chunks_mut::<4>();
    let start = if largest { f32::NEG_INFINITY } else { 0.0 };
    out.fill(start.to_le_bytes());
    for ky in rows.inside() {
        for kx in columns.inside() {
            let at = rows.at(ky, w.dilation_h) * w.in_w as usize + columns.at(kx, w.dilation_w);
            let x = values(image.get(at * row..(at + 1) * row).unwrap_or(&[]));
            for (out, x) in out.iter_mut().zip(x) {
                let acc = f32::from_le_bytes(*out);
                *out = if largest { acc.max(x) } else { acc + x }.to_le_bytes();
            }
        }
    }
    let inside = (rows.to - rows.from) * (columns.to - columns.from);
    let counted = if call.counts_padding == 1 { w.kernel_h as usize * w.kernel_w as usize } else { inside };
    let divisor = if largest { 1.0 } else { counted.max(1) as f32 };
    for out in out {
        *out = clamp(f32::from_le_bytes(*out) / divisor, call.low, call.high).to_le_bytes();
    }
}
