//! int8 convolution in groups.

use sanderling_format::calls::{GroupedConvI8, Window};

use crate::fixed::Channel;
use crate::kernel::{Operands, Runs};
use crate::pieces::Pieces;
use crate::scalar::Scalar;
use crate::window::Taps;

impl Runs<GroupedConvI8> for Scalar {
    fn run(call: &GroupedConvI8, operands: Operands<'_>) {
        let Operands { reads: [input, weights, channels, ..], output, .. } = operands;
        let w = &call.window;
        let (channels, _) = channels.as_chunks();
        let layer = Groups::new(w, call.groups, weights, [call.input_zero, call.weight_zero]);
        let (out_c, line_len) = (w.out_c as usize, w.out_w as usize * w.out_c as usize);
        let images = input.pieces(w.in_h as usize * w.in_w as usize * w.in_c as usize);
        for (image, out) in images.zip(output.pieces_mut(w.out_h as usize * line_len)) {
            for (oy, line) in out.pieces_mut(line_len).enumerate() {
                let rows = Taps::of_row(w, oy);
                for (ox, pixel) in line.pieces_mut(out_c).enumerate() {
                    let columns = Taps::of_column(w, ox);
                    for (o, (out, channel)) in pixel.iter_mut().zip(channels).enumerate() {
                        let sum = layer.sum(image, &rows, &columns, o);
                        *out = Channel::from_bytes(channel).requantize_as(call.rounding, sum, &call.clamp);
                    }
                }
            }
        }
    }
}

/// A convolution in groups, straight from its definition.
pub struct Groups<'a> {
    window: &'a Window,
    weights: &'a [u8],
    input_zero: i32,
    weight_zero: i32,
    /// Input channels of a group, and output channels.
    inputs: usize,
    outputs: usize,
}

impl<'a> Groups<'a> {
    /// `zeros` are those of input and weights.
    pub fn new(window: &'a Window, groups: u32, weights: &'a [u8], zeros: [i32; 2]) -> Groups<'a> {
        let groups = groups.max(1);
        let (inputs, outputs) = ((window.in_c / groups) as usize, (window.out_c / groups) as usize);
        Groups { window, weights, input_zero: zeros[0], weight_zero: zeros[1], inputs, outputs }
    }

    /// The products of output channel `o` with its window; the padding adds nothing.
    pub fn sum(&self, image: &[u8], rows: &Taps, columns: &Taps, o: usize) -> i32 {
        let w = self.window;
        let (in_c, kernel_w) = (w.in_c as usize, w.kernel_w as usize);
        let first = o / self.outputs.max(1) * self.inputs;
        let mut sum = 0i32;
        for ky in rows.inside() {
            let row = rows.at(ky, w.dilation_h) * w.in_w as usize;
            for kx in columns.inside() {
                let at = (row + columns.at(kx, w.dilation_w)) * in_c + first;
                let tap = ((o * w.kernel_h as usize + ky) * kernel_w + kx) * self.inputs;
                let (x, weights) = (image.get(at..at + self.inputs), self.weights.get(tap..tap + self.inputs));
                let (Some(x), Some(weights)) = (x, weights) else { continue };
                sum = sum.wrapping_add(centered_dot(x, self.input_zero, weights, self.weight_zero));
            }
        }
        sum
    }
}

/// The product of two vectors less their zero points.
pub fn centered_dot(x: &[u8], x_zero: i32, w: &[u8], w_zero: i32) -> i32 {
    let product = |(&x, &w): (&u8, &u8)| (i32::from(x as i8) - x_zero) * (i32::from(w as i8) - w_zero);
    x.iter().zip(w).map(product).fold(0, i32::wrapping_add)
}
