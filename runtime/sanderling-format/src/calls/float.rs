//! Kernels on real numbers: every tensor is f32, little-endian. Clamps are `low..=high`, infinite where there is none.

use super::{Broadcast, Call, ReduceOp, Reduction, Window, reads, words};
use crate::access::{Accesses, READS, Region, size};
use crate::features::Features;
use crate::words::{Reader, Words};

/// Output channels that lie side by side in packed weights.
pub const PANEL: u32 = 8;

/// What [`UnaryF32`] computes; `alpha` and `beta` are those of the op, elsewhere unused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum RealOp {
    Neg = 0,
    Abs = 1,
    Sign = 2,
    Exp = 3,
    Log = 4,
    Sqrt = 5,
    Rsqrt = 6,
    Reciprocal = 7,
    Erf = 8,
    Sin = 9,
    Cos = 10,
    Tanh = 11,
    Sigmoid = 12,
    HardSigmoid = 13,
    HardSwish = 14,
    LeakyRelu = 15,
    Elu = 16,
    Softplus = 17,
    Floor = 18,
    Ceil = 19,
    Round = 20,
    /// Into `alpha..=beta`.
    Clamp = 21,
}

impl RealOp {
    /// The op with this code.
    pub fn from_code(code: u32) -> Option<RealOp> {
        use RealOp::*;
        let all = [
            Neg,
            Abs,
            Sign,
            Exp,
            Log,
            Sqrt,
            Rsqrt,
            Reciprocal,
            Erf,
            Sin,
            Cos,
            Tanh,
            Sigmoid,
            HardSigmoid,
            HardSwish,
            LeakyRelu,
            Elu,
            Softplus,
            Floor,
            Ceil,
            Round,
            Clamp,
        ];
        all.into_iter().find(|op| *op as u32 == code)
    }
}

words! {
    /// Convolution, also fully connected (a 1x1 window on a 1x1 image).
    ///
    /// Weights, for each of `groups` groups: panels of [`PANEL`] output channels, the last filled up with zeros; a panel is
    /// `kernel_h * kernel_w * in_c / groups` rows of [`PANEL`]. Bias: panels likewise.
    Conv2dF32 {
        window: Window,
        groups: u32,
        low: f32, high: f32,
        input: u32, weights: u32, bias: u32, output: u32,
    }
    /// Depthwise convolution; output channel `o` reads input channel `o / (out_c / in_c)`.
    ///
    /// Weights: `kernel_h * kernel_w` rows of `out_c`.
    DepthwiseF32 { window: Window, low: f32, high: f32, input: u32, weights: u32, bias: u32, output: u32, }
    /// Transposed convolution: output `(y, x)` gathers input `((y + pad - k) / stride)` where that is whole.
    ///
    /// Weights: `out_c` times `kernel_h * kernel_w` rows of `in_c`.
    ConvTransposeF32 { window: Window, low: f32, high: f32, input: u32, weights: u32, bias: u32, output: u32, }
    /// `batch` products of `[m, k]` with `[k, n]`; a step of 0 uses the same matrix again.
    MatMulF32 { batch: u32, m: u32, k: u32, n: u32, a_step: u32, b_step: u32, a: u32, b: u32, output: u32, }
    /// A [`RealOp`] on `len` elements, also in place.
    UnaryF32 { op: u32, len: u32, alpha: f32, beta: f32, input: u32, output: u32, }
    /// A [`super::BinaryOp`]; truth values are bytes. Real results in place as [`super::BinaryI8`].
    BinaryF32 { op: u32, operands: Broadcast, low: f32, high: f32, a: u32, b: u32, output: u32, }
    /// Mean (`largest` 0) or maximum (1) of the part of each window inside the image; where `counts_padding` is 1 the mean
    /// is over the whole window.
    PoolF32 { window: Window, largest: u32, counts_padding: u32, low: f32, high: f32, input: u32, output: u32, }
    /// A [`ReduceOp`].
    ReduceF32 { op: u32, shape: Reduction, input: u32, output: u32, }
    /// `exp(beta x) / sum` along rows, also in place.
    SoftmaxF32 { rows: u32, depth: u32, beta: f32, input: u32, output: u32, }
    /// Zero mean and unit variance along rows, times gamma, plus beta, also in place.
    LayerNormF32 { rows: u32, depth: u32, epsilon: f32, input: u32, gamma: u32, beta: u32, output: u32, }
    /// Bilinear; output `o` reads `(o + offset) * scale - offset`, clamped to the image, in each axis.
    ResizeF32 {
        batch: u32, in_h: u32, in_w: u32, channels: u32, out_h: u32, out_w: u32,
        scale_h: f32, scale_w: f32, offset: f32,
        input: u32, output: u32,
    }
    /// Long short-term memory over `x[steps, batch, features]`; the output is `y[steps, batch, units]`, `cell` takes the
    /// last cell state `[batch, units]`. Gates input, forget, cell, output.
    /// The cell is clamped to `clip` and its negative after each step, unless that is 0.
    LstmF32 {
        steps: u32, batch: u32, features: u32, units: u32, reverse: u32, clip: f32,
        x: u32, w: u32, r: u32, bias: u32, h: u32, c: u32, output: u32, cell: u32,
    }
    /// Gated recurrent unit over `x[steps, batch, features]`; `scratch` has `units` elements. Gates update, reset, hidden.
    GruF32 {
        steps: u32, batch: u32, features: u32, units: u32, reverse: u32, linear_before_reset: u32,
        x: u32, w: u32, r: u32, bias: u32, recurrent_bias: u32, h: u32, output: u32, scratch: u32,
    }
}

