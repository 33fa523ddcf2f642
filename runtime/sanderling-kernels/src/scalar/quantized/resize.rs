//! Bilinear resizing of int8 images.

use sanderling_format::calls::ResizeI8;

use super::round;
use crate::kernel::{Operands, Runs};
use crate::pieces::Pieces;
use crate::scalar::Scalar;

/// Fraction bits of coordinates.
pub(crate) const RESIZE_BITS: u32 = 10;

/// All channels of a pixel from those of its four neighbours, in the order (0, 0), (1, 0), (0, 1), (1, 1) of (row,
/// column), and the weights of rows and columns; an instruction set's own code.
pub(crate) trait Pixels {
    /// Weights of [`RESIZE_BITS`].
    fn fixed(corners: [&[u8]; 4], wy: [i32; 2], wx: [i32; 2], out: &mut [u8]);
    /// Flipped bytes, weights in f32.
    fn single(corners: [&[u8]; 4], wy: [f32; 2], wx: [f32; 2], out: &mut [u8]);
}

/// Two source coordinates and their weights.
struct Blend<W> {
    at: [usize; 2],
    weights: [W; 2],
}

impl Runs<ResizeI8> for Scalar {
    fn run(call: &ResizeI8, operands: Operands<'_>) {
        resize::<Scalar>(call, operands);
    }
}

impl Pixels for Scalar {
    fn fixed(corners: [&[u8]; 4], wy: [i32; 2], wx: [i32; 2], out: &mut [u8]) {
        for_each(corners, out, |v| {
            let term = |i: usize, y: usize, x: usize| wy[y].wrapping_mul(wx[x]).wrapping_mul(i32::from(v[i]));
            let sum = term(0, 0, 0).wrapping_add(term(1, 1, 0)).wrapping_add(term(2, 0, 1)).wrapping_add(term(3, 1, 1));
            // Of two weights, to nearest, halves away from zero.
            let half = if sum > 0 { 1 << (2 * RESIZE_BITS - 1) } else { -(1 << (2 * RESIZE_BITS - 1)) };
            (sum.wrapping_add(half) / (1 << (2 * RESIZE_BITS))) as u8
        });
    }

    fn single(corners: [&[u8]; 4], wy: [f32; 2], wx: [f32; 2], out: &mut [u8]) {
        for_each(corners, out, |v| {
            let term = |i: usize, y: usize, x: usize| f32::from(v[i] as u8 ^ 0x80) * wy[y] * wx[x];
            let sum = term(0, 0, 0) + term(1, 1, 0) + term(2, 0, 1) + term(3, 1, 1);
            round(sum) as i32 as u8 ^ 0x80
        });
    }
}

fn for_each([a, b, c, d]: [&[u8]; 4], out: &mut [u8], blend: impl Fn([i8; 4]) -> u8) {
    for ((((out, &a), &b), &c), &d) in out.iter_mut().zip(a).zip(b).zip(c).zip(d) {
        *out = blend([a, b, c, d].map(|v| v as i8));
    }
}

/// Every output pixel from its four neighbours, by `P`.
pub(crate) fn resize<P: Pixels>(call: &ResizeI8, operands: Operands<'_>) {
    let half_pixel = call.half_pixel == 1;
    if call.single == 1 {
        let axis = |o: u32, scale: u32, n: u32| single(o, f32::from_bits(scale), n, half_pixel);
        for_each_pixel(call, operands, axis, P::single);
    } else {
        let axis = |o: u32, scale: u32, n: u32| fixed(o, scale, n, half_pixel);
        for_each_pixel(call, operands, axis, P::fixed);
    }
}

fn for_each_pixel<W: Copy>(
    call: &ResizeI8,
    operands: Operands<'_>,
    axis: impl Fn(u32, u32, u32) -> Blend<W>,
    blend: impl Fn([&[u8]; 4], [W; 2], [W; 2], &mut [u8]),
) {
    let Operands { reads: [input, ..], output, .. } = operands;
    let (in_w, channels) = (call.in_w as usize, call.channels as usize);
    let images = input.pieces(call.in_h as usize * in_w * channels);
    let line_len = call.out_w as usize * channels;
    for (image, out) in images.zip(output.pieces_mut(call.out_h as usize * line_len)) {
        for (line, oy) in out.pieces_mut(line_len).zip(0..) {
            let rows = axis(oy, call.scale_h, call.in_h);
            for (pixel, ox) in line.pieces_mut(channels).zip(0..) {
                let columns = axis(ox, call.scale_w, call.in_w);
                let corners = [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(y, x)| {
                    let at = (rows.at[y] * in_w + columns.at[x]) * channels;
                    image.get(at..at + channels).unwrap_or(&[])
                });
                blend(corners, rows.weights, columns.weights, pixel);
            }
        }
    }
}

/// Coordinates in integers.
fn fixed(o: u32, scale: u32, n: u32, half_pixel: bool) -> Blend<i32> {
    let one = 1i64 << RESIZE_BITS;
    let shift = if half_pixel { i64::from(scale / 2) - one / 2 } else { 0 };
    let at = i64::from(o) * i64::from(scale) + shift;
    let last = i64::from(n) - 1;
    let low = (at >> RESIZE_BITS).min(last).max(0);
    let high = ((at + one - 1) >> RESIZE_BITS).min(last).max(0);
    let fraction = (at - (low << RESIZE_BITS)) as i32;
    Blend { at: [low as usize, high as usize], weights: [(1i32 << RESIZE_BITS).wrapping_sub(fraction), fraction] }
}

/// Coordinates in single precision.
fn single(o: u32, scale: f32, n: u32, half_pixel: bool) -> Blend<f32> {
    let at = if half_pixel { (o as f32 + 0.5) * scale - 0.5 } else { o as f32 * scale };
    let last = n.saturating_sub(1);
    // Below 0 both conversions saturate, as both ends do.
    let floor = at as u32;
    let ceiling = if at > floor as f32 { floor.saturating_add(1) } else { floor };
    let (low, high) = (floor.min(last), ceiling.min(last));
    let fraction = at - low as f32;
    Blend { at: [low as usize, high as usize], weights: [1.0 - fraction, fraction] }
}
