//! Convolutions.

use sanderling_format::calls::*;

use super::stored::{Bf16, F16, F32, Stored};
use super::{clamp, dot, get, put, values};
use crate::kernel::{Operands, Runs};
use crate::pieces::Pieces;
use crate::scalar::Scalar;
use crate::window::Taps;

/// Output channels of a panel.
const LANES: usize = PANEL as usize;
/// Bytes of as many numbers.
const PANEL_BYTES: usize = LANES * 4;
/// Products that are summed by themselves first: the rounding of a long sum grows with its length.
const BLOCK: usize = 64;

/// The part of the image that one output pixel of one group sees.
struct PixelWindow<'a> {
    call: &'a Conv2dF32,
    image: &'a [u8],
    rows: Taps,
    columns: Taps,
    /// Input channels of the group: the first, and how many.
    first: usize,
    count: usize,
}

impl PixelWindow<'_> {
    /// Calls `f` with the first weight row and the input bytes of each tap inside the image.
    #[inline(always)]
    fn taps(&self, mut f: impl FnMut(usize, &[u8])) {
        let w = &self.call.window;
        let (in_w, in_c, kernel_w) = (w.in_w as usize, w.in_c as usize, w.kernel_w as usize);
        for ky in self.rows.inside() {
            let row = self.rows.at(ky, w.dilation_h) * in_w;
            for kx in self.columns.inside() {
                let from = ((row + self.columns.at(kx, w.dilation_w)) * in_c + self.first) * 4;
                let x = self.image.get(from..from + self.count * 4).unwrap_or(&[]);
                f((ky * kernel_w + kx) * self.count, x);
            }
        }
    }

    /// Weight rows of a panel.
    fn rows(&self) -> usize {
        self.call.window.kernel_h as usize * self.call.window.kernel_w as usize * self.count
    }
}

impl Runs<Conv2dF32> for Scalar {
    fn run(call: &Conv2dF32, operands: Operands<'_>) {
        convolve::<F32>(call, operands);
    }
}

impl Runs<Conv2dF16> for Scalar {
    fn run(call: &Conv2dF16, operands: Operands<'_>) {
        convolve::<F16>(&call.layer, operands);
    }
}

impl Runs<Conv2dBf16> for Scalar {
    fn run(call: &Conv2dBf16, operands: Operands<'_>) {
        convolve::<Bf16>(&call.layer, operands);
    }
}

/// All output channels of a group at one pixel, one behind another in `out`.
fn pixel<S: Stored>(window: &PixelWindow<'_>, weights: &[S::Bytes], bias: &[u8], out: &mut [u8]) {
    let (low, high) = (window.call.low, window.call.high);
    let panels = weights.pieces(window.rows() * LANES).zip(bias.chunks_exact(PANEL_BYTES));
    for ((panel, bias), out) in panels.zip(out.chunks_mut(PANEL_BYTES)) {
        let (rows, _) = panel.as_chunks::<LANES>();
        let mut sums = [0.0; LANES];
        sums.iter_mut().zip(values(bias)).for_each(|(sum, bias)| *sum = bias);
        window.taps(|first, x| {
            let rows = rows.get(first..).unwrap_or(&[]).chunks(BLOCK);
            for (x, rows) in x.chunks(BLOCK * 4).zip(rows) {
                let mut block = [0.0; LANES];
                for (x, row) in values(x).zip(rows) {
                    block.iter_mut().zip(row).for_each(|(sum, &w)| *sum += x * S::value(w));
                }
                sums.iter_mut().zip(block).for_each(|(sum, block)| *sum += block);
            }
        });
        for (out, sum) in out.as_chunks_mut::<4>().0.iter_mut().zip(sums) {
            *out = clamp(sum, low, high).to_le_bytes();
        }
    }
}

