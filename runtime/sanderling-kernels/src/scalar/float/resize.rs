//! Bilinear resizing.

use sanderling_format::calls::ResizeF32;

use super::{get, put};
use crate::kernel::{Operands, Runs};
use crate::pieces::Pieces;
use crate::scalar::Scalar;

impl Runs<ResizeF32> for Scalar {
    fn run(call: &ResizeF32, operands: Operands<'_>) {
        let Operands { reads: [input, ..], output, .. } = operands;
        let (in_h, in_w, c) = (call.in_h as usize, call.in_w as usize, call.channels as usize);
        let (out_h, out_w) = (call.out_h as usize, call.out_w as usize);
        let images = input.pieces(in_h * in_w * c * 4);
        for (image, out) in images.zip(output.pieces_mut(out_h * out_w * c * 4)) {
            for oy in 0..out_h {
                let (y0, y1, fy) = neighbours(oy, call.scale_h, call.offset, in_h);
                for ox in 0..out_w {
                    let (x0, x1, fx) = neighbours(ox, call.scale_w, call.offset, in_w);
                    for channel in 0..c {
                        let at = |y: usize, x: usize| get(image, (y * in_w + x) * c + channel);
                        let top = at(y0, x0) + (at(y0, x1) - at(y0, x0)) * fx;
                        let bottom = at(y1, x0) + (at(y1, x1) - at(y1, x0)) * fx;
                        put(out, (oy * out_w + ox) * c + channel, top + (bottom - top) * fy);
                    }
                }
            }
        }
    }
}

/// The two pixels that an output pixel lies between, and how far from the first.
fn neighbours(o: usize, scale: f32, offset: f32, len: usize) -> (usize, usize, f32) {
    let last = len.saturating_sub(1);
    let at = ((o as f32 + offset) * scale - offset).max(0.0).min(last as f32);
    let first = (at as usize).min(last);
    (first, (first + 1).min(last), at - first as f32)
}
