//! Real values times int8 weights: LiteRT's dynamic-range kernels.

use sanderling_format::calls::HybridConv;
use sanderling_ir::{Activation, DType, Op, Padding, TensorType};

use crate::CompileError;
use crate::lower::int8::packed_weights;
use crate::lower::{Site, window};

pub fn hybrid(site: &mut Site) -> Result<u32, CompileError> {
    if [site.ty(0), site.ty(2), site.out_ty()].iter().any(|ty| ty.dtype != DType::F32) {
        return site.fail(format!("{} with int8 weights needs f32 values and bias", site.ty(0)));
    }
    let scales = site.ty(1).quant.as_ref().map_or(1, |q| q.scales.len());
    let shape = site.ty(1).shape.clone();
    let (w, groups, rule) = match site.node.op {
        Op::Conv2d { stride, dilation, padding, groups, .. } => {
            let kernel = [shape[1], shape[2]];
            let window = window(site.ty(0), site.out_ty(), kernel, stride, dilation, padding);
            (window, groups, if scales > 1 { 2 } else { 1 })
        }
        _ => {
            let rows = |ty: &TensorType| TensorType::new(ty.dtype, &[ty.shape[0], 1, 1, ty.shape[1]]);
            let (x, y) = (rows(site.ty(0)), rows(site.out_ty()));
            (window(&x, &y, [1, 1], [1, 1], [1, 1], Padding::default()), 1, 0)
        }
    };
    let (weights, weight_zero) = packed_weights(site)?;
    let (low, high) = match site.node.op.activation() {
        Activation::None => (f32::NEG_INFINITY, f32::INFINITY),
        Activation::Relu => (0.0, f32::INFINITY),
        Activation::Relu6 => (0.0, 6.0),
        Activation::ReluN1To1 => (-1.0, 1.0),
    };
    let channels = channels(site, w.out_c as usize)?;
    let call = HybridConv {
        window: w,
        groups: groups as u32,
        rule,
        low,
        high,
        weight_zero,
        input: site.at(0),
        output: site.out_at(),
        scratch: site.scratch,
        weights: site.artifact.constant(&weights),
        channels: site.artifact.constant(&channels),
    };
    site.call_part(&call, true)
}

/// Bias and scale of each output channel.
fn channels(site: &Site, out_c: usize) -> Result<Vec<u8>, CompileError> {
    let bias = site.constant(2)?.as_f32();
    let Some(quant) = site.ty(1).quant.as_ref().filter(|q| q.scales.len() == 1 || q.axis == 0) else {
        return site.fail("the weights should have one scale or one for each output channel".into());
    };
    let channel = |o: usize| [bias[o].to_le_bytes(), quant.scales[o % quant.scales.len()].to_le_bytes()].concat();
    Ok((0..out_c).flat_map(channel).collect())
}
