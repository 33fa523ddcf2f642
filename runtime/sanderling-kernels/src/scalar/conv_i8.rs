//! int8 convolution: columns of the image against rows of weights, two columns at a time.

use sanderling_format::calls::Conv2dI8;

use super::Scalar;
use crate::fixed::Channel;
use crate::kernel::{Operands, Runs};
use crate::window::{Taps, gather};

/// Dot products of a few weight rows with one or two columns; `row_bytes` is a multiple of 4.
pub(crate) trait Dot {
    /// Weight rows taken at once, at most 4.
    const ROWS: usize;
    /// `acc[r][c]` is the product of row `r` with column `c`; `rows` holds `ROWS` rows, `columns` two.
    fn pair(rows: &[u8], columns: &[u8], row_bytes: usize) -> [[i32; 2]; 4];
    /// The same for one column.
    fn single(rows: &[u8], column: &[u8]) -> [i32; 4];
}

impl Dot for Scalar {
    const ROWS: usize = 1;

    fn pair(rows: &[u8], columns: &[u8], row_bytes: usize) -> [[i32; 2]; 4] {
        let (first, second) = columns.split_at(row_bytes);
        [[dot(rows, first), dot(rows, second)], [0; 2], [0; 2], [0; 2]]
    }

    fn single(rows: &[u8], column: &[u8]) -> [i32; 4] {
        [dot(rows, column), 0, 0, 0]
    }
}

fn dot(row: &[u8], column: &[u8]) -> i32 {
    row.iter().zip(column).fold(0, |acc: i32, (&w, &x)| acc.wrapping_add(i32::from(w as i8) * i32::from(x as i8)))
}

impl Runs<Conv2dI8> for Scalar {
    fn run(call: &Conv2dI8, operands: Operands<'_>) {
        convolve::<Scalar>(call, operands);
    }
}

/// The whole convolution around the dot products of `D`.
pub(crate) fn convolve<D: Dot>(call: &Conv2dI8, operands: Operands<'_>) {
    let Operands { reads: [input, weights, channels, ..], output, scratch } = operands;
    let w = &call.window;
    let row_bytes = call.row_bytes as usize;
    let out_c = w.out_c as usize;
    let layer = Layer { call, weights, channels };
    if scratch.is_empty() {
        // Pixels are columns already.
        let mut outputs = output.chunks_exact_mut(2 * out_c);
        let mut inputs = input.chunks_exact(2 * row_bytes);
        for (pair, columns) in (&mut outputs).zip(&mut inputs) {
            layer.pair::<D>(columns, pair.split_at_mut(out_c));
        }
        let last = outputs.into_remainder();
        if !last.is_empty() {
            layer.single::<D>(inputs.remainder(), last);
        }
        return;
    }
    // The tail of a row is padding that meets zero weights.
    scratch.fill(0);
    let taps = (w.kernel_h * w.kernel_w * w.in_c) as usize;
    let image_len = (w.in_h * w.in_w * w.in_c) as usize;
    let out_len = (w.out_h * w.out_w * w.out_c) as usize;
    for (image, out) in input.chunks_exact(image_len).zip(output.chunks_exact_mut(out_len)) {
        let mut waiting = None;
        for (oy, line) in out.chunks_exact_mut(w.out_w as usize * out_c).enumerate() {
            let rows = Taps::of_row(w, oy);
            for (ox, pixel) in line.chunks_exact_mut(out_c).enumerate() {
                let columns = Taps::of_column(w, ox);
                let at = if waiting.is_none() { 0 } else { row_bytes };
                gather(w, image, &rows, &columns, call.input_zero as u8, &mut scratch[at..at + taps]);
                match waiting.take() {
                    None => waiting = Some(pixel),
                    Some(before) => layer.pair::<D>(scratch, (before, pixel)),
                }
            }
        }
        if let Some(pixel) = waiting {
            layer.single::<D>(&scratch[..row_bytes], pixel);
        }
    }
}

struct Layer<'a> {
    call: &'a Conv2dI8,
    weights: &'a [u8],
    channels: &'a [u8],
}

impl Layer<'_> {
    /// All channels of two pixels.
    fn pair<D: Dot>(&self, columns: &[u8], out: (&mut [u8], &mut [u8])) {
        let row_bytes = self.call.row_bytes as usize;
        let blocks = self.weights.chunks_exact(D::ROWS * row_bytes);
        let rest = blocks.remainder();
        let mut o = 0;
        let mut store = |rows: usize, acc: [[i32; 2]; 4]| {
            for acc in acc.iter().take(rows) {
                let channel = Channel::read(self.channels, o);
                if let (Some(a), Some(b)) = (out.0.get_mut(o), out.1.get_mut(o)) {
                    *a = self.requantize(&channel, acc[0]);
                    *b = self.requantize(&channel, acc[1]);
                }
                o += 1;
            }
        };
        blocks.for_each(|rows| store(D::ROWS, D::pair(rows, columns, row_bytes)));
        rest.chunks_exact(row_bytes).for_each(|row| store(1, Scalar::pair(row, columns, row_bytes)));
    }

    /// All channels of one pixel.
    fn single<D: Dot>(&self, column: &[u8], out: &mut [u8]) {
        let row_bytes = self.call.row_bytes as usize;
        let blocks = self.weights.chunks_exact(D::ROWS * row_bytes);
        let rest = blocks.remainder();
        let mut o = 0;
        let mut store = |rows: usize, acc: [i32; 4]| {
            for &acc in acc.iter().take(rows) {
                if let Some(out) = out.get_mut(o) {
                    *out = self.requantize(&Channel::read(self.channels, o), acc);
                }
                o += 1;
            }
        };
        blocks.for_each(|rows| store(D::ROWS, D::single(rows, column)));
        rest.chunks_exact(row_bytes).for_each(|row| store(1, Scalar::single(row, column)));
    }

    #[inline(always)]
    fn requantize(&self, channel: &Channel, acc: i32) -> u8 {
        match self.call.rounding {
            0 => channel.requantize(acc, &self.call.clamp),
            _ => channel.requantize_once(acc, &self.call.clamp),
        }
    }
}
