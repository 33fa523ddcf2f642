//! int8 depthwise convolution.

use sanderling_format::calls::DepthwiseI8;

use super::{Scalar, in_place};
use crate::fixed::Channel;
use crate::kernel::{Operands, Runs};
use crate::pieces::Pieces;
use crate::window::Taps;

impl Runs<DepthwiseI8> for Scalar {
    fn run(call: &DepthwiseI8, operands: Operands<'_>) {
        let Operands { reads: [input, weights, channels, ..], output, scratch } = operands;
        if input.is_empty() {
            return in_place::depthwise(call, weights, channels, output, scratch);
        }
        let (channels, _) = channels.as_chunks();
        let w = &call.window;
        let (in_c, out_c) = (w.in_c as usize, w.out_c as usize);
        let image_len = (w.in_h * w.in_w) as usize * in_c;
        let line_len = w.out_w as usize * out_c;
        let images = input.pieces(image_len).zip(output.pieces_mut(w.out_h as usize * line_len));
        for (image, out) in images {
            for (oy, line) in out.pieces_mut(line_len).enumerate() {
                let rows = Taps::of_row(w, oy);
                for (ox, pixel) in line.pieces_mut(out_c).enumerate() {
                    let columns = Taps::of_column(w, ox);
                    for ((o, out), channel) in pixel.iter_mut().enumerate().zip(channels) {
                        let acc = accumulate(call, image, weights, &rows, &columns, o);
                        *out = Channel::from_bytes(channel).requantize_as(call.rounding, acc, &call.clamp);
                    }
                }
            }
        }
    }
}

/// The sum over all taps for output channel `o`; the padding holds the input's zero point.
pub(crate) fn accumulate(
    call: &DepthwiseI8,
    image: &[u8],
    weights: &[u8],
    rows: &Taps,
    columns: &Taps,
    o: usize,
) -> i32 {
    let w = &call.window;
    let (in_c, out_c, in_w) = (w.in_c as usize, w.out_c as usize, w.in_w as usize);
    let c = o.checked_div(out_c / in_c.max(1)).unwrap_or(0);
    let mut acc = 0i32;
    for ky in 0..w.kernel_h as usize {
        for kx in 0..w.kernel_w as usize {
            let x = if rows.inside().contains(&ky) && columns.inside().contains(&kx) {
                let pixel = rows.at(ky, w.dilation_h) * in_w + columns.at(kx, w.dilation_w);
                image.get(pixel * in_c + c).map_or(0, |&x| i32::from(x as i8))
            } else {
                call.input_zero
            };
            let tap = (ky * w.kernel_w as usize + kx) * out_c + o;
            let weight = weights.get(tap).map_or(0, |&w| i32::from(w as i8));
            acc = acc.wrapping_add(x * (weight - call.weight_zero));
        }
    }
    acc
}
