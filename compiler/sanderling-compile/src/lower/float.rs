//! Nodes whose first input is a real number.

use sanderling_format::calls::*;
use sanderling_ir::{Activation, Coordinates, DType, Op, Padding, Source, TensorType, UnaryKind};

use super::data::strides;
use super::integer::{binary_op, reduce_op, reduction};
use super::{Form, Site, window};
use crate::CompileError;

pub fn lower(site: &mut Site) -> Result<u32, CompileError> {
    let types = site.node.inputs.iter().map(|&id| site.graph.ty(id));
    if types.into_iter().any(|ty| ty.dtype != DType::F32) {
        return site.no_kernel();
    }
    match site.node.op.clone() {
        Op::Conv2d { .. } => conv2d(site),
        Op::FullyConnected { .. } => fully_connected(site),
        Op::ConvTranspose2d { stride, padding, .. } => conv_transpose(site, stride, padding),
        Op::MatMul => mat_mul(site),
        Op::Unary { kind } => unary(site, kind),
        Op::Binary { kind, .. } => {
            let ((low, high), operands) = (site.reals(), site.broadcast(0, 1)?);
            let (a, b) = (site.at(0), site.at(1));
            site.call(&BinaryF32 { op: binary_op(kind) as u32, operands, low, high, a, b, output: site.out_at() })
        }
        Op::AvgPool2d { kernel, stride, dilation, padding, count_padding, .. } => {
            let window = window(site.ty(0), site.out_ty(), kernel, stride, dilation, padding);
            pool(site, window, false, count_padding)
        }
        Op::MaxPool2d { kernel, stride, dilation, padding, .. } => {
            let window = window(site.ty(0), site.out_ty(), kernel, stride, dilation, padding);
            pool(site, window, true, false)
        }
        Op::Reduce { kind, axes, .. } => {
            let (shape, input) = (reduction(site, &axes)?, site.at(0));
            site.call(&ReduceF32 { op: reduce_op(kind) as u32, shape, input, output: site.out_at() })
        }
        Op::Softmax { beta } => {
            let ((rows, depth), input) = (rows(site.ty(0)), site.at(0));
            site.call(&SoftmaxF32 { rows, depth, beta, input, output: site.out_at() })
        }
        Op::LayerNorm { epsilon } => {
            let (rows, depth) = rows(site.ty(0));
            let [input, gamma, beta] = [0, 1, 2].map(|i| site.at(i));
            site.call(&LayerNormF32 { rows, depth, epsilon, input, gamma, beta, output: site.out_at() })
        }
        Op::PairwiseCoupling => {
            let (rows, classes) = rows(site.out_ty());
            let (input, output, scratch) = (site.at(0), site.out_at(), site.scratch);
            site.call(&PairwiseCoupling { rows, classes, input, output, scratch })
        }
        Op::Resize { size, coordinates, .. } => resize(site, size, coordinates),
        Op::Lstm { reverse, clip } => lstm(site, reverse, clip),
        Op::Gru { reverse, linear_before_reset } => gru(site, reverse, linear_before_reset),
        _ => site.no_kernel(),
    }
}

impl Site<'_> {
    /// The clamp of the fused activation, in real numbers.
    fn reals(&self) -> (f32, f32) {
        match self.node.op.activation() {
            Activation::None => (f32::NEG_INFINITY, f32::INFINITY),
            Activation::Relu => (0.0, f32::INFINITY),
            Activation::Relu6 => (0.0, 6.0),
            Activation::ReluN1To1 => (-1.0, 1.0),
        }
    }
}

/// Appends the call of a layer, by the form of its weights.
macro_rules! call_by_form {
    ($site:expr, $form:expr, $layer:expr, $f16:ident, $bf16:ident) => {{
        let layer = $layer;
        match $form {
            Form::F32 => $site.call(&layer),
            Form::F16 => $site.call(&$f16 { layer }),
            Form::Bf16 => $site.call(&$bf16 { layer }),
        }
    }};
}

