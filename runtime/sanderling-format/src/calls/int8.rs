//! int8 kernels.

use super::{Call, Clamp, Window, reads, words};
use crate::access::{Accesses, Region, size};
use crate::words::{Reader, Words};

words! {
    /// int8 convolution, also fully connected (a 1x1 window on a 1x1 image).
    ///
    /// Weights: `out_c` rows of `row_bytes` (`kernel_h * kernel_w * in_c` rounded up to 4, the tail zero).
    /// Channels: `out_c` times bias, multiplier, shift as i32. In place where [`Window::goes_in_place`] or
    /// [`Window::is_pointwise`].
    Conv2dI8 {
        window: Window,
        clamp: Clamp,
        /// 0: sums are rescaled with two roundings, as LiteRT's convolutions; 1: with one, as its fully connected and ONNX Runtime's layers.
        rounding: u32,
        input_zero: i32,
        /// What each weight has too much: as many times the sum of a column is taken off its products.
        weight_zero: i32,
        row_bytes: u32,
        input: u32, output: u32, scratch: u32, weights: u32, channels: u32,
    }
    /// int8 depthwise convolution; output channel `o` reads input channel `o / (out_c / in_c)`.
    ///
    /// Weights: `kernel_h * kernel_w` rows of `out_c` bytes. Channels as in [`Conv2dI8`]. In place where
    /// [`Window::goes_in_place`]; only then there is scratch.
    DepthwiseI8 {
        window: Window,
        clamp: Clamp,
        /// As in [`Conv2dI8`].
        rounding: u32,
        input_zero: i32,
        /// Subtracted from each weight.
        weight_zero: i32,
        input: u32, output: u32, scratch: u32, weights: u32, channels: u32,
    }
    /// int8 addition of two tensors of `len` bytes, in place of either unless they are the same.
    AddI8 {
        len: u32,
        a_zero: i32, a_multiplier: i32, a_shift: i32,
        b_zero: i32, b_multiplier: i32, b_shift: i32,
        multiplier: i32, shift: i32,
        clamp: Clamp,
        a: u32, b: u32, output: u32,
    }
    /// Mean over the part of the window inside the image; `clamp.zero` is unused.
    AvgPoolI8 { window: Window, clamp: Clamp, input: u32, output: u32, }
    /// Maximum over the part of the window inside the image; `clamp.zero` is unused.
    MaxPoolI8 { window: Window, clamp: Clamp, input: u32, output: u32, }
    /// Softmax over each of `rows` rows of `depth` bytes, also in place; output scale 1/256, zero point -128.
    SoftmaxI8 {
        rows: u32, depth: u32,
        multiplier: i32, shift: i32, diff_min: i32,
        input: u32, output: u32,
    }
}

/// Whether a multiplier may have this shift.
pub(super) fn is_shift(shift: i32) -> bool {
    (-31..=31).contains(&shift)
}

impl Conv2dI8 {
    /// Columns that the kernel gathers side by side in scratch.
    pub const COLUMNS: u32 = 2;

    /// Scratch that the kernel needs: columns, unless a pixel's channels are already a whole row, and in place the rows
    /// that a window meets besides.
    fn scratch_bytes(&self, in_place: bool) -> Option<u32> {
        let w = &self.window;
        let columns = self.row_bytes.checked_mul(Self::COLUMNS)?;
        match (in_place, w.is_pointwise()) {
            (false, true) if w.in_c == self.row_bytes => Some(0),
            (false, _) | (true, true) => Some(columns),
            (true, false) => columns.checked_add(w.band_bytes()?),
        }
    }
}

impl Call for Conv2dI8 {
    const ID: u16 = 1;
    const NAME: &'static str = "conv2d_i8";
    fn accesses(&self) -> Option<Accesses> {
        let w = &self.window;
        let row = w.taps_len()?.checked_next_multiple_of(4)?;
        let ok = w.is_sane()
            && self.clamp.is_i8()
            && self.rounding < 2
            && row == self.row_bytes
            && (-128..=127).contains(&self.input_zero)
            && (-128..=127).contains(&self.weight_zero);
        ok.then_some(Accesses {
            reads: reads([
                (self.input, w.input_len()?),
                (self.weights, row.checked_mul(w.out_c)?),
                (self.channels, w.out_c.checked_mul(12)?),
            ]),
            output: Region { offset: self.output, bytes: w.output_len()? },
            scratch: Region { offset: self.scratch, bytes: self.scratch_bytes(self.input == self.output)? },
            in_place: u8::from(w.is_pointwise() || w.goes_in_place()),
        })
    }
}

impl Call for DepthwiseI8 {
    const ID: u16 = 2;
    const NAME: &'static str = "depthwise_i8";
    fn accesses(&self) -> Option<Accesses> {
        let w = &self.window;
        let ok = w.is_sane()
            && self.clamp.is_i8()
            && self.rounding < 2
            && (-128..=127).contains(&self.input_zero)
            && (-128..=127).contains(&self.weight_zero)
            && w.out_c.checked_rem(w.in_c)? == 0;
        ok.then_some(Accesses {
            reads: reads([
                (self.input, w.input_len()?),
                (self.weights, size(&[w.kernel_h, w.kernel_w, w.out_c])?),
                (self.channels, w.out_c.checked_mul(12)?),
            ]),
            output: Region { offset: self.output, bytes: w.output_len()? },
            scratch: Region {
                offset: self.scratch,
                bytes: if self.input == self.output { w.band_bytes()? } else { 0 },
            },
            in_place: u8::from(w.goes_in_place()),
        })
    }
}

impl Call for AddI8 {
    const ID: u16 = 3;
    const NAME: &'static str = "add_i8";
    fn accesses(&self) -> Option<Accesses> {
        let shifts = [self.a_shift, self.b_shift, self.shift];
        (self.clamp.is_i8() && self.len > 0 && shifts.into_iter().all(is_shift)).then_some(Accesses {
            reads: reads([(self.a, self.len), (self.b, self.len)]),
            output: Region { offset: self.output, bytes: self.len },
            in_place: if self.a == self.b { 0 } else { 0b11 },
            ..Accesses::default()
        })
    }
}

fn pool_accesses(w: &Window, clamp: &Clamp, input: u32, output: u32) -> Option<Accesses> {
    (w.is_sane() && clamp.is_i8() && w.in_c == w.out_c).then_some(Accesses {
        reads: reads([(input, w.input_len()?)]),
        output: Region { offset: output, bytes: w.output_len()? },
        ..Accesses::default()
    })
}

impl Call for AvgPoolI8 {
    const ID: u16 = 4;
    const NAME: &'static str = "avg_pool_i8";
    fn accesses(&self) -> Option<Accesses> {
        pool_accesses(&self.window, &self.clamp, self.input, self.output)
    }
}

impl Call for MaxPoolI8 {
    const ID: u16 = 5;
    const NAME: &'static str = "max_pool_i8";
    fn accesses(&self) -> Option<Accesses> {
        pool_accesses(&self.window, &self.clamp, self.input, self.output)
    }
}

impl Call for SoftmaxI8 {
    const ID: u16 = 6;
    const NAME: &'static str = "softmax_i8";
    fn accesses(&self) -> Option<Accesses> {
        let bytes = size(&[self.rows, self.depth])?;
        // The sum of exponentials is kept with 12 integer bits.
        (self.depth < 1 << 12 && is_shift(self.shift)).then_some(Accesses {
            reads: reads([(self.input, bytes)]),
            output: Region { offset: self.output, bytes },
            in_place: 0b1,
            ..Accesses::default()
        })
    }
}
