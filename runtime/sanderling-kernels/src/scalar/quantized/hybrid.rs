//! f32 images times int8 weights.

use sanderling_format::calls::HybridConv;

use super::grouped_conv::Groups;
use super::round;
use crate::kernel::{Operands, Runs};
use crate::pieces::Pieces;
use crate::scalar::Scalar;
use crate::window::Taps;

/// See [`HybridConv::rule`].
const FULLY_CONNECTED: u32 = 0;
const WITH_ZERO_POINT: u32 = 2;

impl Runs<HybridConv> for Scalar {
    fn run(call: &HybridConv, operands: Operands<'_>) {
        let Operands { reads: [input, weights, channels, ..], output, scratch } = operands;
        let w = &call.window;
        let (input, (output, _)) = (input.as_chunks::<4>().0, output.as_chunks_mut::<4>());
        let out_c = w.out_c as usize;
        let line_len = w.out_w as usize * out_c;
        let images = input.pieces(scratch.len());
        for (image, out) in images.zip(output.pieces_mut(w.out_h as usize * line_len)) {
            let quantize = if call.rule == WITH_ZERO_POINT { asymmetric } else { symmetric };
            let (scale, zero) = quantize(image, scratch);
            let layer = Groups::new(w, call.groups, weights, [zero, call.weight_zero]);
            for (oy, line) in out.pieces_mut(line_len).enumerate() {
                let rows = Taps::of_row(w, oy);
                for (ox, pixel) in line.pieces_mut(out_c).enumerate() {
                    let columns = Taps::of_column(w, ox);
                    for (o, (out, channel)) in pixel.iter_mut().zip(channels.as_chunks().0).enumerate() {
                        let sum = layer.sum(scratch, &rows, &columns, o);
                        *out = finish(call, sum, scale, channel).to_le_bytes();
                    }
                }
            }
        }
    }
}

/// Bias and scales, in the order of LiteRT's kernels, then the clamp.
fn finish(call: &HybridConv, sum: i32, scale: f32, channel: &[u8; 8]) -> f32 {
    let [a, b, c, d, e, f, g, h] = *channel;
    let (bias, weight_scale) = (f32::from_le_bytes([a, b, c, d]), f32::from_le_bytes([e, f, g, h]));
    let value = match call.rule {
        FULLY_CONNECTED => bias + sum as f32 * (scale * weight_scale),
        _ => sum as f32 * weight_scale * scale + bias,
    };
    if value.is_nan() { value } else { value.max(call.low).min(call.high) }
}

/// An image as integers in [-127, 127]; their scale and zero point.
fn symmetric(image: &[[u8; 4]], out: &mut [u8]) -> (f32, i32) {
    let range = image.iter().fold(0f32, |range, &v| range.max(f32::from_le_bytes(v).abs()));
    if range == 0.0 {
        out.fill(0);
        return (1.0, 0);
    }
    let inverse = 127.0 / range;
    for (&v, out) in image.iter().zip(out) {
        *out = (round(f32::from_le_bytes(v) * inverse) as i32).clamp(-127, 127) as u8;
    }
    (range / 127.0, 0)
}

/// An image as integers in [-128, 127]; their scale and zero point.
fn asymmetric(image: &[[u8; 4]], out: &mut [u8]) -> (f32, i32) {
    let (least, largest) = image.iter().fold((0f32, 0f32), |(least, largest), &v| {
        let v = f32::from_le_bytes(v);
        (least.min(v), largest.max(v))
    });
    if least == largest {
        out.fill(0);
        return (1.0, 0);
    }
    let (least, largest) = (f64::from(least), f64::from(largest));
    let scale = (largest - least) / 255.0;
    let (below, above) = (least / scale, largest / scale);
    // The end that is reached more exactly decides.
    let zero = if 128.0 + below.abs() < 127.0 + above.abs() { -128.0 - below } else { 127.0 - above };
    let zero = round_f64(zero.clamp(-128.0, 127.0));
    let inverse = 1.0 / scale as f32;
    for (&v, out) in image.iter().zip(out) {
        *out = (round(zero as f32 + f32::from_le_bytes(v) * inverse) as i32).clamp(-128, 127) as u8;
    }
    (scale as f32, zero)
}

/// To the nearest integer, halves away from zero, for small numbers.
fn round_f64(v: f64) -> i32 {
    let whole = v as i32;
    match v - f64::from(whole) {
        fraction if fraction >= 0.5 => whole + 1,
        fraction if fraction <= -0.5 => whole - 1,
        _ => whole,
    }
}
