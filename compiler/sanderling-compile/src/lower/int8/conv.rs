//! Convolutions of every kind and fully connected layers in int8.

use sanderling_format::calls::{Conv2dI8, ConvTransposeI8, DepthwiseI8, GroupedConvI8, Window};
use sanderling_ir::{DType, Op, Padding, Rounding, Tensor, TensorType};
use sanderling_oracle::params::{self, Multiplier};

use crate::CompileError;
use crate::lower::data::{flip_offset, stored};
use crate::lower::{Site, window};

/// How sums are rescaled.
#[derive(Clone, Copy, PartialEq)]
enum Rescale {
    /// By a fixed-point multiplier: convolutions.
    Fixed(Rounding),
    /// By the real multiplier, rounded once: fully connected layers.
    Real,
}

impl Rescale {
    /// What calls have for it.
    fn code(self) -> u32 {
        u32::from(self != Rescale::Fixed(Rounding::Twice))
    }
}

pub fn conv2d(site: &mut Site) -> Result<u32, CompileError> {
    let Op::Conv2d { stride, dilation, padding, groups, rounding, .. } = site.node.op else {
        return site.fail("not a convolution".into());
    };
    let shape = site.ty(1).shape.clone();
    let w = window(site.ty(0), site.out_ty(), [shape[1], shape[2]], stride, dilation, padding);
    if groups == 1 {
        conv(site, w, Rescale::Fixed(rounding))
    } else if groups == w.in_c as usize {
        depthwise(site, w, Rescale::Fixed(rounding))
    } else {
        grouped(site, w, groups, Rescale::Fixed(rounding))
    }
}

pub fn fully_connected(site: &mut Site) -> Result<u32, CompileError> {
    // A row is a pixel, the batch a line of them.
    let pixels = |ty: &TensorType| TensorType::new(ty.dtype, &[1, 1, ty.shape[0], ty.shape[1]]);
    let (x, y) = (pixels(site.ty(0)), pixels(site.out_ty()));
    let w = window(&x, &y, [1, 1], [1, 1], [1, 1], Padding::default());
    conv(site, w, Rescale::Real)
}

pub fn conv_transpose2d(site: &mut Site) -> Result<u32, CompileError> {
    let Op::ConvTranspose2d { stride, padding, rounding, .. } = site.node.op else {
        return site.fail("not a transposed convolution".into());
    };
    let shape = site.ty(1).shape.clone();
    let window = window(site.ty(0), site.out_ty(), [shape[1], shape[2]], stride, [1, 1], padding);
    let (packed, weight_zero) = packed_weights(site)?;
    let rescale = Rescale::Fixed(rounding);
    let channels = channels(site, &vec![0; shape[0]], rescale)?;
    let call = ConvTransposeI8 {
        window,
        clamp: site.clamp()?,
        rounding: rescale.code(),
        input_zero: site.quant(site.ty(0))?.1,
        weight_zero,
        input: site.at(0),
        output: site.out_at(),
        weights: site.artifact.constant(&packed),
        channels: site.artifact.constant(&channels),
    };
    site.call(&call)
}

fn conv(site: &mut Site, window: Window, rescale: Rescale) -> Result<u32, CompileError> {
    let (weights, weight_zero) = packed_weights(site)?;
    let taps = weights.len() / (window.out_c as usize).max(1);
    let row_bytes = taps.next_multiple_of(4);
    let mut packed = vec![0; row_bytes * window.out_c as usize];
    for (row, from) in packed.chunks_exact_mut(row_bytes).zip(weights.chunks_exact(taps)) {
        row[..taps].copy_from_slice(from);
    }
    let channels = channels(site, &row_sums(&weights, taps, weight_zero), rescale)?;
    let call = Conv2dI8 {
        window,
        clamp: site.clamp()?,
        rounding: rescale.code(),
        input_zero: site.quant(site.ty(0))?.1,
        weight_zero,
        row_bytes: row_bytes as u32,
        input: site.at(0),
        output: site.out_at(),
        scratch: site.scratch,
        weights: site.artifact.constant(&packed),
        channels: site.artifact.constant(&channels),
    };
    site.call(&call)
}

fn depthwise(site: &mut Site, window: Window, rescale: Rescale) -> Result<u32, CompileError> {
    let (weights, weight_zero) = packed_weights(site)?;
    let out_c = window.out_c as usize;
    let taps = weights.len() / out_c;
    // Kernels walk along channels: taps outside, channels inside.
    let packed: Vec<u8> = (0..taps * out_c).map(|i| weights[(i % out_c) * taps + i / out_c]).collect();
    let channels = channels(site, &row_sums(&weights, taps, weight_zero), rescale)?;
    let call = DepthwiseI8 {
        window,
        clamp: site.clamp()?,
        rounding: rescale.code(),
        input_zero: site.quant(site.ty(0))?.1,
        weight_zero,
        input: site.at(0),
        output: site.out_at(),
        scratch: site.scratch,
        weights: site.artifact.constant(&packed),
        channels: site.artifact.constant(&channels),
    };
    site.call(&call)
}

