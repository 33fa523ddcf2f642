//! Convolutions, matrix products and pools.

use sanderling_ir::{Activation, DType, Op, Padding, Rounding, Tensor, TensorType, ValueId};

use super::lower::{Lower, Result};

/// One axis of a sliding window.
struct Window {
    input: usize,
    kernel: usize,
    stride: usize,
    dilation: usize,
}

impl Window {
    /// Pads before and after the axis so that every `stride`-th element is the middle of a window.
    fn same(&self) -> [usize; 2] {
        let span = (self.kernel.max(1) - 1) * self.dilation + 1;
        let last = (self.input.div_ceil(self.stride).max(1) - 1) * self.stride;
        let total = (last + span).saturating_sub(self.input);
        [total / 2, total - total / 2]
    }
}

impl Lower<'_> {
    pub(super) fn conv2d(&mut self) -> Result<()> {
        let x = self.x(0)?;
        let w = self.x(1)?;
        let stride = [self.size(2, 0, "stride_h")?, self.size(1, 0, "stride_w")?];
        let dilation = [self.size(5, 1, "dilation_h_factor")?, self.size(4, 1, "dilation_w_factor")?];
        let activation = self.activation(3)?;
        let [_, h, width, c] = self.rank4(x)?;
        let [o, kh, kw, ci] = self.rank4(w)?;
        let padding = self.padding([h, width], [kh, kw], stride, dilation)?;
        let groups = c / ci.max(1);
        let bias = self.bias(x, w, o, 2)?;
        self.emit(
            Op::Conv2d { stride, dilation, padding, groups, activation, rounding: Rounding::Twice },
            &[x, w, bias],
        )
    }

    pub(super) fn depthwise_conv2d(&mut self) -> Result<()> {
        let x = self.x(0)?;
        let w = self.depthwise_weights(1)?;
        let stride = [self.size(2, 0, "stride_h")?, self.size(1, 0, "stride_w")?];
        let dilation = [self.size(6, 1, "dilation_h_factor")?, self.size(5, 1, "dilation_w_factor")?];
        let activation = self.activation(4)?;
        let [_, h, width, groups] = self.rank4(x)?;
        let [o, kh, kw, _] = self.rank4(w)?;
        let padding = self.padding([h, width], [kh, kw], stride, dilation)?;
        let bias = self.bias(x, w, o, 2)?;
        self.emit(
            Op::Conv2d { stride, dilation, padding, groups, activation, rounding: Rounding::Twice },
            &[x, w, bias],
        )
    }

    /// Inputs are the output shape, weights OHWI, `x` and perhaps a bias.
    pub(super) fn transpose_conv(&mut self) -> Result<()> {
        let wanted = self.ints(0, "the output shape")?;
        let w = self.x(1)?;
        let x = self.x(2)?;
        let stride = [self.size(2, 0, "stride_h")?, self.size(1, 0, "stride_w")?];
        let activation = self.activation(3)?;
        let [_, h, width, _] = self.rank4(x)?;
        let [o, kh, kw, _] = self.rank4(w)?;
        let out = |i: usize| wanted.get(i).and_then(|&n| usize::try_from(n).ok()).filter(|n| *n <= 0xffff);
        let (Some(oh), Some(ow), 4) = (out(1), out(2), wanted.len()) else {
            return Err(self.bad(format!("the output shape {wanted:?} is not one")));
        };
        // The padding is that of the convolution which this one undoes, from the output to x.
        let pads = self.padding([oh, ow], [kh, kw], stride, [1, 1])?;
        let (bottom, extra_h) = rest((h.max(1) - 1) * stride[0] + kh, oh + pads.top);
        let (right, extra_w) = rest((width.max(1) - 1) * stride[1] + kw, ow + pads.left);
        let padding = Padding { bottom, right, ..pads };
        // LiteRT has no transposed convolution of floats with integers.
        let is_hybrid = self.ty(x).dtype == DType::F32 && self.ty(w).quant.is_some();
        let w = if is_hybrid { self.step("weights", Op::Dequantize, &[w], None)? } else { w };
        let bias = self.bias(x, w, o, 3)?;
        self.emit(
            Op::ConvTranspose2d { stride, padding, extra: [extra_h, extra_w], activation, rounding: Rounding::Twice },
            &[x, w, bias],
        )
    }

    pub(super) fn fully_connected(&mut self) -> Result<()> {
        let activation = self.activation(0)?;
        let format = self.byte(1)?;
        if format != 0 {
            return Err(self.attribute("weights_format", format, "only DEFAULT (0) is; convert without shuffling"));
        }
        let keep_dims = self.flag(2)?;
        let (mut x, w) = (self.x(0)?, self.x(1)?);
        let &[o, k] = &self.ty(w).shape[..] else {
            return Err(self.bad(format!("weights have 2 dimensions, not those of {}", self.ty(w))));
        };
        let ty = self.ty(x).clone();
        let rows = ty.elements() / k.max(1);
        if rows * k != ty.elements() {
            return Err(self.bad(format!("{ty} does not fit weights {}", self.ty(w))));
        }
        if ty.shape.len() != 2 || ty.shape[1] != k {
            x = self.step("rows", Op::Reshape { shape: vec![rows, k] }, &[x], ty.quant)?;
        }
        let bias = self.bias(x, w, o, 2)?;
        let op = Op::FullyConnected { activation };
        if !keep_dims || ty.shape.len() == 2 {
            return self.emit(op, &[x, w, bias]);
        }
        let quant = self.output_quant(0)?;
        let y = self.step("product", op, &[x, w, bias], quant)?;
        let mut shape = ty.shape;
        shape.pop();
        shape.push(o);
        self.emit(Op::Reshape { shape }, &[y])
    }

    pub(super) fn batch_matmul(&mut self) -> Result<()> {
        let (mut a, mut b) = (self.x(0)?, self.x(1)?);
        if self.ty(a).dtype == DType::F32 && self.ty(b).quant.is_some() {
            b = self.step("floats", Op::Dequantize, &[b], None)?;
        }
        for (operand, id) in [(&mut a, 0), (&mut b, 1)] {
            if self.flag(id)? {
                let quant = self.ty(*operand).quant.clone();
                let rank = self.ty(*operand).shape.len();
                let mut perm: Vec<usize> = (0..rank).collect();
                if rank >= 2 {
                    perm.swap(rank - 1, rank - 2);
                }
                *operand = self.step(["a", "b"][id], Op::Transpose { perm }, &[*operand], quant)?;
            }
        }
        self.emit(Op::MatMul, &[a, b])
    }

    pub(super) fn pool(&mut self, average: bool) -> Result<()> {
        let x = self.x(0)?;
        let stride = [self.size(2, 0, "stride_h")?, self.size(1, 0, "stride_w")?];
        let kernel = [self.size(4, 0, "filter_height")?, self.size(3, 0, "filter_width")?];
        let activation = self.activation(5)?;
        let [_, h, w, _] = self.rank4(x)?;
        let dilation = [1, 1];
        let padding = self.padding([h, w], kernel, stride, dilation)?;
        if average {
            let count_padding = false;
            return self.emit(Op::AvgPool2d { kernel, stride, dilation, padding, count_padding, activation }, &[x]);
        }
        self.emit_moved(0, Op::MaxPool2d { kernel, stride, dilation, padding, activation }, &[x])
    }

    fn rank4(&self, value: ValueId) -> Result<[usize; 4]> {
        let ty = self.ty(value);
        ty.shape.as_slice().try_into().map_err(|_| self.bad(format!("{ty} should have 4 dimensions")))
    }

    /// The padding that field 0 asks for.
    fn padding(
        &self,
        input: [usize; 2],
        kernel: [usize; 2],
        stride: [usize; 2],
        dilation: [usize; 2],
    ) -> Result<Padding> {
        let axis = |i: usize| Window { input: input[i], kernel: kernel[i], stride: stride[i], dilation: dilation[i] };
        match self.byte(0)? {
            0 => {
                let ([top, bottom], [left, right]) = (axis(0).same(), axis(1).same());
                Ok(Padding { top, bottom, left, right })
            }
            1 => Ok(Padding::default()),
            other => Err(self.attribute("padding", other, "SAME (0) and VALID (1) are")),
        }
    }

    /// The bias, zeros if the file has none; refuses element types that do not go together.
    fn bias(&mut self, x: ValueId, w: ValueId, channels: usize, k: usize) -> Result<ValueId> {
        let (tx, tw) = (self.ty(x), self.ty(w));
        let fits = match (tx.dtype, tw.dtype) {
            (DType::F32, DType::F32) => true,
            (DType::F32, DType::I8) => tw.quant.is_some(),
            (DType::I8 | DType::I16, DType::I8) | (DType::U8, DType::U8) => tx.quant.is_some() && tw.quant.is_some(),
            _ => false,
        };
        if !fits {
            let why = "takes f32 or quantized int8, int16 or uint8 values with f32 or quantized weights";
            return Err(self.bad(format!("{why}, not {tx} with {tw}")));
        }
        let wanted = if tx.dtype == DType::F32 { DType::F32 } else { DType::I32 };
        if !self.has(k) {
            self.model.buffer.charge(channels.saturating_mul(4), "biases")?;
            let ty = TensorType::new(wanted, &[channels]);
            return self.own_constant("bias", Tensor { data: vec![0; ty.bytes()], ty });
        }
        let wide = tx.dtype == DType::I16;
        let bias = self.x(k)?;
        let found = self.ty(bias);
        if found.dtype != wanted && !(wide && found.dtype == DType::I64) {
            return Err(self.bad(format!("the bias should be {wanted}, not {found}")));
        }
        if found.shape.len() > 1 && found.elements() == channels {
            let quant = found.quant.clone().filter(|q| q.scales.len() == 1);
            return self.step("bias", Op::Reshape { shape: vec![channels] }, &[bias], quant);
        }
        Ok(bias)
    }
}

/// What a transposed convolution cuts off after the end, and what it adds: `full` elements become `kept`.
fn rest(full: usize, kept: usize) -> (usize, usize) {
    (full.saturating_sub(kept), kept.saturating_sub(full))
}

/// No activation, for ops whose options have none.
pub(super) const NONE: Activation = Activation::None;

#[cfg(test)]
mod tests {
    use super::Window;

    #[test]
    fn same_padding_is_that_of_tensorflow() {
        let pads = |input, kernel, stride, dilation| Window { input, kernel, stride, dilation }.same();
        assert_eq!(pads(49, 10, 2, 1), [4, 5]);
        assert_eq!(pads(10, 4, 2, 1), [1, 1]);
        assert_eq!(pads(96, 3, 2, 1), [0, 1]);
        assert_eq!(pads(33, 3, 1, 2), [2, 2]);
        assert_eq!(pads(5, 1, 2, 1), [0, 0]);
    }
}
