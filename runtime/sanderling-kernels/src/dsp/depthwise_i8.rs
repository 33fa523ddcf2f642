//! int8 depthwise convolution: four channels at a time.

use core::arch::asm;

use sanderling_format::calls::DepthwiseI8;

use super::{Dsp, requantize};
use crate::fixed::Channel;
use crate::kernel::{Operands, Runs};
use crate::pieces::Pieces;
use crate::scalar::Scalar;
use crate::scalar::in_place::by_positions;
use crate::window::Taps;

impl Runs<DepthwiseI8> for Dsp {
    fn run(call: &DepthwiseI8, operands: Operands<'_>) {
        let w = &call.window;
        if w.in_c != w.out_c || w.in_c % 4 != 0 || call.weight_zero != 0 {
            return Scalar::run(call, operands);
        }
        let Operands { reads: [input, weights, channels, ..], output, scratch } = operands;
        let (channels, _) = channels.as_chunks();
        if input.is_empty() {
            return by_positions(w, output, scratch, |image, rows, columns, pixel| {
                Position::new(call, image, weights, rows, columns).run(channels, pixel);
            });
        }
        let c = w.out_c as usize;
        let image_len = (w.in_h * w.in_w) as usize * c;
        let line_len = w.out_w as usize * c;
        let images = input.pieces(image_len).zip(output.pieces_mut(w.out_h as usize * line_len));
        for (image, out) in images {
            for (oy, line) in out.pieces_mut(line_len).enumerate() {
                let rows = Taps::of_row(w, oy);
                for (ox, pixel) in line.pieces_mut(c).enumerate() {
                    Position::new(call, image, weights, &rows, &Taps::of_column(w, ox)).run(channels, pixel);
                }
            }
        }
    }
}

/// One window position, as far as its four-channel groups share it.
struct Position<'a> {
    call: &'a DepthwiseI8,
    weights: *const u8,
    /// The first tap inside the image, channel 0.
    first: *const u8,
    /// Bytes from a tap to its neighbour to the right, and below.
    steps: [usize; 2],
    /// Rows of taps above the image, inside, and below it.
    rows: [usize; 3],
    /// Taps of a row left of the image, inside, and right of it.
    columns: [usize; 3],
}

impl<'a> Position<'a> {
    fn new(call: &'a DepthwiseI8, image: &[u8], weights: &[u8], rows: &Taps, columns: &Taps) -> Self {
        let w = &call.window;
        let (in_w, c) = (w.in_w as usize, w.in_c as usize);
        let parts = |t: &Taps, kernel: u32| [t.from, t.to - t.from, kernel as usize - t.to];
        let (mut rows_parts, columns_parts) = (parts(rows, w.kernel_h), parts(columns, w.kernel_w));
        let mut first = image.as_ptr();
        if rows_parts[1] == 0 || columns_parts[1] == 0 {
            rows_parts = [w.kernel_h as usize, 0, 0];
        } else {
            let pixel = rows.at(rows.from, w.dilation_h) * in_w + columns.at(columns.from, w.dilation_w);
            first = first.wrapping_add(pixel * c);
        }
        let steps = [w.dilation_w as usize * c, w.dilation_h as usize * in_w * c];
        Position { call, weights: weights.as_ptr(), first, steps, rows: rows_parts, columns: columns_parts }
    }

    #[inline(never)]
    fn run(&self, channels: &[[u8; Channel::BYTES]], pixel: &mut [u8]) {
        let (quads, _) = channels.as_chunks::<4>();
        let (outputs, _) = pixel.as_chunks_mut::<4>();
        for (group, (channels, out)) in quads.iter().zip(outputs).enumerate() {
            let sums = self.sums(group * 4);
            for ((channel, sum), out) in channels.iter().zip(sums).zip(out) {
                *out = requantize(channel, self.call.rounding, sum, &self.call.clamp);
            }
        }
    }

    /// The sums of channels `c` to `c + 3`.
    #[inline(always)]
    fn sums(&self, c: usize) -> [i32; 4] {
        let zero = [self.call.input_zero as u8; 4];
        let [above, inside, below] = self.rows;
        let [left, middle, right] = self.columns;
        let row = left + middle + right;
        // Weights lie in the order of the taps, so that one pointer walks through them all.
        let step = self.call.window.in_c as usize;
        let mut span = Span { weights: self.weights.wrapping_add(c), row: step, sums: [0; 4] };
        let mut x = self.first.wrapping_add(c);
        // SAFETY: every span reads one word a tap: of the weights in order, `kernel_h * kernel_w` of them in all, which is
        // what the loader checked; of the image at taps inside it, or of `zero` again and again.
        unsafe {
            span.add(zero.as_ptr(), 0, above * row);
            for _ in 0..inside {
                span.add(zero.as_ptr(), 0, left);
                span.add(x, self.steps[0], middle);
                span.add(zero.as_ptr(), 0, right);
                x = x.wrapping_add(self.steps[1]);
            }
            span.add(zero.as_ptr(), 0, below * row);
        }
        span.sums
    }
}

/// Four sums on their way through the taps.
struct Span {
    weights: *const u8,
    /// Bytes from a tap's weights to the next tap's.
    row: usize,
    sums: [i32; 4],
}

impl Span {
    /// Adds `taps` taps whose inputs lie `step` bytes apart.
    ///
    /// # Safety
    /// A word can be read at every tap of the weights and of `x`.
    #[inline(always)]
    unsafe fn add(&mut self, x: *const u8, step: usize, taps: usize) {
        if taps == 0 {
            return;
        }
        let [s0, s1, s2, s3] = &mut self.sums;
        // SAFETY: the caller's.
        unsafe {
            asm!(
                "2:",
                "ldr {we}, [{w}]",
                "add {w}, {w}, {row}",
                "ldr {xe}, [{x}]",
                "add {x}, {x}, {step}",
                "sxtb16 {wo}, {we}, ror #8",
                "sxtb16 {we}, {we}",
                "sxtb16 {xo}, {xe}, ror #8",
                "sxtb16 {xe}, {xe}",
                "smlabb {s0}, {we}, {xe}, {s0}",
                "smlabb {s1}, {wo}, {xo}, {s1}",
                "smlatt {s2}, {we}, {xe}, {s2}",
                "smlatt {s3}, {wo}, {xo}, {s3}",
                "subs {taps}, {taps}, #1",
                "bne 2b",
                w = inout(reg) self.weights,
                x = inout(reg) x => _,
                taps = inout(reg) taps => _,
                row = in(reg) self.row,
                step = in(reg) step,
                s0 = inout(reg) *s0, s1 = inout(reg) *s1, s2 = inout(reg) *s2, s3 = inout(reg) *s3,
                we = out(reg) _, wo = out(reg) _, xe = out(reg) _, xo = out(reg) _,
                options(readonly, nostack),
            );
        }
    }
}
