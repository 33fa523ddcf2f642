//! The 8-bit kernels besides those of `int8`, and the roads between real and quantized numbers.
//!
//! A quantized `u8` is kept with its highest bit flipped and its zero point less by 128, so that one kernel serves both
//! types: whatever these calls name a zero point or clamp is that of the flipped byte, an i8.

use super::data::{BinaryOp, Broadcast, Numeric, ReduceOp, Reduction};
use super::int8::is_shift;
use super::{Call, Clamp, Window, reads, words};
use crate::access::{Accesses, Region, size};
use crate::features::Features;
use crate::words::{Reader, Words};

words! {
    /// Flips the highest bit of `len` bytes, always in place.
    FlipI8 { len: u32, output: u32, }
    /// Each of `len` bytes through the 256 bytes of `table`, also in place.
    LookupI8 { len: u32, input: u32, table: u32, output: u32, }
    /// As [`LookupI8`], always in place.
    MapI8 { len: u32, table: u32, output: u32, }
    /// A [`BinaryOp`] on two int8 tensors by the rules of `docs/numerics.md`: add, sub (a negative `b_multiplier`),
    /// mul, min, max, squared difference and comparisons, which give truth values. In place of an operand that is read as
    /// it lies ([`Broadcast::in_place`]).
    BinaryI8 {
        op: u32,
        operands: Broadcast,
        left_shift: u32,
        a_zero: i32, a_multiplier: i32, a_shift: i32,
        b_zero: i32, b_multiplier: i32, b_shift: i32,
        multiplier: i32, shift: i32,
        clamp: Clamp,
        a: u32, b: u32, output: u32,
    }
    /// A [`ReduceOp`] on int8: sum and mean rescale the sum of the values less their zero point, max and min choose.
    ReduceI8 {
        op: u32,
        shape: Reduction,
        input_zero: i32, multiplier: i32, shift: i32,
        clamp: Clamp,
        input: u32, output: u32,
    }
    /// Bilinear resize of int8 NHWC images. `single` 0: coordinates of 10 fraction bits, `scale_*` such integers;
    /// 1: the values are those of flipped `u8`, `scale_*` the bits of f32 factors and all arithmetic in f32.
    ResizeI8 {
        batch: u32, in_h: u32, in_w: u32, channels: u32, out_h: u32, out_w: u32,
        single: u32, half_pixel: u32,
        scale_h: u32, scale_w: u32,
        input: u32, output: u32,
    }
    /// `outer * count * inner` quantized integers to f32; `params`: `count` times scale (f32) and zero point (i32), those
    /// of the stored values.
    Dequantize { from: u32, outer: u32, count: u32, inner: u32, input: u32, params: u32, output: u32, }
    /// f32 to quantized integers, half away from zero; as [`Dequantize`], clamped to `low..=high`.
    Quantize {
        to: u32, outer: u32, count: u32, inner: u32, low: i32, high: i32,
        input: u32, params: u32, output: u32,
    }
    /// Mean over the part of the window inside the image, or where `count_padding` is 1 over all of it, the rest
    /// `clamp.zero`; `offset` is added to each byte before, and taken off after, the rounding away from zero.
    MeanPoolI8 { window: Window, clamp: Clamp, count_padding: u32, offset: i32, input: u32, output: u32, }
    /// int8 convolution in groups. Weights: `out_c` rows of `kernel_h * kernel_w * in_c / groups`. Channels and rounding as
    /// in [`super::Conv2dI8`], but no zero point is folded into the bias.
    GroupedConvI8 {
        window: Window, groups: u32, clamp: Clamp, rounding: u32,
        input_zero: i32, weight_zero: i32,
        input: u32, output: u32, weights: u32, channels: u32,
    }
    /// int8 transposed convolution: `window` is that of the output, its padding is cut off. Dilation is 1. Weights:
    /// `out_c` rows of `kernel_h * kernel_w * in_c`; channels and rounding as in [`GroupedConvI8`].
    ConvTransposeI8 {
        window: Window, clamp: Clamp, rounding: u32,
        input_zero: i32, weight_zero: i32,
        input: u32, output: u32, weights: u32, channels: u32,
    }
    /// f32 images times int8 weights: each image is quantized as it comes. `rule` 0: symmetrically, scales multiplied
    /// first (fully connected); 1: symmetrically; 2: with a zero point. Weights as in [`GroupedConvI8`]; channels:
    /// `out_c` times bias and scale as f32. Scratch: one image in int8.
    HybridConv {
        window: Window, groups: u32, rule: u32, low: f32, high: f32, weight_zero: i32,
        input: u32, output: u32, scratch: u32, weights: u32, channels: u32,
    }
    /// int8 matrix products `[rows][depth] * [depth][columns]`, a pair of matrices for each index of `batch`, whose
    /// strides and lengths count matrices.
    MatMulI8 {
        batch: Broadcast, rows: u32, depth: u32, columns: u32,
        a_zero: i32, b_zero: i32, multiplier: i32, shift: i32,
        clamp: Clamp,
        a: u32, b: u32, output: u32,
    }
}

