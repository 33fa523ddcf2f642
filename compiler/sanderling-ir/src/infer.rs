//! Output types of each op from its input types; what an op refuses, it refuses here.

use crate::{BinaryKind, DType, Op, Padding, Rounding, TensorType};

/// Why an op cannot take its inputs.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{op}: {why}")]
pub struct InferError {
    pub op: &'static str,
    pub why: String,
}

/// The types of the outputs of `op`, without quantization.
pub fn infer(op: &Op, inputs: &[&TensorType]) -> Result<Vec<TensorType>, InferError> {
    let site = Site(op);
    let (least, most) = arity(op);
    if inputs.len() < least || inputs.len() > most {
        return site.fail(format!("takes {least} inputs, found {}", inputs.len()));
    }
    let x = inputs[0];
    let like = |shape: &[usize]| TensorType::new(x.dtype, shape);
    let one = match op {
        Op::Conv2d { stride, dilation, padding, groups, .. } => {
            let (w, bias) = (inputs[1], inputs[2]);
            let ([n, h, width, c], [o, kh, kw, ci]) = (site.rank4(x)?, site.rank4(w)?);
            if *groups == 0 || ci.checked_mul(*groups) != Some(c) || o % groups != 0 {
                return site.fail(format!("{x} does not fit weights {w} in {groups} groups"));
            }
            site.bias(bias, o)?;
            site.rounding(x)?;
            let [oh, ow] = site.window([h, width], [kh, kw], *stride, *dilation, *padding)?;
            like(&[n, oh, ow, o])
        }
        Op::ConvTranspose2d { stride, padding, extra, .. } => {
            let (w, bias) = (inputs[1], inputs[2]);
            let ([n, h, width, c], [o, kh, kw, ci]) = (site.rank4(x)?, site.rank4(w)?);
            if ci != c || h == 0 || width == 0 || stride.contains(&0) {
                return site.fail(format!("{x} does not fit weights {w}"));
            }
            site.bias(bias, o)?;
            site.rounding(x)?;
            let full = [(h - 1) * stride[0] + kh + extra[0], (width - 1) * stride[1] + kw + extra[1]];
            let pads = [padding.top + padding.bottom, padding.left + padding.right];
            if full[0] <= pads[0] || full[1] <= pads[1] {
                return site.fail(format!("the padding {pads:?} leaves nothing of the output {full:?}"));
            }
            like(&[n, full[0] - pads[0], full[1] - pads[1], o])
        }
        Op::FullyConnected { .. } => {
            let (w, bias) = (inputs[1], inputs[2]);
            match (&x.shape[..], &w.shape[..]) {
                (&[n, k], &[o, wk]) if k == wk => {
                    site.bias(bias, o)?;
                    like(&[n, o])
                }
                _ => return site.fail(format!("{x} does not fit weights {w}")),
            }
        }
        Op::MatMul => {
            let b = inputs[1];
            let (rank_a, rank_b) = (x.shape.len(), b.shape.len());
            if rank_a < 2 || rank_b < 2 || x.shape[rank_a - 1] != b.shape[rank_b - 2] || x.dtype != b.dtype {
                return site.fail(format!("{x} times {b} is not defined"));
            }
            let mut shape = site.broadcast(&x.shape[..rank_a - 2], &b.shape[..rank_b - 2])?;
            shape.extend([x.shape[rank_a - 2], b.shape[rank_b - 1]]);
            like(&shape)
        }
        Op::Unary { .. } | Op::Softmax { .. } => x.clone(),
        Op::Dequantize => TensorType::new(DType::F32, &x.shape),
        Op::Quantize { dtype } | Op::Cast { dtype } => TensorType::new(*dtype, &x.shape),
        Op::Binary { kind, .. } => {
            if inputs[1].dtype != x.dtype {
                return site.fail(format!("{x} and {} differ in type", inputs[1]));
            }
            let shape = site.broadcast(&x.shape, &inputs[1].shape)?;
            let dtype = if kind.is_comparison() { DType::Bool } else { x.dtype };
            TensorType::new(dtype, &shape)
        }
        Op::Select => {
            let (a, b) = (inputs[1], inputs[2]);
            if x.dtype != DType::Bool || a.dtype != b.dtype {
                return site.fail(format!("cannot choose between {a} and {b} by {x}"));
            }
            let shape = site.broadcast(&site.broadcast(&x.shape, &a.shape)?, &b.shape)?;
            TensorType::new(a.dtype, &shape)
        }
        Op::AvgPool2d { kernel, stride, dilation, padding, .. }
        | Op::MaxPool2d { kernel, stride, dilation, padding, .. } => {
            let [n, h, w, c] = site.rank4(x)?;
            let [oh, ow] = site.window([h, w], *kernel, *stride, *dilation, *padding)?;
            like(&[n, oh, ow, c])
        }
        Op::Reduce { axes, keep_dims, .. } => {
            if !axes.is_sorted_by(|a, b| a < b) || axes.iter().any(|&a| a >= x.shape.len()) {
                return site.fail(format!("axes {axes:?} are not ascending axes of {x}"));
            }
            let kept = x.shape.iter().enumerate().filter_map(|(i, &n)| match axes.contains(&i) {
                true => keep_dims.then_some(1),
                false => Some(n),
            });
            like(&kept.collect::<Vec<_>>())
        }
        Op::LayerNorm { .. } => {
            let last = x.shape.last().copied().unwrap_or(0);
            if inputs[1].shape != [last] || inputs[2].shape != [last] {
                return site.fail(format!("{x} does not fit scale {} and shift {}", inputs[1], inputs[2]));
            }
            x.clone()
        }
        Op::Reshape { shape } => {
            if product(shape) != Some(x.elements()) {
                return site.fail(format!("{x} has {} elements, not those of {shape:?}", x.elements()));
            }
            like(shape)
        }
        Op::Transpose { perm } => {
            let mut sorted = perm.clone();
            sorted.sort_unstable();
            if !sorted.iter().copied().eq(0..x.shape.len()) {
                return site.fail(format!("{perm:?} is not an order of the axes of {x}"));
            }
            like(&perm.iter().map(|&p| x.shape[p]).collect::<Vec<_>>())
        }
        Op::Concat { axis } => {
            let mut shape = x.shape.clone();
            if *axis >= shape.len() {
                return site.fail(format!("{x} has no axis {axis}"));
            }
            for other in &inputs[1..] {
                let fits = other.dtype == x.dtype
                    && other.shape.len() == shape.len()
                    && (0..shape.len()).all(|i| i == *axis || other.shape[i] == shape[i]);
                if !fits {
                    return site.fail(format!("{x} and {other} do not join along axis {axis}"));
                }
                shape[*axis] += other.shape[*axis];
            }
            like(&shape)
        }
        Op::Slice { start, step, size } => {
            let rank = x.shape.len();
            let inside = |i: usize| {
                // Nothing is read of an empty piece, which may also begin at the end.
                let Some(n) = size[i].checked_sub(1) else { return start[i] <= x.shape[i] };
                let last = start[i] as isize + n as isize * step[i];
                start[i] < x.shape[i] && 0 <= last && (last as usize) < x.shape[i]
            };
            if start.len() != rank || step.len() != rank || size.len() != rank || !(0..rank).all(inside) {
                return site.fail(format!("{x} does not contain start {start:?} step {step:?} size {size:?}"));
            }
            like(size)
        }
        Op::Pad { before, after, .. } => {
            if before.len() != x.shape.len() || after.len() != x.shape.len() {
                return site.fail(format!("{x} needs a padding for each of its axes"));
            }
            like(&x.shape.iter().zip(before).zip(after).map(|((n, b), a)| n + b + a).collect::<Vec<_>>())
        }
        Op::Broadcast { shape } => {
            if site.broadcast(&x.shape, shape)? != *shape {
                return site.fail(format!("{x} does not repeat to {shape:?}"));
            }
            like(shape)
        }
        Op::Gather { axis } => {
            let indices = inputs[1];
            if *axis >= x.shape.len() || !matches!(indices.dtype, DType::I32 | DType::I64) {
                return site.fail(format!("{x} has no axis {axis} for indices {indices}"));
            }
            like(&[&x.shape[..*axis], &indices.shape, &x.shape[axis + 1..]].concat())
        }
        Op::Resize { size, .. } => {
            let [n, _, _, c] = site.rank4(x)?;
            like(&[n, size[0], size[1], c])
        }
        Op::ArgMax { axis, dtype } => {
            let mut shape = x.shape.clone();
            if *axis >= shape.len() {
                return site.fail(format!("{x} has no axis {axis}"));
            }
            shape.remove(*axis);
            TensorType::new(*dtype, &shape)
        }
        Op::TopK { k } => {
            let mut shape = x.shape.clone();
            match shape.last_mut() {
                Some(last) if *k <= *last => *last = *k,
                _ => return site.fail(format!("{x} has no {k} largest elements")),
            }
            return Ok(vec![like(&shape), TensorType::new(DType::I64, &shape)]);
        }
        Op::PairwiseCoupling => match x.shape[..] {
            [n, pairs] if x.dtype == DType::F32 => like(&[n, site.classes(pairs)?]),
            _ => return site.fail(format!("{x} should be f32[rows, pairs]")),
        },
        Op::Lstm { .. } => {
            let [t, n, h] = site.recurrent(inputs, 4)?;
            if inputs[3].shape != [4 * h] || inputs[4].shape != [n, h] || inputs[5].shape != [n, h] {
                return site.fail(format!("bias {} or state {} does not fit {h} units", inputs[3], inputs[4]));
            }
            return Ok(vec![like(&[t, n, h]), like(&[n, h]), TensorType::new(inputs[5].dtype, &[n, h])]);
        }
        Op::Gru { .. } => {
            let [t, n, h] = site.recurrent(inputs, 3)?;
            if inputs[3].shape != [3 * h] || inputs[4].shape != [3 * h] || inputs[5].shape != [n, h] {
                return site.fail(format!("bias {} or state {} does not fit {h} units", inputs[3], inputs[5]));
            }
            return Ok(vec![like(&[t, n, h]), like(&[n, h])]);
        }
        Op::TreeEnsemble => site.trees(inputs)?,
    };
    Ok(vec![TensorType { quant: None, ..one }])
}

