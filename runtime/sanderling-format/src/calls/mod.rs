//! The kernel calls: one struct each, its id, its words in field order, and what it touches.
//!
//! Integer arithmetic is that of `docs/numerics.md`. Two things are done ahead by the compiler: the input zero
//! point is folded into the bias (`bias - input_zero * sum(weights)`), so that kernels multiply raw bytes and read
//! `input_zero` outside the image; and multipliers are 31-bit fixed point with a shift.
//!
//! Fields named after a tensor (`input`, `output`, `weights`...) are offsets, see [`crate::Region`].

mod coupling;
mod data;
mod described;
mod float;
mod half;
mod int8;
mod lstm;
mod quantized;
mod trees;

pub use coupling::*;
pub use data::*;
pub use described::{ALL, Described};
pub use float::*;
pub use half::*;
pub use int8::*;
pub use lstm::*;
pub use quantized::*;
pub use trees::*;

use crate::access::{Accesses, READS, Region, size};
use crate::features::Features;
use crate::words::{Reader, Words};

/// A call that the program section can hold.
pub trait Call: Words {
    /// The id in the program section.
    const ID: u16;
    /// The kernel's name in reports.
    const NAME: &'static str;
    /// What a set of kernels may lack to run it.
    const FEATURES: Features = Features(0);
    /// What the call touches; `None` when its parameters contradict each other.
    fn accesses(&self) -> Option<Accesses>;
}

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$fdoc:meta])* $field:ident: $ty:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct $name { $($(#[$fdoc])* pub $field: $ty,)* }
        impl $name {
            /// The words: names and types of the fields, in order.
            pub const FIELDS: &'static [(&'static str, &'static str)] = &[$((stringify!($field), stringify!($ty))),*];
        }
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
use words;

words! {
    /// A window sliding over `batch` NHWC images.
    Window {
        batch: u32,
        in_h: u32, in_w: u32, in_c: u32,
        out_h: u32, out_w: u32, out_c: u32,
        kernel_h: u32, kernel_w: u32,
        stride_h: u32, stride_w: u32,
        dilation_h: u32, dilation_w: u32,
        pad_top: u32, pad_left: u32,
    }
    /// Output zero point and inclusive clamp.
    Clamp { zero: i32, low: i32, high: i32, }
}

impl Window {
    /// Elements of the input images.
    pub fn input_len(&self) -> Option<u32> {
        size(&[self.batch, self.in_h, self.in_w, self.in_c])
    }

    /// Elements of the output images.
    pub fn output_len(&self) -> Option<u32> {
        size(&[self.batch, self.out_h, self.out_w, self.out_c])
    }

    /// Kernel taps times input channels.
    pub fn taps_len(&self) -> Option<u32> {
        size(&[self.kernel_h, self.kernel_w, self.in_c])
    }

    /// Whether each output pixel is computed from exactly one input pixel, in order.
    pub fn is_pointwise(&self) -> bool {
        [self.kernel_h, self.kernel_w, self.stride_h, self.stride_w] == [1; 4]
            && (self.pad_top, self.pad_left) == (0, 0)
            && (self.in_h, self.in_w) == (self.out_h, self.out_w)
    }

    /// Whether rows of the output, from the top, can take the place of the image's rows from its first on, where the rows that
    /// a window meets are kept apart: no row of the output reaches an image row that no window has met.
    pub fn goes_in_place(&self) -> bool {
        let line = |w: u32, c: u32| u64::from(w) * u64::from(c);
        self.batch == 1
            && line(self.out_w, self.out_c) <= line(self.in_w, self.in_c)
            && u64::from(self.pad_top) <= line(self.kernel_h.saturating_sub(1), self.dilation_h)
    }

    /// Bytes of the image rows, of one byte an element, from the first to the last that a window meets.
    pub fn band_bytes(&self) -> Option<u32> {
        let rows = self.kernel_h.checked_sub(1)?.checked_mul(self.dilation_h)?.checked_add(1)?.min(self.in_h);
        size(&[rows, self.in_w, self.in_c])
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

/// The reads of a call, the rest empty.
fn reads<const N: usize>(regions: [(u32, u32); N]) -> [Region; READS] {
    let mut all = [Region::default(); READS];
    for (slot, (offset, bytes)) in all.iter_mut().zip(regions) {
        *slot = Region { offset, bytes };
    }
    all
}