fn is_zero_point(zero: i32) -> bool {
    (-128..=127).contains(&zero)
}

fn plain<const N: usize>(regions: [(u32, u32); N], output: u32, bytes: u32) -> Accesses {
    Accesses { reads: reads(regions), output: Region { offset: output, bytes }, ..Accesses::default() }
}

impl Call for FlipI8 {
    const ID: u16 = 7;
    const NAME: &'static str = "flip_i8";
    fn accesses(&self) -> Option<Accesses> {
        Some(plain([], self.output, size(&[self.len])?))
    }
}

impl Call for LookupI8 {
    const ID: u16 = 8;
    const NAME: &'static str = "lookup_i8";
    fn accesses(&self) -> Option<Accesses> {
        let len = size(&[self.len])?;
        Some(Accesses { in_place: 0b1, ..plain([(self.input, len), (self.table, 256)], self.output, len) })
    }
}

impl Call for MapI8 {
    const ID: u16 = 9;
    const NAME: &'static str = "map_i8";
    fn accesses(&self) -> Option<Accesses> {
        Some(plain([(self.table, 256)], self.output, size(&[self.len])?))
    }
}

impl Call for BinaryI8 {
    const ID: u16 = 10;
    const NAME: &'static str = "binary_i8";
    fn accesses(&self) -> Option<Accesses> {
        let op = BinaryOp::from_code(self.op)?;
        let ok = !matches!(op, BinaryOp::Div | BinaryOp::Pow | BinaryOp::And | BinaryOp::Or)
            && self.clamp.is_i8()
            && is_zero_point(self.a_zero)
            && is_zero_point(self.b_zero)
            && self.left_shift < 32
            && [self.a_shift, self.b_shift, self.shift].into_iter().all(is_shift);
        let operands = [(self.a, self.operands.a_len), (self.b, self.operands.b_len)];
        let call = plain(operands, self.output, self.operands.len()?);
        ok.then_some(Accesses { in_place: self.operands.in_place(self.a, self.b), ..call })
    }
}

impl Call for ReduceI8 {
    const ID: u16 = 11;
    const NAME: &'static str = "reduce_i8";
    fn accesses(&self) -> Option<Accesses> {
        let op = ReduceOp::from_code(self.op)?;
        let ok = op != ReduceOp::Prod
            && self.clamp.is_i8()
            && is_zero_point(self.input_zero)
            && (-63..=31).contains(&self.shift);
        ok.then_some(plain([(self.input, self.shape.in_len)], self.output, self.shape.results()?))
    }
}

impl Call for ResizeI8 {
    const ID: u16 = 12;
    const NAME: &'static str = "resize_i8";
    fn accesses(&self) -> Option<Accesses> {
        let input = size(&[self.batch, self.in_h, self.in_w, self.channels])?;
        let output = size(&[self.batch, self.out_h, self.out_w, self.channels])?;
        let ok = self.single < 2
            && self.half_pixel < 2
            && (self.single == 1 || (self.scale_h < 1 << 31 && self.scale_w < 1 << 31));
        ok.then_some(plain([(self.input, input)], self.output, output))
    }
}

/// Elements, bytes of a type and of parameters.
fn channelwise(numeric: u32, shape: [u32; 3]) -> Option<(u32, u32, u32)> {
    let numeric = Numeric::from_code(numeric)?;
    let len = size(&shape)?;
    (!numeric.is_real()).then_some((len.checked_mul(numeric.bytes())?, len.checked_mul(4)?, size(&[shape[1], 8])?))
}

impl Call for Dequantize {
    const ID: u16 = 13;
    const NAME: &'static str = "dequantize";
    const FEATURES: Features = Features::REAL;
    fn accesses(&self) -> Option<Accesses> {
        let (integers, reals, params) = channelwise(self.from, [self.outer, self.count, self.inner])?;
        Some(plain([(self.input, integers), (self.params, params)], self.output, reals))
    }
}