/// Bytes of this many elements.
fn bytes(factors: &[u32]) -> Option<u32> {
    size(factors)?.checked_mul(4)
}

fn call<const N: usize>(regions: [(u32, u32); N], output: u32, output_bytes: u32) -> Accesses {
    Accesses { reads: reads(regions), output: Region { offset: output, bytes: output_bytes }, ..Accesses::default() }
}

impl Call for Conv2dF32 {
    const ID: u16 = 32;
    const NAME: &'static str = "conv2d_f32";
    const FEATURES: Features = Features::REAL;
    fn accesses(&self) -> Option<Accesses> {
        let w = &self.window;
        let (in_c, out_c) = (w.in_c.checked_div(self.groups)?, w.out_c.checked_div(self.groups)?);
        let wide = size(&[self.groups, out_c.div_ceil(PANEL), PANEL])?;
        let ok = w.is_sane() && size(&[in_c, self.groups])? == w.in_c && size(&[out_c, self.groups])? == w.out_c;
        ok.then_some(call(
            [
                (self.input, bytes(&[w.input_len()?])?),
                (self.weights, bytes(&[wide, w.kernel_h, w.kernel_w, in_c])?),
                (self.bias, bytes(&[wide])?),
            ],
            self.output,
            bytes(&[w.output_len()?])?,
        ))
    }
}

impl Call for DepthwiseF32 {
    const ID: u16 = 33;
    const NAME: &'static str = "depthwise_f32";
    const FEATURES: Features = Features::REAL;
    fn accesses(&self) -> Option<Accesses> {
        let w = &self.window;
        (w.is_sane() && w.out_c.checked_rem(w.in_c)? == 0).then_some(call(
            [
                (self.input, bytes(&[w.input_len()?])?),
                (self.weights, bytes(&[w.kernel_h, w.kernel_w, w.out_c])?),
                (self.bias, bytes(&[w.out_c])?),
            ],
            self.output,
            bytes(&[w.output_len()?])?,
        ))
    }
}

impl Call for ConvTransposeF32 {
    const ID: u16 = 34;
    const NAME: &'static str = "conv_transpose_f32";
    const FEATURES: Features = Features::REAL;
    fn accesses(&self) -> Option<Accesses> {
        let w = &self.window;
        w.is_sane().then_some(call(
            [
                (self.input, bytes(&[w.input_len()?])?),
                (self.weights, bytes(&[w.out_c, w.kernel_h, w.kernel_w, w.in_c])?),
                (self.bias, bytes(&[w.out_c])?),
            ],
            self.output,
            bytes(&[w.output_len()?])?,
        ))
    }
}

impl Call for MatMulF32 {
    const ID: u16 = 35;
    const NAME: &'static str = "mat_mul_f32";
    const FEATURES: Features = Features::REAL;
    fn accesses(&self) -> Option<Accesses> {
        let operand = |matrix: u32, step: u32| match step {
            0 => bytes(&[matrix]),
            step if step == matrix => bytes(&[matrix, self.batch]),
            _ => None,
        };
        let (a, b) = (size(&[self.m, self.k])?, size(&[self.k, self.n])?);
        let regions = [(self.a, operand(a, self.a_step)?), (self.b, operand(b, self.b_step)?)];
        Some(call(regions, self.output, bytes(&[self.batch, self.m, self.n])?))
    }
}

impl Call for UnaryF32 {
    const ID: u16 = 36;
    const NAME: &'static str = "unary_f32";
    const FEATURES: Features = Features::REAL;
    fn accesses(&self) -> Option<Accesses> {
        RealOp::from_code(self.op)?;
        let len = bytes(&[self.len])?;
        Some(Accesses { in_place: 0b1, ..call([(self.input, len)], self.output, len) })
    }
}