/// Rows along the last axis, and their length.
fn rows(ty: &TensorType) -> (u32, u32) {
    let depth = ty.shape.last().copied().unwrap_or(1);
    ((ty.elements() / depth.max(1)) as u32, depth as u32)
}

fn conv2d(site: &mut Site) -> Result<u32, CompileError> {
    let Op::Conv2d { stride, dilation, padding, groups, .. } = site.node.op else {
        return site.fail("not a convolution".into());
    };
    let shape = site.ty(1).shape.clone();
    let w = window(site.ty(0), site.out_ty(), [shape[1], shape[2]], stride, dilation, padding);
    if groups > 1 && groups == w.in_c as usize { depthwise(site, w) } else { conv(site, w, groups) }
}

fn fully_connected(site: &mut Site) -> Result<u32, CompileError> {
    // A row is a pixel, the batch a line of them.
    let pixels = |ty: &TensorType| TensorType::new(ty.dtype, &[1, 1, ty.shape[0], ty.shape[1]]);
    let (x, y) = (pixels(site.ty(0)), pixels(site.out_ty()));
    conv(site, window(&x, &y, [1, 1], [1, 1], [1, 1], Padding::default()), 1)
}

fn conv(site: &mut Site, window: Window, groups: usize) -> Result<u32, CompileError> {
    let out_c = window.out_c as usize / groups;
    let weights = site.constant(1)?.as_f32();
    let form = Form::of(&weights);
    let weights = form.bytes(panels(&weights, groups, out_c));
    let bias = Form::F32.bytes(panels(&site.constant(2)?.as_f32(), groups, out_c));
    let ((low, high), input) = (site.reals(), site.at(0));
    let layer = Conv2dF32 {
        window,
        groups: groups as u32,
        low,
        high,
        input,
        weights: site.artifact.constant(&weights),
        bias: site.artifact.constant(&bias),
        output: site.out_at(),
    };
    call_by_form!(site, form, layer, Conv2dF16, Conv2dBf16)
}

/// The rows of each group of output channels, [`PANEL`] side by side: of each their first elements, then their second...
fn panels(values: &[f32], groups: usize, out_c: usize) -> Vec<f32> {
    let taps = values.len() / (groups * out_c).max(1);
    let mut packed = Vec::new();
    for group in values.chunks_exact((out_c * taps).max(1)) {
        for panel in group.chunks(PANEL as usize * taps) {
            let element = |i: usize| {
                let (tap, o) = (i / PANEL as usize, i % PANEL as usize);
                panel.get(o * taps + tap).copied().unwrap_or(0.0)
            };
            packed.extend((0..taps * PANEL as usize).map(element));
        }
    }
    packed
}

fn depthwise(site: &mut Site, window: Window) -> Result<u32, CompileError> {
    let out_c = window.out_c as usize;
    let values = site.constant(1)?.as_f32();
    let taps = values.len() / out_c;
    let form = Form::of(&values);
    let weights = form.bytes((0..values.len()).map(|i| values[(i % out_c) * taps + i / out_c]));
    let ((low, high), input, bias) = (site.reals(), site.at(0), site.at(2));
    let weights = site.artifact.constant(&weights);
    let layer = DepthwiseF32 { window, low, high, input, weights, bias, output: site.out_at() };
    call_by_form!(site, form, layer, DepthwiseF16, DepthwiseBf16)
}

fn conv_transpose(site: &mut Site, stride: [usize; 2], padding: Padding) -> Result<u32, CompileError> {
    let shape = site.ty(1).shape.clone();
    let window = window(site.ty(0), site.out_ty(), [shape[1], shape[2]], stride, [1, 1], padding);
    let ((low, high), [input, bias]) = (site.reals(), [0, 2].map(|i| site.at(i)));
    let (form, weights) = operand(site, 1);
    let layer = ConvTransposeF32 { window, low, high, input, weights, bias, output: site.out_at() };
    call_by_form!(site, form, layer, ConvTransposeF16, ConvTransposeBf16)
}