impl Call for Quantize {
    const ID: u16 = 14;
    const NAME: &'static str = "quantize";
    const FEATURES: Features = Features::REAL;
    fn accesses(&self) -> Option<Accesses> {
        let (integers, reals, params) = channelwise(self.to, [self.outer, self.count, self.inner])?;
        (self.low <= self.high).then_some(plain([(self.input, reals), (self.params, params)], self.output, integers))
    }
}

impl Call for MeanPoolI8 {
    const ID: u16 = 15;
    const NAME: &'static str = "mean_pool_i8";
    fn accesses(&self) -> Option<Accesses> {
        let w = &self.window;
        let ok = w.is_sane()
            && self.clamp.is_i8()
            && w.in_c == w.out_c
            && self.count_padding < 2
            && (0..=128).contains(&self.offset)
            // Sums and counts fit an i32.
            && size(&[w.kernel_h, w.kernel_w])? < 1 << 22;
        ok.then_some(plain([(self.input, w.input_len()?)], self.output, w.output_len()?))
    }
}

/// The bytes of the weights of a convolution in groups.
fn grouped(w: &Window, groups: u32) -> Option<u32> {
    let fits = w.is_sane() && w.in_c.checked_rem(groups)? == 0 && w.out_c.checked_rem(groups)? == 0;
    if fits { size(&[w.out_c, w.kernel_h, w.kernel_w, w.in_c / groups]) } else { None }
}

impl Call for GroupedConvI8 {
    const ID: u16 = 16;
    const NAME: &'static str = "grouped_conv_i8";
    fn accesses(&self) -> Option<Accesses> {
        let w = &self.window;
        let weights = (self.weights, grouped(w, self.groups)?);
        let channels = (self.channels, w.out_c.checked_mul(12)?);
        let ok = self.clamp.is_i8()
            && self.rounding < 2
            && is_zero_point(self.input_zero)
            && is_zero_point(self.weight_zero);
        ok.then_some(plain([(self.input, w.input_len()?), weights, channels], self.output, w.output_len()?))
    }
}

impl Call for ConvTransposeI8 {
    const ID: u16 = 17;
    const NAME: &'static str = "conv_transpose_i8";
    fn accesses(&self) -> Option<Accesses> {
        let w = &self.window;
        let weights = (self.weights, grouped(w, 1)?);
        let channels = (self.channels, w.out_c.checked_mul(12)?);
        let ok = self.clamp.is_i8()
            && self.rounding < 2
            && is_zero_point(self.input_zero)
            && is_zero_point(self.weight_zero)
            && (w.dilation_h, w.dilation_w) == (1, 1);
        ok.then_some(plain([(self.input, w.input_len()?), weights, channels], self.output, w.output_len()?))
    }
}

impl HybridConv {
    /// Scratch that the kernel needs: an image in int8.
    pub fn scratch_bytes(window: &Window) -> Option<u32> {
        size(&[window.in_h, window.in_w, window.in_c])
    }
}

impl Call for HybridConv {
    const ID: u16 = 18;
    const NAME: &'static str = "hybrid_conv";
    const FEATURES: Features = Features::REAL;
    fn accesses(&self) -> Option<Accesses> {
        let w = &self.window;
        let weights = (self.weights, grouped(w, self.groups)?);
        let channels = (self.channels, w.out_c.checked_mul(8)?);
        let input = (self.input, w.input_len()?.checked_mul(4)?);
        let scratch = Region { offset: self.scratch, bytes: Self::scratch_bytes(w)? };
        let ok = self.rule < 3 && is_zero_point(self.weight_zero);
        let calls = plain([input, weights, channels], self.output, w.output_len()?.checked_mul(4)?);
        ok.then_some(Accesses { scratch, ..calls })
    }
}

impl Call for MatMulI8 {
    const ID: u16 = 19;
    const NAME: &'static str = "mat_mul_i8";
    fn accesses(&self) -> Option<Accesses> {
        let ok = self.clamp.is_i8() && is_zero_point(self.a_zero) && is_zero_point(self.b_zero) && is_shift(self.shift);
        ok.then_some(plain(
            [
                (self.a, size(&[self.batch.a_len, self.rows, self.depth])?),
                (self.b, size(&[self.batch.b_len, self.depth, self.columns])?),
            ],
            self.output,
            size(&[self.batch.len()?, self.rows, self.columns])?,
        ))
    }
}