impl BinaryKind {
    /// Whether the result is a truth value.
    pub fn is_comparison(self) -> bool {
        use BinaryKind::*;
        matches!(self, Equal | Less | LessEqual | Greater | GreaterEqual | And | Or)
    }
}

/// Least and most inputs.
fn arity(op: &Op) -> (usize, usize) {
    match op {
        Op::TreeEnsemble => (7, 7),
        Op::Lstm { .. } | Op::Gru { .. } => (6, 6),
        Op::Conv2d { .. }
        | Op::ConvTranspose2d { .. }
        | Op::FullyConnected { .. }
        | Op::Select
        | Op::LayerNorm { .. } => (3, 3),
        Op::MatMul | Op::Binary { .. } | Op::Gather { .. } => (2, 2),
        Op::Concat { .. } => (1, usize::MAX),
        _ => (1, 1),
    }
}

fn product(shape: &[usize]) -> Option<usize> {
    shape.iter().try_fold(1usize, |n, &d| n.checked_mul(d))
}

struct Site<'a>(&'a Op);

impl Site<'_> {
    fn fail<T>(&self, why: String) -> Result<T, InferError> {
        Err(InferError { op: self.0.name(), why })
    }

    fn rank4(&self, ty: &TensorType) -> Result<[usize; 4], InferError> {
        ty.shape.as_slice().try_into().or_else(|_| self.fail(format!("{ty} should have 4 dimensions")))
    }

    fn bias(&self, bias: &TensorType, channels: usize) -> Result<(), InferError> {
        if bias.shape != [channels] {
            return self.fail(format!("bias {bias} does not fit {channels} output channels"));
        }
        Ok(())
    }

    fn rounding(&self, x: &TensorType) -> Result<(), InferError> {
        let is_byte = matches!(x.dtype, DType::I8 | DType::U8) && x.quant.is_some();
        if self.0.rounding() == Rounding::Once && !is_byte {
            return self.fail(format!("rounds once, which {x} cannot: quantized inputs of 8 bits can"));
        }
        Ok(())
    }

    fn broadcast(&self, a: &[usize], b: &[usize]) -> Result<Vec<usize>, InferError> {
        let rank = a.len().max(b.len());
        let dim = |s: &[usize], i: usize| (i + s.len()).checked_sub(rank).map_or(1, |i| s[i]);
        (0..rank)
            .map(|i| match (dim(a, i), dim(b, i)) {
                (m, n) if m == n || n == 1 => Ok(m),
                (1, n) => Ok(n),
                _ => self.fail(format!("{a:?} and {b:?} do not broadcast")),
            })
            .collect()
    }

    /// Time, batch and units of a recurrent layer with `gates` gates.
    fn recurrent(&self, inputs: &[&TensorType], gates: usize) -> Result<[usize; 3], InferError> {
        match (&inputs[0].shape[..], &inputs[1].shape[..], &inputs[2].shape[..]) {
            (&[t, n, i], &[gw, wi], &[gr, h]) if i == wi && gw == gates * h && gr == gates * h => Ok([t, n, h]),
            _ => self.fail(format!("{} does not fit weights {} and {}", inputs[0], inputs[1], inputs[2])),
        }
    }

    /// How many classes have so many pairs.
    fn classes(&self, pairs: usize) -> Result<usize, InferError> {
        let classes = (2 * pairs as u128).isqrt() as usize + 1;
        match classes.checked_mul(classes - 1) {
            Some(twice) if pairs > 0 && Some(twice) == pairs.checked_mul(2) => Ok(classes),
            _ => self.fail(format!("{pairs} are not the pairs of any number of classes")),
        }
    }

    /// The sums of a forest, `[rows, outputs]`.
    fn trees(&self, inputs: &[&TensorType]) -> Result<TensorType, InferError> {
        use DType::{F32, I32};
        let dtypes = [F32, I32, I32, F32, F32, F32, I32];
        let shapes: Vec<&[usize]> = inputs.iter().map(|ty| &ty.shape[..]).collect();
        match shapes[..] {
            [&[n, _], &[_, 2], &[splits, 4], &[thresholds], &[_, width], &[outputs], &[_]]
                if splits == thresholds
                    && (1..=outputs).contains(&width)
                    && inputs.iter().map(|ty| ty.dtype).eq(dtypes) =>
            {
                Ok(TensorType::new(F32, &[n, outputs]))
            }
            _ => {
                let found: Vec<String> = inputs.iter().map(|ty| ty.to_string()).collect();
                self.fail(format!("{} are no rows and no forest", found.join(", ")))
            }
        }
    }

    /// Output size of a sliding window, `[h, w]`.
    fn window(
        &self,
        input: [usize; 2],
        kernel: [usize; 2],
        stride: [usize; 2],
        dilation: [usize; 2],
        p: Padding,
    ) -> Result<[usize; 2], InferError> {
        let pads = [p.top + p.bottom, p.left + p.right];
        let mut out = [0; 2];
        for i in 0..2 {
            if kernel[i] == 0 || stride[i] == 0 || dilation[i] == 0 {
                return self.fail("kernel, stride and dilation must not be 0".into());
            }
            let span = (kernel[i] - 1) * dilation[i] + 1;
            let padded = input[i] + pads[i];
            if padded < span {
                return self.fail(format!("a window of {span} does not fit the padded input of {padded}"));
            }
            out[i] = (padded - span) / stride[i] + 1;
        }
        Ok(out)
    }
}