fn mat_mul(site: &mut Site) -> Result<u32, CompileError> {
    let (a, b, y) = (site.ty(0).shape.clone(), site.ty(1).shape.clone(), site.out_ty().shape.clone());
    let matrix = |s: &[usize]| s[s.len() - 2] * s[s.len() - 1];
    let batch: usize = y[..y.len() - 2].iter().product();
    let step = |s: &[usize]| match s[..s.len() - 2].iter().product::<usize>() {
        1 => Some(0),
        n if n == batch => Some(matrix(s) as u32),
        _ => None,
    };
    let (Some(a_step), Some(b_step)) = (step(&a), step(&b)) else {
        return site.fail(format!("there is no kernel for the product of {} and {}", site.ty(0), site.ty(1)));
    };
    let [m, k, n] = [y[y.len() - 2], a[a.len() - 1], y[y.len() - 1]].map(|v| v as u32);
    let (a, (form, b)) = (site.at(0), operand(site, 1));
    let layer = MatMulF32 { batch: batch as u32, m, k, n, a_step, b_step, a, b, output: site.out_at() };
    call_by_form!(site, form, layer, MatMulF16, MatMulBf16)
}

/// The form of an input and where it lies; one that is no constant is f32.
fn operand(site: &mut Site, input: usize) -> (Form, u32) {
    let Source::Constant(tensor) = &site.graph.values[site.node.inputs[input].0].source else {
        return (Form::F32, site.at(input));
    };
    let values = tensor.as_f32();
    let form = Form::of(&values);
    (form, site.artifact.constant(&form.bytes(values)))
}

fn unary(site: &mut Site, kind: UnaryKind) -> Result<u32, CompileError> {
    let (op, alpha, beta) = match kind {
        UnaryKind::Neg => (RealOp::Neg, 0.0, 0.0),
        UnaryKind::Abs => (RealOp::Abs, 0.0, 0.0),
        UnaryKind::Sign => (RealOp::Sign, 0.0, 0.0),
        UnaryKind::Exp => (RealOp::Exp, 0.0, 0.0),
        UnaryKind::Log => (RealOp::Log, 0.0, 0.0),
        UnaryKind::Sqrt => (RealOp::Sqrt, 0.0, 0.0),
        UnaryKind::Rsqrt => (RealOp::Rsqrt, 0.0, 0.0),
        UnaryKind::Reciprocal => (RealOp::Reciprocal, 0.0, 0.0),
        UnaryKind::Erf => (RealOp::Erf, 0.0, 0.0),
        UnaryKind::Sin => (RealOp::Sin, 0.0, 0.0),
        UnaryKind::Cos => (RealOp::Cos, 0.0, 0.0),
        UnaryKind::Tanh => (RealOp::Tanh, 0.0, 0.0),
        UnaryKind::Sigmoid => (RealOp::Sigmoid, 0.0, 0.0),
        UnaryKind::HardSigmoid { alpha, beta } => (RealOp::HardSigmoid, alpha, beta),
        UnaryKind::HardSwish => (RealOp::HardSwish, 0.0, 0.0),
        UnaryKind::LeakyRelu { alpha } => (RealOp::LeakyRelu, alpha, 0.0),
        UnaryKind::Elu { alpha } => (RealOp::Elu, alpha, 0.0),
        UnaryKind::Softplus => (RealOp::Softplus, 0.0, 0.0),
        UnaryKind::Floor => (RealOp::Floor, 0.0, 0.0),
        UnaryKind::Ceil => (RealOp::Ceil, 0.0, 0.0),
        UnaryKind::Round => (RealOp::Round, 0.0, 0.0),
        UnaryKind::Clamp { min, max } => (RealOp::Clamp, min, max),
        UnaryKind::Not => return site.no_kernel(),
    };
    let (len, input) = (site.out_ty().elements() as u32, site.at(0));
    site.call(&UnaryF32 { op: op as u32, len, alpha, beta, input, output: site.out_at() })
}

