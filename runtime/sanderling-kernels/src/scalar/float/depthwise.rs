//! Depthwise convolution.

use sanderling_format::calls::{DepthwiseBf16, DepthwiseF16, DepthwiseF32};

use super::stored::{Bf16, F16, F32, Stored};
use super::{clamp, values, weights};
use crate::kernel::{Operands, Runs};
use crate::pieces::{Pieces, copy};
use crate::scalar::Scalar;
use crate::window::Taps;

impl Runs<DepthwiseF32> for Scalar {
    fn run(call: &DepthwiseF32, operands: Operands<'_>) {
        depthwise::<F32>(call, operands);
    }
}

impl Runs<DepthwiseF16> for Scalar {
    fn run(call: &DepthwiseF16, operands: Operands<'_>) {
        depthwise::<F16>(&call.layer, operands);
    }
}

impl Runs<DepthwiseBf16> for Scalar {
    fn run(call: &DepthwiseBf16, operands: Operands<'_>) {
        depthwise::<Bf16>(&call.layer, operands);
    }
}

/// The sums of a pixel are built up in the output itself, tap by tap.
fn depthwise<S: Stored>(call: &DepthwiseF32, operands: Operands<'_>) {
    let Operands { reads: [input, taps, bias, ..], output, .. } = operands;
    let w = &call.window;
    let (in_c, out_c) = (w.in_c as usize, w.out_c as usize);
    let multiplier = out_c / in_c.max(1);
    let row_bytes = out_c * size_of::<S::Bytes>();
    let line_bytes = w.out_w as usize * out_c * 4;
    let images = input.pieces(w.in_h as usize * w.in_w as usize * in_c * 4);
    for (image, out) in images.zip(output.pieces_mut(w.out_h as usize * line_bytes)) {
        for (oy, line) in out.pieces_mut(line_bytes).enumerate() {
            let rows = Taps::of_row(w, oy);
            for (ox, pixel) in line.pieces_mut(out_c * 4).enumerate() {
                let columns = Taps::of_column(w, ox);
                copy(pixel, bias);
                for ky in rows.inside() {
                    for kx in columns.inside() {
                        let at = rows.at(ky, w.dilation_h) * w.in_w as usize + columns.at(kx, w.dilation_w);
                        let x = image.get(at * in_c * 4..(at + 1) * in_c * 4).unwrap_or(&[]);
                        let tap = (ky * w.kernel_w as usize + kx) * row_bytes;
                        accumulate::<S>(pixel, x, taps.get(tap..tap + row_bytes).unwrap_or(&[]), multiplier);
                    }
                }
                for out in pixel.as_chunks_mut::<4>().0 {
                    *out = clamp(f32::from_le_bytes(*out), call.low, call.high).to_le_bytes();
                }
            }
        }
    }
}

/// Adds one tap to all channels.
#[inline(always)]
fn accumulate<S: Stored>(sums: &mut [u8], x: &[u8], tap: &[u8], multiplier: usize) {
    let (sums, _) = sums.as_chunks_mut::<4>();
    let add = |sum: &mut [u8; 4], x: f32, w: f32| *sum = (f32::from_le_bytes(*sum) + x * w).to_le_bytes();
    if multiplier == 1 {
        sums.iter_mut().zip(values(x)).zip(weights::<S>(tap)).for_each(|((sum, x), w)| add(sum, x, w));
        return;
    }
    let groups = sums.pieces_mut(multiplier).zip(tap.pieces(multiplier * size_of::<S::Bytes>()));
    for ((sums, tap), x) in groups.zip(values(x)) {
        sums.iter_mut().zip(weights::<S>(tap)).for_each(|(sum, w)| add(sum, x, w));
    }
}
