//! int8 layers.

use sanderling_format::calls::*;

use super::source::{Shader, Source};

const FIXED: &str = include_str!("fixed.wgsl");
const WINDOW: &str = include_str!("window.wgsl");
const CHANNELS: &str = include_str!("channels.wgsl");

pub fn conv(call: &Conv2dI8) -> Option<Vec<Shader>> {
    let w = &call.window;
    // Whole words of inputs and outputs.
    let is_wide = w.in_c.is_multiple_of(4) && w.out_c.is_multiple_of(4);
    let files: &[&str] =
        if is_wide { &[FIXED, WINDOW, CHANNELS] } else { &[FIXED, WINDOW, CHANNELS, include_str!("conv_i8.wgsl")] };
    let source = Source::new(files)
        .window(w)
        .clamp(&call.clamp)
        .u("ROUNDING", call.rounding)
        .i("INPUT_ZERO", call.input_zero)
        .i("WEIGHT_ZERO", call.weight_zero)
        .u("ROW_BYTES", call.row_bytes)
        .tensor("input", call.input)
        .tensor("weights", call.weights)
        .tensor("channels", call.channels);
    let len = w.output_len()?;
    match is_wide {
        true => source.u("OUTPUT", call.output / 4).threads(len / 4, include_str!("conv_i8_main.wgsl")),
        false => source.bytes(call.output, len),
    }
}

pub fn depthwise(call: &DepthwiseI8) -> Option<Vec<Shader>> {
    Source::new(&[FIXED, WINDOW, CHANNELS, include_str!("depthwise_i8.wgsl")])
        .window(&call.window)
        .clamp(&call.clamp)
        .u("ROUNDING", call.rounding)
        .i("INPUT_ZERO", call.input_zero)
        .i("WEIGHT_ZERO", call.weight_zero)
        .tensor("input", call.input)
        .tensor("weights", call.weights)
        .tensor("channels", call.channels)
        .bytes(call.output, call.window.output_len()?)
}

pub fn add(call: &AddI8) -> Option<Vec<Shader>> {
    Source::new(&[FIXED, include_str!("add_i8.wgsl")])
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
        .bytes(call.output, call.len)
}

pub fn avg_pool(call: &AvgPoolI8) -> Option<Vec<Shader>> {
    pool(&call.window, &call.clamp, 0, call.input, call.output)
}

pub fn max_pool(call: &MaxPoolI8) -> Option<Vec<Shader>> {
    pool(&call.window, &call.clamp, 1, call.input, call.output)
}

fn pool(window: &Window, clamp: &Clamp, largest: u32, input: u32, output: u32) -> Option<Vec<Shader>> {
    Source::new(&[WINDOW, include_str!("pool_i8.wgsl")])
        .window(window)
        .clamp(clamp)
        .u("LARGEST", largest)
        .tensor("input", input)
        .bytes(output, window.output_len()?)
}

pub fn softmax(call: &SoftmaxI8) -> Option<Vec<Shader>> {
    Source::new(&[FIXED, include_str!("softmax_i8.wgsl")])
        .u("DEPTH", call.depth)
        .i("MULTIPLIER", call.multiplier)
        .i("SHIFT", call.shift)
        .i("DIFF_MIN", call.diff_min)
        .tensor("input", call.input)
        .bytes(call.output, call.rows.checked_mul(call.depth)?)
}
