//! int8 convolution: columns of the image against rows of weights, two columns at a time.

use sanderling_format::calls::Conv2dI8;

use super::{Scalar, in_place};
use crate::fixed::Channel;
use crate::kernel::{Operands, Runs};
use crate::pieces::Pieces;
use crate::window::{Taps, gather};

/// All output channels of one or two columns; an instruction set's own code.
pub(crate) trait Columns {
    /// Two columns, one behind the other, to two pixels; sums are rescaled with two roundings.
    fn pair(layer: &Layer<'_>, columns: &[u8], out: (&mut [u8], &mut [u8]));
    /// One column to one pixel.
    fn single(layer: &Layer<'_>, column: &[u8], out: &mut [u8]);
}

/// A convolution and its constants.
pub(crate) struct Layer<'a> {
    pub call: &'a Conv2dI8,
    /// `out_c` rows of `row_bytes`, a multiple of 4.
    pub weights: &'a [u8],
    /// As many channels as there are rows.
    pub channels: &'a [[u8; Channel::BYTES]],
}

impl Layer<'_> {
    /// From the sum of a channel to its output byte.
    #[inline(always)]
    pub fn requantize(&self, channel: &[u8; Channel::BYTES], sum: i32) -> u8 {
        Channel::from_bytes(channel).requantize_as(self.call.rounding, sum, &self.call.clamp)
    }
}

impl Columns for Scalar {
    fn pair(layer: &Layer<'_>, columns: &[u8], out: (&mut [u8], &mut [u8])) {
        let (first, second) = columns.split_at_checked(layer.call.row_bytes as usize).unwrap_or_default();
        Scalar::single(layer, first, out.0);
        Scalar::single(layer, second, out.1);
    }

    fn single(layer: &Layer<'_>, column: &[u8], out: &mut [u8]) {
        let rows = layer.weights.pieces(layer.call.row_bytes as usize);
        for ((row, channel), out) in rows.zip(layer.channels).zip(out) {
            *out = layer.requantize(channel, dot(row, column));
        }
    }
}

/// The product of a weight row with a column.
#[inline(always)]
pub(crate) fn dot(row: &[u8], column: &[u8]) -> i32 {
    row.iter().zip(column).fold(0, |acc: i32, (&w, &x)| acc.wrapping_add(i32::from(w as i8) * i32::from(x as i8)))
}

impl Runs<Conv2dI8> for Scalar {
    fn run(call: &Conv2dI8, operands: Operands<'_>) {
        convolve::<Scalar>(call, operands);
    }
}

/// The columns of weights that have a zero point.
struct Shifted;

impl Columns for Shifted {
    fn pair(layer: &Layer<'_>, columns: &[u8], out: (&mut [u8], &mut [u8])) {
        let (first, second) = columns.split_at_checked(layer.call.row_bytes as usize).unwrap_or_default();
        Shifted::single(layer, first, out.0);
        Shifted::single(layer, second, out.1);
    }

    fn single(layer: &Layer<'_>, column: &[u8], out: &mut [u8]) {
        let sum = column.iter().fold(0i32, |sum, &x| sum.wrapping_add(i32::from(x as i8)));
        let excess = sum.wrapping_mul(layer.call.weight_zero);
        let rows = layer.weights.pieces(layer.call.row_bytes as usize);
        for ((row, channel), out) in rows.zip(layer.channels).zip(out) {
            *out = layer.requantize(channel, dot(row, column).wrapping_sub(excess));
        }
    }
}

/// The whole convolution, its columns by `C`; weights with a zero point have code of their own.
pub(crate) fn convolve<C: Columns>(call: &Conv2dI8, operands: Operands<'_>) {
    match call.weight_zero {
        0 => gather_columns::<C>(call, operands),
        _ => gather_columns::<Shifted>(call, operands),
    }
}

/// The same, where `C` knows of weights with a zero point.
pub(crate) fn gather_columns<C: Columns>(call: &Conv2dI8, operands: Operands<'_>) {
    let Operands { reads: [input, weights, channels, ..], output, scratch } = operands;
    let w = &call.window;
    let row_bytes = call.row_bytes as usize;
    let out_c = w.out_c as usize;
    let (channels, _) = channels.as_chunks();
    let layer = Layer { call, weights, channels };
    if input.is_empty() {
        return in_place::convolve::<C>(&layer, output, scratch);
    }
    if scratch.is_empty() {
        // Pixels are columns already.
        let mut outputs = output.pieces_mut(2 * out_c);
        let mut inputs = input.pieces(2 * row_bytes);
        for (pair, columns) in (&mut outputs).zip(&mut inputs) {
            C::pair(&layer, columns, pair.split_at_mut_checked(out_c).unwrap_or_default());
        }
        let last = outputs.into_remainder();
        if !last.is_empty() {
            C::single(&layer, inputs.remainder(), last);
        }
        return;
    }
    // The tail of a row is padding that meets zero weights.
    scratch.fill(0);
    let taps = (w.kernel_h * w.kernel_w * w.in_c) as usize;
    let image_len = (w.in_h * w.in_w * w.in_c) as usize;
    let out_len = (w.out_h * w.out_w * w.out_c) as usize;
    for (image, out) in input.pieces(image_len).zip(output.pieces_mut(out_len)) {
        let mut waiting = None;
        for (oy, line) in out.pieces_mut(w.out_w as usize * out_c).enumerate() {
            let rows = Taps::of_row(w, oy);
            for (ox, pixel) in line.pieces_mut(out_c).enumerate() {
                let columns = Taps::of_column(w, ox);
                let at = if waiting.is_none() { 0 } else { row_bytes };
                if let Some(column) = scratch.get_mut(at..at + taps) {
                    gather(w, image, &rows, &columns, call.input_zero as u8, column);
                }
                match waiting.take() {
                    None => waiting = Some(pixel),
                    Some(before) => C::pair(&layer, scratch, (before, pixel)),
                }
            }
        }
        if let Some(pixel) = waiting {
            C::single(&layer, scratch.get(..row_bytes).unwrap_or_default(), pixel);
        }
    }
}
