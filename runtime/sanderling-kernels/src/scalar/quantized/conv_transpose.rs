//! int8 transposed convolution: each output pixel gathers the input pixels that reach it.

use sanderling_format::calls::ConvTransposeI8;

use super::grouped_conv::centered_dot;
use crate::fixed::Channel;
use crate::kernel::{Operands, Runs};
use crate::pieces::Pieces;
use crate::scalar::Scalar;

/// The kernel taps that connect an output coordinate with the input: `first`, `first + stride`..., and the input
/// coordinate of the first; that of each further one is less by 1.
struct Reach {
    first: usize,
    input: usize,
}

impl Reach {
    fn new(o: usize, pad: u32, stride: u32) -> Reach {
        let (at, stride) = (o + pad as usize, (stride as usize).max(1));
        Reach { first: at % stride, input: at / stride }
    }

    /// Taps and input coordinates, both inside.
    fn pairs(&self, kernel: u32, stride: u32, size: u32) -> impl Iterator<Item = (usize, usize)> + use<> {
        let input = self.input;
        let taps = (self.first..kernel as usize).step_by((stride as usize).max(1));
        // As many as there are input coordinates from `input` down to 0.
        taps.zip((0..=input).rev()).filter(move |&(_, at)| at < size as usize)
    }
}

impl Runs<ConvTransposeI8> for Scalar {
    fn run(call: &ConvTransposeI8, operands: Operands<'_>) {
        let Operands { reads: [input, weights, channels, ..], output, .. } = operands;
        let w = &call.window;
        let (channels, _) = channels.as_chunks();
        let (out_c, in_c) = (w.out_c as usize, w.in_c as usize);
        let line_len = w.out_w as usize * out_c;
        let images = input.pieces(w.in_h as usize * w.in_w as usize * in_c);
        for (image, out) in images.zip(output.pieces_mut(w.out_h as usize * line_len)) {
            for (oy, line) in out.pieces_mut(line_len).enumerate() {
                let rows = Reach::new(oy, w.pad_top, w.stride_h);
                for (ox, pixel) in line.pieces_mut(out_c).enumerate() {
                    let columns = Reach::new(ox, w.pad_left, w.stride_w);
                    for (o, (out, channel)) in pixel.iter_mut().zip(channels).enumerate() {
                        let sum = sum(call, image, weights, &rows, &columns, o);
                        *out = Channel::from_bytes(channel).requantize_as(call.rounding, sum, &call.clamp);
                    }
                }
            }
        }
    }
}

fn sum(call: &ConvTransposeI8, image: &[u8], weights: &[u8], rows: &Reach, columns: &Reach, o: usize) -> i32 {
    let w = &call.window;
    let in_c = w.in_c as usize;
    let mut sum = 0i32;
    for (ky, y) in rows.pairs(w.kernel_h, w.stride_h, w.in_h) {
        for (kx, x) in columns.pairs(w.kernel_w, w.stride_w, w.in_w) {
            let tap = ((o * w.kernel_h as usize + ky) * w.kernel_w as usize + kx) * in_c;
            let at = (y * w.in_w as usize + x) * in_c;
            let (Some(x), Some(weights)) = (image.get(at..at + in_c), weights.get(tap..tap + in_c)) else { continue };
            sum = sum.wrapping_add(centered_dot(x, call.input_zero, weights, call.weight_zero));
        }
    }
    sum
}
