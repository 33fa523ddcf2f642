//! Layers on real numbers.

use sanderling_format::calls::*;

use super::source::{Shader, Source};

/// Weights may be halves.
const HALF: &str = include_str!("half.wgsl");
const WINDOW: &str = include_str!("window.wgsl");
const REAL: &str = include_str!("real.wgsl");
const WALK: &str = include_str!("walk.wgsl");
/// Classes that a thread has room for.
const COUPLED_MOST: u32 = 512;

pub fn conv(call: &Conv2dF32) -> Option<Vec<Shader>> {
    conv_of(call, Numeric::F32)
}

/// As [`conv`], with weights of a type.
pub fn conv_of(call: &Conv2dF32, weights: Numeric) -> Option<Vec<Shader>> {
    Source::new(&[WINDOW, HALF, include_str!("conv_f32.wgsl")])
        .window(&call.window)
        .u("GROUPS", call.groups)
        .bounds(call.low, call.high)
        .tensor("input", call.input)
        .weights("weights", call.weights, weights)
        .tensor("bias", call.bias)
        .reals(call.output, call.window.output_len()?)
}

pub fn depthwise(call: &DepthwiseF32) -> Option<Vec<Shader>> {
    depthwise_of(call, Numeric::F32)
}

/// As [`depthwise`], with weights of a type.
pub fn depthwise_of(call: &DepthwiseF32, weights: Numeric) -> Option<Vec<Shader>> {
    Source::new(&[WINDOW, HALF, include_str!("depthwise_f32.wgsl")])
        .window(&call.window)
        .bounds(call.low, call.high)
        .tensor("input", call.input)
        .weights("weights", call.weights, weights)
        .tensor("bias", call.bias)
        .reals(call.output, call.window.output_len()?)
}

pub fn conv_transpose(call: &ConvTransposeF32) -> Option<Vec<Shader>> {
    conv_transpose_of(call, Numeric::F32)
}

/// As [`conv_transpose`], with weights of a type.
pub fn conv_transpose_of(call: &ConvTransposeF32, weights: Numeric) -> Option<Vec<Shader>> {
    Source::new(&[WINDOW, HALF, include_str!("reach.wgsl"), include_str!("conv_transpose_f32.wgsl")])
        .window(&call.window)
        .bounds(call.low, call.high)
        .tensor("input", call.input)
        .weights("weights", call.weights, weights)
        .tensor("bias", call.bias)
        .reals(call.output, call.window.output_len()?)
}

pub fn mat_mul(call: &MatMulF32) -> Option<Vec<Shader>> {
    mat_mul_of(call, Numeric::F32)
}

/// As [`mat_mul`], with weights of a type.
pub fn mat_mul_of(call: &MatMulF32, weights: Numeric) -> Option<Vec<Shader>> {
    Source::new(&[HALF, include_str!("mat_mul_f32.wgsl")])
        .u("M", call.m)
        .u("K", call.k)
        .u("N", call.n)
        .u("A_STEP", call.a_step)
        .u("B_STEP", call.b_step)
        .tensor("a", call.a)
        .weights("b", call.b, weights)
        .reals(call.output, call.batch.checked_mul(call.m)?.checked_mul(call.n)?)
}

pub fn unary(call: &UnaryF32) -> Option<Vec<Shader>> {
    let (low, high) = match RealOp::from_code(call.op)? {
        RealOp::Clamp => (call.alpha, call.beta),
        _ => (f32::NEG_INFINITY, f32::INFINITY),
    };
    Source::new(&[REAL, include_str!("unary_f32.wgsl")])
        .u("OP", call.op)
        .f("ALPHA", call.alpha)
        .f("BETA", call.beta)
        .bounds(low, high)
        .tensor("input", call.input)
        .reals(call.output, call.len)
}

pub fn binary(call: &BinaryF32) -> Option<Vec<Shader>> {
    let is_truth = BinaryOp::from_code(call.op)?.is_truth();
    let file = if is_truth { include_str!("compare_f32.wgsl") } else { include_str!("binary_f32.wgsl") };
    let source = Source::new(&[REAL, WALK, file])
        .u("OP", call.op)
        .broadcast(&call.operands)
        .bounds(call.low, call.high)
        .tensor("a", call.a)
        .tensor("b", call.b);
    let len = call.operands.len()?;
    if is_truth { source.bytes(call.output, len) } else { source.reals(call.output, len) }
}

pub fn pool(call: &PoolF32) -> Option<Vec<Shader>> {
    Source::new(&[WINDOW, include_str!("pool_f32.wgsl")])
        .window(&call.window)
        .u("LARGEST", call.largest)
        .u("COUNTS_PADDING", call.counts_padding)
        .f("START", if call.largest == 1 { f32::NEG_INFINITY } else { 0.0 })
        .bounds(call.low, call.high)
        .tensor("input", call.input)
        .reals(call.output, call.window.output_len()?)
}

pub fn reduce(call: &ReduceF32) -> Option<Vec<Shader>> {
    Source::new(&[include_str!("reduction.wgsl"), include_str!("reduce_f32.wgsl")])
        .u("OP", call.op)
        .reduction(&call.shape)
        .tensor("input", call.input)
        .reals(call.output, call.shape.results()?)
}

pub fn softmax(call: &SoftmaxF32) -> Option<Vec<Shader>> {
    Source::new(&[REAL])
        .u("DEPTH", call.depth)
        .f("BETA", call.beta)
        .tensor("input", call.input)
        .u("OUTPUT", call.output / 4)
        .threads(call.rows, include_str!("softmax_f32.wgsl"))
}

pub fn layer_norm(call: &LayerNormF32) -> Option<Vec<Shader>> {
    Source::new(&[])
        .u("DEPTH", call.depth)
        .f("EPSILON", call.epsilon)
        .tensor("input", call.input)
        .tensor("gamma", call.gamma)
        .tensor("beta", call.beta)
        .u("OUTPUT", call.output / 4)
        .threads(call.rows, include_str!("layer_norm_f32.wgsl"))
}

pub fn pairwise_coupling(call: &PairwiseCoupling) -> Option<Vec<Shader>> {
    if call.classes > COUPLED_MOST {
        return None;
    }
    Source::new(&[])
        .u("CLASSES", call.classes)
        .u("SWEEPS", COUPLING_SWEEPS)
        .f("ERROR", COUPLING_ERROR / call.classes as f32)
        .tensor("input", call.input)
        .u("OUTPUT", call.output / 4)
        .threads(call.rows, include_str!("coupling.wgsl"))
}

pub fn resize(call: &ResizeF32) -> Option<Vec<Shader>> {
    let len = [call.out_h, call.out_w, call.channels].iter().try_fold(call.batch, |n, &d| n.checked_mul(d))?;
    Source::new(&[include_str!("resize_f32.wgsl")])
        .u("IN_H", call.in_h)
        .u("IN_W", call.in_w)
        .u("OUT_H", call.out_h)
        .u("OUT_W", call.out_w)
        .u("CHANNELS", call.channels)
        .f("SCALE_H", call.scale_h)
        .f("SCALE_W", call.scale_w)
        .f("OFFSET", call.offset)
        .tensor("input", call.input)
        .reals(call.output, len)
}
