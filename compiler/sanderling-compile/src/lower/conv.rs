//! Convolution, depthwise convolution and fully connected layers in int8.

use sanderling_format::calls::{Conv2dI8, DepthwiseI8, Window};
use sanderling_ir::{Op, Padding, Tensor, TensorType};
use sanderling_oracle::params::{self, Multiplier};

use super::{Site, window};
use crate::CompileError;

/// The real multiplier from scales of input, weights and output.
type Rule = fn(f32, f32, f32) -> f64;

pub fn conv2d(site: &mut Site) -> Result<u32, CompileError> {
    let Op::Conv2d { stride, dilation, padding, groups, .. } = site.node.op else {
        return site.fail("not a convolution".into());
    };
    let shape = site.ty(1).shape.clone();
    let w = window(site.ty(0), site.out_ty(), [shape[1], shape[2]], stride, dilation, padding);
    if groups == 1 {
        conv(site, w, params::conv_multiplier)
    } else if groups == w.in_c as usize {
        depthwise(site, w)
    } else {
        site.fail(format!("there is no int8 kernel for {groups} groups of {} channels yet", w.in_c))
    }
}

pub fn fully_connected(site: &mut Site) -> Result<u32, CompileError> {
    // A row is a pixel, the batch a line of them.
    let pixels = |ty: &TensorType| TensorType::new(ty.dtype, &[1, 1, ty.shape[0], ty.shape[1]]);
    let (x, y) = (pixels(site.ty(0)), pixels(site.out_ty()));
    let w = window(&x, &y, [1, 1], [1, 1], [1, 1], Padding::default());
    let per_channel = site.ty(1).quant.as_ref().is_some_and(|q| q.scales.len() > 1);
    conv(site, w, if per_channel { params::conv_multiplier } else { params::legacy_conv_multiplier })
}

fn conv(site: &mut Site, window: Window, rule: Rule) -> Result<u32, CompileError> {
    let weights = site.constant(1)?;
    let taps = weights.ty.shape[1..].iter().product::<usize>();
    let row_bytes = taps.next_multiple_of(4);
    let mut packed = vec![0; row_bytes * window.out_c as usize];
    for (row, from) in packed.chunks_exact_mut(row_bytes).zip(weights.data.chunks_exact(taps)) {
        row[..taps].copy_from_slice(from);
    }
    let rows: Vec<i32> =
        weights.as_i8().chunks_exact(taps).map(|row| row.iter().map(|&w| i32::from(w)).sum()).collect();
    let channels = channels(site, &rows, rule)?;
    let call = Conv2dI8 {
        window,
        clamp: site.clamp()?,
        input_zero: site.quant(site.ty(0))?.1,
        row_bytes: row_bytes as u32,
        input: site.at(0),
        output: site.out_at(),
        scratch: site.scratch,
        weights: site.artifact.constant(&packed),
        channels: site.artifact.constant(&channels),
    };
    site.call(&call)
}

fn depthwise(site: &mut Site, window: Window) -> Result<u32, CompileError> {
    let weights = site.constant(1)?;
    let out_c = window.out_c as usize;
    let taps = weights.data.len() / out_c;
    // Kernels walk along channels: taps outside, channels inside.
    let packed: Vec<u8> = (0..taps * out_c).map(|i| weights.data[(i % out_c) * taps + i / out_c]).collect();
    let rows: Vec<i32> =
        weights.as_i8().chunks_exact(taps).map(|row| row.iter().map(|&w| i32::from(w)).sum()).collect();
    let channels = channels(site, &rows, params::conv_multiplier)?;
    let call = DepthwiseI8 {
        window,
        clamp: site.clamp()?,
        input_zero: site.quant(site.ty(0))?.1,
        input: site.at(0),
        output: site.out_at(),
        weights: site.artifact.constant(&packed),
        channels: site.artifact.constant(&channels),
    };
    site.call(&call)
}

/// Bias with the input's zero point folded in, multiplier and shift, for each output channel.
fn channels(site: &Site, row_sums: &[i32], rule: Rule) -> Result<Vec<u8>, CompileError> {
    let (scale_x, zero_x) = site.quant(site.ty(0))?;
    let (scale_y, _) = site.quant(site.out_ty())?;
    let bias: &Tensor = site.constant(2)?;
    let Some(quant) = &site.ty(1).quant else {
        return site.fail("the weights have no quantization parameters".into());
    };
    if quant.zero_points.iter().any(|&z| z != 0) || (quant.scales.len() > 1 && quant.axis != 0) {
        return site.fail("the weights should be symmetric, with one scale or one for each output channel".into());
    }
    let channel = |(o, (bias, &sum)): (usize, (i32, &i32))| {
        let scale_w = quant.scales[o % quant.scales.len()];
        let Multiplier { multiplier, shift } = Multiplier::new(rule(scale_x, scale_w, scale_y));
        // Sums wrap: the accumulator wraps with them and ends where it would have.
        let bias = bias.wrapping_sub(zero_x.wrapping_mul(sum));
        [bias, multiplier, shift].into_iter().flat_map(i32::to_le_bytes)
    };
    Ok(bias.as_i32().into_iter().zip(row_sums).enumerate().flat_map(channel).collect())
}