impl Call for BinaryF32 {
    const ID: u16 = 37;
    const NAME: &'static str = "binary_f32";
    const FEATURES: Features = Features::REAL;
    fn accesses(&self) -> Option<Accesses> {
        let o = &self.operands;
        let (element, in_place) = match super::BinaryOp::from_code(self.op)?.is_truth() {
            true => (1, 0),
            false => (4, o.in_place(self.a, self.b)),
        };
        let regions = [(self.a, bytes(&[o.a_len])?), (self.b, bytes(&[o.b_len])?)];
        Some(Accesses { in_place, ..call(regions, self.output, o.len()?.checked_mul(element)?) })
    }
}

impl Call for PoolF32 {
    const ID: u16 = 38;
    const NAME: &'static str = "pool_f32";
    const FEATURES: Features = Features::REAL;
    fn accesses(&self) -> Option<Accesses> {
        let w = &self.window;
        let ok = w.is_sane() && w.in_c == w.out_c && self.largest < 2 && self.counts_padding < 2;
        ok.then_some(call([(self.input, bytes(&[w.input_len()?])?)], self.output, bytes(&[w.output_len()?])?))
    }
}

impl Call for ReduceF32 {
    const ID: u16 = 39;
    const NAME: &'static str = "reduce_f32";
    const FEATURES: Features = Features::REAL;
    fn accesses(&self) -> Option<Accesses> {
        ReduceOp::from_code(self.op)?;
        let results = bytes(&[self.shape.results()?])?;
        Some(call([(self.input, bytes(&[self.shape.in_len])?)], self.output, results))
    }
}

impl Call for SoftmaxF32 {
    const ID: u16 = 40;
    const NAME: &'static str = "softmax_f32";
    const FEATURES: Features = Features::REAL;
    fn accesses(&self) -> Option<Accesses> {
        let len = bytes(&[self.rows, self.depth])?;
        Some(Accesses { in_place: 0b1, ..call([(self.input, len)], self.output, len) })
    }
}

impl Call for LayerNormF32 {
    const ID: u16 = 41;
    const NAME: &'static str = "layer_norm_f32";
    const FEATURES: Features = Features::REAL;
    fn accesses(&self) -> Option<Accesses> {
        let (len, row) = (bytes(&[self.rows, self.depth])?, bytes(&[self.depth])?);
        let call = call([(self.input, len), (self.gamma, row), (self.beta, row)], self.output, len);
        Some(Accesses { in_place: 0b1, ..call })
    }
}

impl Call for ResizeF32 {
    const ID: u16 = 42;
    const NAME: &'static str = "resize_f32";
    const FEATURES: Features = Features::REAL;
    fn accesses(&self) -> Option<Accesses> {
        let input = bytes(&[self.batch, self.in_h, self.in_w, self.channels])?;
        let output = bytes(&[self.batch, self.out_h, self.out_w, self.channels])?;
        Some(call([(self.input, input)], self.output, output))
    }
}

impl Call for LstmF32 {
    const ID: u16 = 43;
    const NAME: &'static str = "lstm_f32";
    const FEATURES: Features = Features::REAL;
    fn accesses(&self) -> Option<Accesses> {
        let state = bytes(&[self.batch, self.units])?;
        let reads: [(u32, u32); READS] = [
            (self.x, bytes(&[self.steps, self.batch, self.features])?),
            (self.w, bytes(&[4, self.units, self.features])?),
            (self.r, bytes(&[4, self.units, self.units])?),
            (self.bias, bytes(&[4, self.units])?),
            (self.h, state),
            (self.c, state),
        ];
        let output = bytes(&[self.steps, self.batch, self.units])?;
        Some(Accesses { scratch: Region { offset: self.cell, bytes: state }, ..call(reads, self.output, output) })
    }
}

impl Call for GruF32 {
    const ID: u16 = 44;
    const NAME: &'static str = "gru_f32";
    const FEATURES: Features = Features::REAL;
    fn accesses(&self) -> Option<Accesses> {
        let reads: [(u32, u32); READS] = [
            (self.x, bytes(&[self.steps, self.batch, self.features])?),
            (self.w, bytes(&[3, self.units, self.features])?),
            (self.r, bytes(&[3, self.units, self.units])?),
            (self.bias, bytes(&[3, self.units])?),
            (self.recurrent_bias, bytes(&[3, self.units])?),
            (self.h, bytes(&[self.batch, self.units])?),
        ];
        let output = bytes(&[self.steps, self.batch, self.units])?;
        let scratch = Region { offset: self.scratch, bytes: bytes(&[self.units])? };
        Some(Accesses { scratch, ..call(reads, self.output, output) })
    }
}