fn pool(site: &mut Site, window: Window, largest: bool, counts_padding: bool) -> Result<u32, CompileError> {
    let ((low, high), input) = (site.reals(), site.at(0));
    let (largest, counts_padding) = (u32::from(largest), u32::from(counts_padding));
    site.call(&PoolF32 { window, largest, counts_padding, low, high, input, output: site.out_at() })
}

fn resize(site: &mut Site, size: [usize; 2], coordinates: Coordinates) -> Result<u32, CompileError> {
    let shape = site.ty(0).shape.clone();
    let scale = |from: usize, to: usize| match coordinates {
        Coordinates::AlignCorners if to > 1 => (from - 1) as f32 / (to - 1) as f32,
        Coordinates::AlignCorners => 0.0,
        _ => from as f32 / to as f32,
    };
    let input = site.at(0);
    let [batch, in_h, in_w, channels] = [0, 1, 2, 3].map(|i| shape[i] as u32);
    let call = ResizeF32 {
        batch,
        in_h,
        in_w,
        channels,
        out_h: size[0] as u32,
        out_w: size[1] as u32,
        scale_h: scale(shape[1], size[0]),
        scale_w: scale(shape[2], size[1]),
        offset: if coordinates == Coordinates::HalfPixel { 0.5 } else { 0.0 },
        input,
        output: site.out_at(),
    };
    site.call(&call)
}

/// Steps, batch, features and units of a recurrent layer.
fn sizes(site: &Site) -> [u32; 4] {
    let (x, r) = (&site.ty(0).shape, &site.ty(2).shape);
    [x[0] as u32, x[1] as u32, x[2] as u32, r[1] as u32]
}

fn lstm(site: &mut Site, reverse: bool, clip: f32) -> Result<u32, CompileError> {
    let [steps, batch, features, units] = sizes(site);
    let [x, w, r, bias, h, c] = [0, 1, 2, 3, 4, 5].map(|i| site.at(i));
    // The second thing that the call writes is a value of the graph, so that no scratch is asked for.
    let (output, cell) = (site.out_at(), (site.place)(site.node.outputs[2]));
    let reverse_word = u32::from(reverse);
    let call =
        LstmF32 { steps, batch, features, units, reverse: reverse_word, clip, x, w, r, bias, h, c, output, cell };
    site.call(&call)?;
    last_state(site, reverse)?;
    Ok(0)
}

fn gru(site: &mut Site, reverse: bool, linear_before_reset: bool) -> Result<u32, CompileError> {
    let [steps, batch, features, units] = sizes(site);
    let [x, w, r, bias, recurrent_bias, h] = [0, 1, 2, 3, 4, 5].map(|i| site.at(i));
    let call = GruF32 {
        steps,
        batch,
        features,
        units,
        reverse: u32::from(reverse),
        linear_before_reset: u32::from(linear_before_reset),
        x,
        w,
        r,
        bias,
        recurrent_bias,
        h,
        output: site.out_at(),
        scratch: site.scratch,
    };
    let scratch = site.call(&call)?;
    last_state(site, reverse)?;
    Ok(scratch)
}

/// The last state of a recurrent layer is the last step of its output.
pub fn last_state(site: &mut Site, reverse: bool) -> Result<u32, CompileError> {
    let y = site.out_ty().shape.clone();
    let state = strides(&y)[0] as u32;
    let first = if reverse { 0 } else { (y[0] as u32 - 1) * state };
    let call = StridedCopy {
        element: site.out_ty().dtype.bytes() as u32,
        mapped: 0,
        dims: [1, 1, 1, 1, 1, state],
        in_strides: [1; AXES],
        out_strides: [1; AXES],
        in_first: first,
        out_first: 0,
        in_len: y[0] as u32 * state,
        out_len: state,
        input: site.out_at(),
        output: (site.place)(site.node.outputs[1]),
        table: 0,
    };
    site.call(&call)
}
