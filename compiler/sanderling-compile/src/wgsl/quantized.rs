//! The 8-bit calls besides those of `int8`, and the roads between real and quantized numbers.

use sanderling_format::calls::*;

use super::data::integers;
use super::source::{Shader, Source};

const FIXED: &str = include_str!("fixed.wgsl");
const WALK: &str = include_str!("walk.wgsl");
const WINDOW: &str = include_str!("window.wgsl");
const CHANNELS: &str = include_str!("channels.wgsl");

pub fn flip(call: &FlipI8) -> Option<Vec<Shader>> {
    Source::new(&[include_str!("flip.wgsl")]).tensor("input", call.output).bytes(call.output, call.len)
}

pub fn lookup(call: &LookupI8) -> Option<Vec<Shader>> {
    look_up(call.input, call.table, call.output, call.len)
}

pub fn map(call: &MapI8) -> Option<Vec<Shader>> {
    look_up(call.output, call.table, call.output, call.len)
}

fn look_up(input: u32, table: u32, output: u32, len: u32) -> Option<Vec<Shader>> {
    Source::new(&[include_str!("lookup.wgsl")]).tensor("input", input).tensor("table", table).bytes(output, len)
}

pub fn binary(call: &BinaryI8) -> Option<Vec<Shader>> {
    Source::new(&[FIXED, WALK, include_str!("binary_i8.wgsl")])
        .u("OP", call.op)
        .broadcast(&call.operands)
        .u("LEFT_SHIFT", call.left_shift)
        .i("A_ZERO", call.a_zero)
        .i("A_MULTIPLIER", call.a_multiplier)
        .i("A_SHIFT", call.a_shift)
        .i("B_ZERO", call.b_zero)
        .i("B_MULTIPLIER", call.b_multiplier)
        .i("B_SHIFT", call.b_shift)
        .i("MULTIPLIER", call.multiplier)
        .i("SHIFT", call.shift)
        .clamp(&call.clamp)
        .tensor("a", call.a)
        .tensor("b", call.b)
        .bytes(call.output, call.operands.len()?)
}

pub fn reduce(call: &ReduceI8) -> Option<Vec<Shader>> {
    Source::new(&[FIXED, include_str!("reduction.wgsl"), include_str!("reduce_i8.wgsl")])
        .u("OP", call.op)
        .reduction(&call.shape)
        .i("INPUT_ZERO", call.input_zero)
        .i("MULTIPLIER", call.multiplier)
        .i("SHIFT", call.shift)
        .clamp(&call.clamp)
        .tensor("input", call.input)
        .bytes(call.output, call.shape.results()?)
}

pub fn resize(call: &ResizeI8) -> Option<Vec<Shader>> {
    let is_single = call.single == 1;
    // Coordinates in fixed point must fit 32 bits.
    let is_far = |n: u32, scale: u32| u64::from(n) * u64::from(scale) >= 1 << 30;
    if !is_single && (is_far(call.out_h, call.scale_h) || is_far(call.out_w, call.scale_w)) {
        return None;
    }
    let single: &[&str] = &[include_str!("single.wgsl"), include_str!("resize_single.wgsl")];
    let len = [call.out_h, call.out_w, call.channels].iter().try_fold(call.batch, |n, &d| n.checked_mul(d))?;
    Source::new(if is_single { single } else { &[include_str!("resize_i8.wgsl")] })
        .u("IN_H", call.in_h)
        .u("IN_W", call.in_w)
        .u("OUT_H", call.out_h)
        .u("OUT_W", call.out_w)
        .u("CHANNELS", call.channels)
        .u("HALF_PIXEL", call.half_pixel)
        .i("SCALE_H", call.scale_h as i32)
        .i("SCALE_W", call.scale_w as i32)
        .tensor("input", call.input)
        .bytes(call.output, len)
}

/// The parameters of each index of the middle axis.
fn channelwise(source: Source, count: u32, inner: u32, params: u32) -> Source {
    source.u("SIZE", count).u("INNER", inner).tensor("params", params)
}

