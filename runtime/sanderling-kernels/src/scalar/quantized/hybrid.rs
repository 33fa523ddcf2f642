//! f32 images times int8 weights.

use sanderling_format::calls::HybridConv;

use super::grouped_conv::Groups;
use super::round;
use crate::kernel::{Operands, Runs};
use crate::pieces::Pieces;
use crate::scalar::Scalar;
use crate::window::Taps;

/// See [`HybridConv::rule`].
pub(crate) const FULLY_CONNECTED: u32 = 0;
/// Likewise.
pub(crate) const WITH_ZERO_POINT: u32 = 2;

impl Runs<HybridConv> for Scalar {
    fn run(call: &HybridConv, operands: Operands<'_>) {
        let Operands { reads: [input, weights, channels, ..], output, scratch } = operands;
        let w = &call.window;
        let (input, (output, _)) = (input.as_chunks::<4>().0, output.as_chunks_mut::<4>());
        let out_c = w.out_c as usize;
        let line_len = w.out_w as usize * out_c;
        let images = input.pieces(scratch.len());
        for (image, out) in images.zip(output.pieces_mut(w.out_h as usize * line_len)) {
            let (least, largest) = bounds(image);
            let steps = Steps::new(call.rule, least, largest);
            for (&v, byte) in image.iter().zip(scratch.iter_mut()) {
                *byte = steps.quantize(f32::from_le_bytes(v));
            }
            let layer = Groups::new(w, call.groups, weights, [steps.zero, call.weight_zero]);
            for (oy, line) in out.pieces_mut(line_len).enumerate() {
                let rows = Taps::of_row(w, oy);
                for (ox, pixel) in line.pieces_mut(out_c).enumerate() {
                    let columns = Taps::of_column(w, ox);
                    for (o, (out, channel)) in pixel.iter_mut().zip(channels.as_chunks().0).enumerate() {
                        let sum = layer.sum(scratch, &rows, &columns, o);
                        *out = finish(call, sum, steps.scale, channel).to_le_bytes();
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

/// The least and the largest value of an image and of 0; what is not a number counts as none.
fn bounds(image: &[[u8; 4]]) -> (f32, f32) {
    image.iter().fold((0f32, 0f32), |(least, largest), &v| {
        let v = f32::from_le_bytes(v);
        (least.min(v), largest.max(v))
    })
}

/// How an image becomes integers.
pub(crate) struct Steps {
    /// What one step is worth, and its inverse.
    pub scale: f32,
    pub inverse: f32,
    /// The integer of 0.
    pub zero: i32,
    /// The least integer; the largest is 127.
    pub low: i32,
}

impl Steps {
    /// For values from `least`, at most 0, to `largest`, at least 0.
    pub fn new(rule: u32, least: f32, largest: f32) -> Steps {
        if least == largest {
            // Nothing but zeros.
            return Steps { scale: 1.0, inverse: 0.0, zero: 0, low: -127 };
        }
        if rule != WITH_ZERO_POINT {
            let range = largest.max(-least);
            return Steps { scale: range / 127.0, inverse: 127.0 / range, zero: 0, low: -127 };
        }
        let (least, largest) = (f64::from(least), f64::from(largest));
        let scale = (largest - least) / 255.0;
        let (below, above) = (least / scale, largest / scale);
        // The end that is reached more exactly decides.
        let zero = if 128.0 + below.abs() < 127.0 + above.abs() { -128.0 - below } else { 127.0 - above };
        let zero = round_f64(zero.clamp(-128.0, 127.0));
        Steps { scale: scale as f32, inverse: 1.0 / scale as f32, zero, low: -128 }
    }

    /// The integer of a value, as a byte.
    fn quantize(&self, v: f32) -> u8 {
        // The zero point is added in single precision, before the rounding.
        (round(self.zero as f32 + v * self.inverse) as i32).max(self.low).min(127) as u8
    }
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
