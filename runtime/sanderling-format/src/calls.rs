//! The kernel calls: one struct each, its id, its words in field order, and what it touches.
//!
//! Integer arithmetic is that of `docs/numerics.md`. Two things are done ahead by the compiler: the input zero
//! point is folded into the bias (`bias - input_zero * sum(weights)`), so that kernels multiply raw bytes and read
//! `input_zero` outside the image; and multipliers are 31-bit fixed point with a shift.

use crate::access::{Accesses, Region, size};
use crate::words::{Reader, Words};

/// A call that the program section can hold.
pub trait Call: Words {
    /// The id in the program section.
    const ID: u16;
    /// The kernel's name in reports.
    const NAME: &'static str;
    /// What the call touches; `None` when its parameters contradict each other.
    fn accesses(&self) -> Option<Accesses>;
}

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$fdoc:meta])* $field:ident: $ty:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name { $($(#[$fdoc])* pub $field: $ty,)* }
        impl Words for $name {
            fn decode(reader: &mut Reader<'_>) -> Option<Self> {
                Some($name { $($field: <$ty>::decode(reader)?,)* })
            }
            #[cfg(feature = "alloc")]
            fn encode(&self, out: &mut alloc::vec::Vec<u8>) {
                $(self.$field.encode(out);)*
            }
        }
    )*};
}

words! {
    /// A window sliding over an NHWC image, batch 1.
    Window {
        in_h: u32, in_w: u32, in_c: u32,
        out_h: u32, out_w: u32, out_c: u32,
        kernel_h: u32, kernel_w: u32,
        stride_h: u32, stride_w: u32,
        dilation_h: u32, dilation_w: u32,
        pad_top: u32, pad_left: u32,
    }
    /// Output zero point and inclusive clamp.
    Clamp { zero: i32, low: i32, high: i32, }
    /// int8 convolution, also fully connected (a 1x1 window on a 1x1 image).
    ///
    /// Weights: `out_c` rows of `row_bytes` (`kernel_h * kernel_w * in_c` rounded up to 4, the tail zero).
    /// Channels: `out_c` times bias, multiplier, shift as i32.
    Conv2dI8 {
        window: Window,
        clamp: Clamp,
        input_zero: i32,
        row_bytes: u32,
        input: u32, output: u32, scratch: u32, weights: u32, channels: u32,
    }
    /// int8 depthwise convolution; output channel `o` reads input channel `o / (out_c / in_c)`.
    ///
    /// Weights: `kernel_h * kernel_w` rows of `out_c` bytes. Channels as in [`Conv2dI8`].
    DepthwiseI8 {
        window: Window,
        clamp: Clamp,
        input_zero: i32,
        input: u32, output: u32, weights: u32, channels: u32,
    }
    /// int8 addition of two tensors of `len` bytes.
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
    /// Softmax over each of `rows` rows of `depth` bytes; output scale 1/256, zero point -128.
    SoftmaxI8 {
        rows: u32, depth: u32,
        multiplier: i32, shift: i32, diff_min: i32,
        input: u32, output: u32,
    }
}

impl Window {
    /// Bytes of the int8 input image.
    pub fn input_bytes(&self) -> Option<u32> {
        size(&[self.in_h, self.in_w, self.in_c])
    }

    /// Bytes of the int8 output image.
    pub fn output_bytes(&self) -> Option<u32> {
        size(&[self.out_h, self.out_w, self.out_c])
    }

    /// Kernel taps times input channels.
    pub fn taps_bytes(&self) -> Option<u32> {
        size(&[self.kernel_h, self.kernel_w, self.in_c])
    }

    /// Whether each output pixel is computed from exactly one input pixel, in order.
    pub fn is_pointwise(&self) -> bool {
        [self.kernel_h, self.kernel_w, self.stride_h, self.stride_w] == [1; 4]
            && (self.pad_top, self.pad_left) == (0, 0)
            && (self.in_h, self.in_w) == (self.out_h, self.out_w)
    }