fn grouped(site: &mut Site, window: Window, groups: usize, rescale: Rescale) -> Result<u32, CompileError> {
    let (packed, weight_zero) = packed_weights(site)?;
    let channels = channels(site, &vec![0; window.out_c as usize], rescale)?;
    let call = GroupedConvI8 {
        window,
        groups: groups as u32,
        clamp: site.clamp()?,
        rounding: rescale.code(),
        input_zero: site.quant(site.ty(0))?.1,
        weight_zero,
        input: site.at(0),
        output: site.out_at(),
        weights: site.artifact.constant(&packed),
        channels: site.artifact.constant(&channels),
    };
    site.call(&call)
}

/// The weights as kernels keep them, and their zero point: 0 where all differences to it are bytes themselves.
pub fn packed_weights(site: &Site) -> Result<(Vec<u8>, i32), CompileError> {
    let weights = site.constant(1)?;
    let first = weights.ty.quant.as_ref().and_then(|q| q.zero_points.first().copied());
    let (Some(quant), Some(zero)) = (&weights.ty.quant, first) else {
        return site.fail("the weights have no quantization parameters".into());
    };
    if !matches!(weights.ty.dtype, DType::I8 | DType::U8) || quant.zero_points.iter().any(|&z| z != zero) {
        return site.fail(format!("weights {} should have 8 bits and one zero point", weights.ty));
    }
    let zero = zero - flip_offset(&weights.ty);
    let bytes = stored(&weights.ty, &weights.data).into_owned();
    let shifted: Result<Vec<i8>, _> = bytes.iter().map(|&w| i8::try_from(i32::from(w as i8) - zero)).collect();
    Ok(match shifted {
        Ok(shifted) => (shifted.into_iter().map(|w| w as u8).collect(), 0),
        Err(_) => (bytes, zero),
    })
}

/// The sum of each row of weights less their zero point.
fn row_sums(weights: &[u8], taps: usize, zero: i32) -> Vec<i32> {
    let sum = |row: &[u8]| row.iter().map(|&w| i32::from(w as i8) - zero).sum();
    weights.chunks_exact(taps.max(1)).map(sum).collect()
}

/// Bias with the input's zero point folded in, multiplier and shift, for each output channel.
fn channels(site: &Site, row_sums: &[i32], rescale: Rescale) -> Result<Vec<u8>, CompileError> {
    let (scale_x, zero_x) = site.quant(site.ty(0))?;
    let (scale_y, _) = site.quant(site.out_ty())?;
    let bias: &Tensor = site.constant(2)?;
    if bias.ty.dtype != DType::I32 {
        return site.fail(format!("its bias {} should be i32", bias.ty));
    }
    let Some(quant) = site.ty(1).quant.as_ref().filter(|q| q.scales.len() == 1 || q.axis == 0) else {
        return site.fail("the weights should have one scale or one for each output channel".into());
    };
    let legacy = site.ty(0).dtype == DType::U8 && rescale == Rescale::Fixed(Rounding::Twice);
    let rule = if legacy { params::legacy_conv_multiplier } else { params::conv_multiplier };
    let mut packed = Vec::with_capacity(row_sums.len() * 12);
    for (o, (bias, &sum)) in bias.as_i32().into_iter().zip(row_sums).enumerate() {
        let real = rule(scale_x, quant.scales[o % quant.scales.len()], scale_y);
        let Multiplier { multiplier, shift } = match rescale {
            Rescale::Fixed(_) => Multiplier::new(real),
            Rescale::Real => match once(real) {
                Some(multiplier) => multiplier,
                None => return site.fail(format!("no 31-bit multiplier stands for the factor {real}")),
            },
        };
        // Sums wrap: the accumulator wraps with them and ends where it would have.
        let bias = bias.wrapping_sub(zero_x.wrapping_mul(sum));
        packed.extend([bias, multiplier, shift].into_iter().flat_map(i32::to_le_bytes));
    }
    Ok(packed)
}

/// A multiplier that, rounded once, gives what `real` in double precision gives, for every sum that is not clamped.
///
/// Both are monotonic, so that it is enough to compare them on both sides of each step of the result.
fn once(real: f64) -> Option<Multiplier> {
    let near = Multiplier::new(real);
    let candidates = [0, 1, -1].map(|d| Multiplier { multiplier: near.multiplier.saturating_add(d), ..near });
    candidates.into_iter().find(|candidate| {
        // Zero points and clamps keep the result within 9 bits and a sign.
        (-512..=512).all(|step| {
            let edge = ((f64::from(step) - 0.5) / real).round() as i64;
            (edge.saturating_sub(1)..=edge.saturating_add(1)).all(|sum| {
                let Ok(sum) = i32::try_from(sum) else { return true };
                params::scale_rounded(sum.into(), real) == candidate.apply_once(sum)
            })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_rounding_has_a_multiplier() {
        for i in 1..200 {
            let real = f64::from(i) * 1.234_567e-4;
            let multiplier = once(real).unwrap();
            for sum in (-100_000..100_000).step_by(37) {
                let want = params::scale_rounded(sum.into(), real);
                if want.abs() <= 512 {
                    assert_eq!(multiplier.apply_once(sum), want, "{sum} * {real}");
                }
            }
        }
    }

    #[test]
    fn factors_that_make_no_sense_have_an_answer() {
        for real in [f64::MIN_POSITIVE, 1e-30, 1e-9, 1e9, 1e30, f64::MAX, f64::INFINITY] {
            once(real);
        }
    }
}