pub fn dequantize(call: &Dequantize) -> Option<Vec<Shader>> {
    let len = call.outer.checked_mul(call.count)?.checked_mul(call.inner)?;
    let source = Source::new(&[include_str!("dequantize.wgsl")]);
    channelwise(source, call.count, call.inner, call.params)
        .integers("input", call.input, Numeric::from_code(call.from)?)?
        .reals(call.output, len)
}

pub fn quantize(call: &Quantize) -> Option<Vec<Shader>> {
    let len = call.outer.checked_mul(call.count)?.checked_mul(call.inner)?;
    let to = Numeric::from_code(call.to)?;
    let files = [include_str!("quantize.wgsl")];
    integers(&files, call.output, to, len, |source| {
        let source = channelwise(source, call.count, call.inner, call.params);
        source.i("LOW", call.low).i("HIGH", call.high).tensor("input", call.input)
    })
}

pub fn mean_pool(call: &MeanPoolI8) -> Option<Vec<Shader>> {
    Source::new(&[WINDOW, include_str!("mean_pool_i8.wgsl")])
        .window(&call.window)
        .clamp(&call.clamp)
        .u("COUNT_PADDING", call.count_padding)
        .i("OFFSET", call.offset)
        .tensor("input", call.input)
        .bytes(call.output, call.window.output_len()?)
}

pub fn grouped_conv(call: &GroupedConvI8) -> Option<Vec<Shader>> {
    convolution(&[include_str!("grouped_conv_i8.wgsl")], &call.window, &call.clamp, [call.input_zero, call.weight_zero])
        .u("ROUNDING", call.rounding)
        .u("GROUPS", call.groups)
        .tensor("input", call.input)
        .tensor("weights", call.weights)
        .tensor("channels", call.channels)
        .bytes(call.output, call.window.output_len()?)
}

pub fn conv_transpose(call: &ConvTransposeI8) -> Option<Vec<Shader>> {
    let files = [include_str!("reach.wgsl"), include_str!("conv_transpose_i8.wgsl")];
    convolution(&files, &call.window, &call.clamp, [call.input_zero, call.weight_zero])
        .u("ROUNDING", call.rounding)
        .tensor("input", call.input)
        .tensor("weights", call.weights)
        .tensor("channels", call.channels)
        .bytes(call.output, call.window.output_len()?)
}

/// What convolutions on centered values have in common.
fn convolution(files: &[&'static str], window: &Window, clamp: &Clamp, zeros: [i32; 2]) -> Source {
    Source::new(&[&[FIXED, WINDOW, CHANNELS], files].concat())
        .window(window)
        .clamp(clamp)
        .i("INPUT_ZERO", zeros[0])
        .i("WEIGHT_ZERO", zeros[1])
}

pub fn mat_mul(call: &MatMulI8) -> Option<Vec<Shader>> {
    let len = call.batch.len()?.checked_mul(call.rows)?.checked_mul(call.columns)?;
    Source::new(&[FIXED, WALK, include_str!("mat_mul_i8.wgsl")])
        .broadcast(&call.batch)
        .u("ROWS", call.rows)
        .u("DEPTH", call.depth)
        .u("COLUMNS", call.columns)
        .i("A_ZERO", call.a_zero)
        .i("B_ZERO", call.b_zero)
        .i("MULTIPLIER", call.multiplier)
        .i("SHIFT", call.shift)
        .clamp(&call.clamp)
        .tensor("a", call.a)
        .tensor("b", call.b)
        .bytes(call.output, len)
}

pub fn hybrid_conv(call: &HybridConv) -> Option<Vec<Shader>> {
    let w = &call.window;
    // Images lie along z.
    if w.batch > 65_535 {
        return None;
    }
    let mut shaders = Source::new(&[WINDOW])
        .window(w)
        .u("GROUPS", call.groups)
        .u("RULE", call.rule)
        .i("WEIGHT_ZERO", call.weight_zero)
        .u("IMAGE", HybridConv::scratch_bytes(w)?)
        .bounds(call.low, call.high)
        .tensor("input", call.input)
        .tensor("weights", call.weights)
        .tensor("channels", call.channels)
        .u("OUTPUT", call.output / 4)
        .threads(w.output_len()? / w.batch, include_str!("hybrid_conv.wgsl"))?;
    shaders.iter_mut().for_each(|shader| shader.groups[2] = w.batch);
    Some(shaders)
}