    /// Strides and dilations at least 1, and every coordinate that a kernel computes fits an i32.
    fn is_sane(&self) -> bool {
        let axis = |n: u32, k: u32, stride: u32, dilation: u32, pad: u32| -> Option<()> {
            size(&[stride, dilation])?;
            let last = n.checked_mul(stride)?.checked_add(k.checked_mul(dilation)?)?.checked_add(pad)?;
            (last < 1 << 30).then_some(())
        };
        axis(self.out_h, self.kernel_h, self.stride_h, self.dilation_h, self.pad_top).is_some()
            && axis(self.out_w, self.kernel_w, self.stride_w, self.dilation_w, self.pad_left).is_some()
            && size(&[self.kernel_h, self.kernel_w]).is_some()
            && self.in_h < 1 << 30
            && self.in_w < 1 << 30
    }
}

impl Clamp {
    fn is_i8(&self) -> bool {
        -128 <= self.low && self.low <= self.high && self.high <= 127 && (-128..=127).contains(&self.zero)
    }
}

impl Conv2dI8 {
    /// Columns that the kernel gathers side by side in scratch.
    pub const COLUMNS: u32 = 2;

    /// Scratch that the kernel needs: none where a pixel's channels are already a whole row.
    pub fn scratch_bytes(window: &Window, row_bytes: u32) -> Option<u32> {
        if window.is_pointwise() && window.in_c == row_bytes { Some(0) } else { row_bytes.checked_mul(Self::COLUMNS) }
    }
}

impl Call for Conv2dI8 {
    const ID: u16 = 1;
    const NAME: &'static str = "conv2d_i8";
    fn accesses(&self) -> Option<Accesses> {
        let w = &self.window;
        let row = w.taps_bytes()?.checked_next_multiple_of(4)?;
        let ok = w.is_sane() && self.clamp.is_i8() && row == self.row_bytes && (-128..=127).contains(&self.input_zero);
        ok.then_some(Accesses {
            inputs: [Region { offset: self.input, bytes: w.input_bytes()? }, Region::default()],
            output: Region { offset: self.output, bytes: w.output_bytes()? },
            scratch: Region { offset: self.scratch, bytes: Self::scratch_bytes(w, row)? },
            constants: [
                Region { offset: self.weights, bytes: row.checked_mul(w.out_c)? },
                Region { offset: self.channels, bytes: w.out_c.checked_mul(12)? },
            ],
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
            && (-128..=127).contains(&self.input_zero)
            && w.out_c.checked_rem(w.in_c)? == 0;
        ok.then_some(Accesses {
            inputs: [Region { offset: self.input, bytes: w.input_bytes()? }, Region::default()],
            output: Region { offset: self.output, bytes: w.output_bytes()? },
            scratch: Region::default(),
            constants: [
                Region { offset: self.weights, bytes: size(&[w.kernel_h, w.kernel_w, w.out_c])? },
                Region { offset: self.channels, bytes: w.out_c.checked_mul(12)? },
            ],
        })
    }
}

impl Call for AddI8 {
    const ID: u16 = 3;
    const NAME: &'static str = "add_i8";
    fn accesses(&self) -> Option<Accesses> {
        (self.clamp.is_i8() && self.len > 0).then_some(Accesses {
            inputs: [Region { offset: self.a, bytes: self.len }, Region { offset: self.b, bytes: self.len }],
            output: Region { offset: self.output, bytes: self.len },
            ..Accesses::default()
        })
    }
}

fn pool_accesses(w: &Window, clamp: &Clamp, input: u32, output: u32) -> Option<Accesses> {
    (w.is_sane() && clamp.is_i8() && w.in_c == w.out_c).then_some(Accesses {
        inputs: [Region { offset: input, bytes: w.input_bytes()? }, Region::default()],
        output: Region { offset: output, bytes: w.output_bytes()? },
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
        (self.depth < 1 << 12).then_some(Accesses {
            inputs: [Region { offset: self.input, bytes }, Region::default()],
            output: Region { offset: self.output, bytes },
            ..Accesses::default()
        })
    }
}
