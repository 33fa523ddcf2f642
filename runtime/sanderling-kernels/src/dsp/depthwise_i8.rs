//! int8 depthwise convolution: four channels at a time.

use core::arch::asm;

use sanderling_format::calls::DepthwiseI8;

use super::Dsp;
use crate::fixed::Channel;
use crate::kernel::{Operands, Runs};
use crate::scalar::Scalar;
use crate::window::Taps;

impl Runs<DepthwiseI8> for Dsp {
    fn run(call: &DepthwiseI8, operands: Operands<'_>) {
        let w = &call.window;
        if w.in_c != w.out_c || w.in_c % 4 != 0 {
            return Scalar::run(call, operands);
        }
        let Operands { reads: [input, weights, channels, ..], output, .. } = operands;
        let c = w.out_c as usize;
        let image_len = (w.in_h * w.in_w) as usize * c;
        let line_len = w.out_w as usize * c;
        let images = input.chunks_exact(image_len).zip(output.chunks_exact_mut(w.out_h as usize * line_len));
        for (image, out) in images {
            for (oy, line) in out.chunks_exact_mut(line_len).enumerate() {
                let rows = Taps::of_row(w, oy);
                for (ox, pixel) in line.chunks_exact_mut(c).enumerate() {
                    let columns = Taps::of_column(w, ox);
                    let spans = Spans { call, image, weights, rows, columns };
                    for (group, out) in pixel.chunks_exact_mut(4).enumerate() {
                        let sums = spans.sum(group * 4);
                        for (i, (out, sum)) in out.iter_mut().zip(sums).enumerate() {
                            *out = Channel::read(channels, group * 4 + i).requantize(sum, &call.clamp);
                        }
                    }
                }
            }
        }
    }
}

/// One window position.
struct Spans<'a> {
    call: &'a DepthwiseI8,
    image: &'a [u8],
    weights: &'a [u8],
    rows: Taps,
    columns: Taps,
}

impl Spans<'_> {
    /// The sums of channels `c` to `c + 3`.
    #[inline(always)]
    fn sum(&self, c: usize) -> [i32; 4] {
        let w = &self.call.window;
        let kernel_w = w.kernel_w as usize;
        let (from, to) = (self.columns.from, self.columns.to);
        let zero = [self.call.input_zero as u8; 4];
        let mut sums = [0; 4];
        for ky in 0..w.kernel_h as usize {
            let is_inside = self.rows.inside().contains(&ky);
            let (from, to) = if is_inside { (from, to) } else { (kernel_w, kernel_w) };
            // Left of the image, inside, right of it.
            self.span(&mut sums, ky, 0, from, c, &zero, 0);
            if from < to {
                let pixel = self.rows.at(ky, w.dilation_h) * w.in_w as usize + self.columns.at(from, w.dilation_w);
                let step = w.dilation_w as usize * w.in_c as usize;
                if let Some(x) = self.image.get(pixel * w.in_c as usize + c..) {
                    self.span(&mut sums, ky, from, to, c, x, step);
                }
            }
            self.span(&mut sums, ky, to, kernel_w, c, &zero, 0);
        }
        sums
    }

    /// Adds taps `from..to` of row `ky`; their inputs lie `step` bytes apart in `x`.
    #[inline(always)]
    fn span(&self, sums: &mut [i32; 4], ky: usize, from: usize, to: usize, c: usize, x: &[u8], step: usize) {
        if from >= to {
            return;
        }
        let row = self.call.window.out_c as usize;
        let first = (ky * self.call.window.kernel_w as usize + from) * row + c;
        let taps = to - from;
        if x.len() < (taps - 1) * step + 4 || self.weights.len() < first + (taps - 1) * row + 4 {
            return;
        }
        let [s0, s1, s2, s3] = sums;
        // SAFETY: the last of the `taps` words of both slices is inside, as just checked.
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
                w = inout(reg) self.weights.as_ptr().add(first) => _,
                x = inout(reg) x.as_ptr() => _,
                taps = inout(reg) taps => _,
                row = in(reg) row,
                step = in(reg) step,
                s0 = inout(reg) *s0, s1 = inout(reg) *s1, s2 = inout(reg) *s2, s3 = inout(reg) *s3,
                we = out(reg) _, wo = out(reg) _, xe = out(reg) _, xo = out(reg) _,
                options(readonly, nostack),
            );
        }
    }
}