/// The whole convolution.
fn convolve<S: Stored>(call: &Conv2dF32, operands: Operands<'_>) {
    let Operands { reads: [input, weights, bias, ..], output, .. } = operands;
    let w = &call.window;
    let groups = call.groups.max(1) as usize;
    let (in_c, out_c) = (w.in_c as usize, w.out_c as usize);
    let (count, group_out) = (in_c / groups, out_c / groups);
    let weights = S::all(weights);
    let image_bytes = w.in_h as usize * w.in_w as usize * in_c * 4;
    let line_bytes = w.out_w as usize * out_c * 4;
    let group_weights = weights.len() / groups;
    let group_bias = bias.len() / groups;
    let images = input.pieces(image_bytes).zip(output.pieces_mut(w.out_h as usize * line_bytes));
    for (image, out) in images {
        for (oy, line) in out.pieces_mut(line_bytes).enumerate() {
            let rows = Taps::of_row(w, oy);
            for (ox, channels) in line.pieces_mut(out_c * 4).enumerate() {
                let columns = Taps::of_column(w, ox);
                let constants = weights.pieces(group_weights).zip(bias.pieces(group_bias));
                for ((g, out), (weights, bias)) in channels.pieces_mut(group_out * 4).enumerate().zip(constants) {
                    let window = PixelWindow { call, image, rows, columns, first: g * count, count };
                    pixel::<S>(&window, weights, bias, out);
                }
            }
        }
    }
}

impl Runs<ConvTransposeF32> for Scalar {
    fn run(call: &ConvTransposeF32, operands: Operands<'_>) {
        transposed::<F32>(call, operands);
    }
}

impl Runs<ConvTransposeF16> for Scalar {
    fn run(call: &ConvTransposeF16, operands: Operands<'_>) {
        transposed::<F16>(&call.layer, operands);
    }
}

impl Runs<ConvTransposeBf16> for Scalar {
    fn run(call: &ConvTransposeBf16, operands: Operands<'_>) {
        transposed::<Bf16>(&call.layer, operands);
    }
}

fn transposed<S: Stored>(call: &ConvTransposeF32, operands: Operands<'_>) {
    let Operands { reads: [input, weights, bias, ..], output, .. } = operands;
    let w = &call.window;
    let in_c = w.in_c as usize;
    let image_bytes = w.in_h as usize * w.in_w as usize * in_c * 4;
    // Never zero, which the compiler does not know: a division would link a panic.
    let (out_w, out_c) = ((w.out_w as usize).max(1), (w.out_c as usize).max(1));
    let image_out = w.out_h as usize * w.out_w as usize * w.out_c as usize * 4;
    for (image, out) in input.pieces(image_bytes).zip(output.pieces_mut(image_out)) {
        for at in 0..image_out / 4 {
            let (pixel, o) = (at / out_c, at % out_c);
            let (oy, ox) = (pixel / out_w, pixel % out_w);
            let mut sum = get(bias, o);
            for ky in 0..w.kernel_h as usize {
                let Some(iy) = source(oy, ky, w.pad_top, w.stride_h, w.in_h) else { continue };
                for kx in 0..w.kernel_w as usize {
                    let Some(ix) = source(ox, kx, w.pad_left, w.stride_w, w.in_w) else { continue };
                    let tap = (o * w.kernel_h as usize + ky) * w.kernel_w as usize + kx;
                    let x = image.pieces(in_c * 4).nth(iy * w.in_w as usize + ix).unwrap_or(&[]);
                    sum += dot::<S>(x, weights.pieces(in_c * size_of::<S::Bytes>()).nth(tap).unwrap_or(&[]));
                }
            }
            put(out, at, clamp(sum, call.low, call.high));
        }
    }
}

/// The input coordinate that tap `k` of output `o` reads, if there is one.
fn source(o: usize, k: usize, pad: u32, stride: u32, input: u32) -> Option<usize> {
    let at = (o + pad as usize).checked_sub(k)?;
    let stride = stride.max(1) as usize;
    (at.is_multiple_of(stride) && at / stride < input as usize).then_some(at / stride)
}
