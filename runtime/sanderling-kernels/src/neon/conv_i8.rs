//! int8 convolution: eight or four weight rows against one or two columns, 16 taps at a time.

use core::arch::aarch64::*;

use sanderling_format::calls::Conv2dI8;

use super::dot::Dot;
use super::fixed::{Channels, Limits, are_plain, put};
use super::{DotProd, Neon};
use crate::kernel::{Operands, Runs};
use crate::scalar::{Columns, Layer, Scalar, convolve};

/// Rows whose sums fill a vector.
const ROWS: usize = 4;

impl Runs<Conv2dI8> for Neon {
    fn run(call: &Conv2dI8, operands: Operands<'_>) {
        run::<Neon>(call, operands);
    }
}

impl Runs<Conv2dI8> for DotProd {
    fn run(call: &Conv2dI8, operands: Operands<'_>) {
        run::<DotProd>(call, operands);
    }
}

fn run<D: Dot>(call: &Conv2dI8, operands: Operands<'_>) {
    if are_plain(operands.reads[2].as_chunks().0) {
        convolve::<Rows<D>>(call, operands);
    } else {
        Scalar::run(call, operands);
    }
}

/// All rows of a column, by the products of `D`.
struct Rows<D>(core::marker::PhantomData<D>);

impl<D: Dot> Columns for Rows<D> {
    fn pair(layer: &Layer<'_>, columns: &[u8], out: (&mut [u8], &mut [u8])) {
        let n = layer.call.row_bytes as usize;
        let channels = layer.channels.len();
        let fits = columns.len() == 2 * n && out.0.len() == channels && out.1.len() == channels;
        if !fits || !is_wide(layer, n) {
            return Scalar::pair(layer, columns, out);
        }
        // SAFETY: as just checked; `D` is code that this CPU runs, or it would not be in the table.
        unsafe { all_rows::<D, 2>(layer, columns, [out.0, out.1]) }
    }

    fn single(layer: &Layer<'_>, column: &[u8], out: &mut [u8]) {
        let n = layer.call.row_bytes as usize;
        if column.len() != n || out.len() != layer.channels.len() || !is_wide(layer, n) {
            return Scalar::single(layer, column, out);
        }
        // SAFETY: as just checked; `D` is code that this CPU runs, or it would not be in the table.
        unsafe { all_rows::<D, 1>(layer, column, [out]) }
    }
}

/// Whether the rows, of `n` bytes, fill a vector of sums.
fn is_wide(layer: &Layer<'_>, n: usize) -> bool {
    let rows = layer.channels.len();
    rows >= ROWS && layer.weights.len() == rows * n && n.is_multiple_of(4)
}

/// All channels of `N` columns.
///
/// # Safety
/// The CPU has the instructions of `D`. [`is_wide`]; there are `N` columns, and an output byte for each channel.
#[target_feature(enable = "neon")]
unsafe fn all_rows<D: Dot, const N: usize>(layer: &Layer<'_>, columns: &[u8], mut out: [&mut [u8]; N]) {
    let n = layer.call.row_bytes as usize;
    let channels = layer.channels.len();
    let limits = Limits::new(&layer.call.clamp);
    let (weights, columns) = (layer.weights.as_ptr().cast::<i8>(), columns.as_ptr().cast::<i8>());
    let mut finish = |o: usize, sums: [int32x4_t; N]| {
        let Some(four) = layer.channels[o..].first_chunk() else { return };
        let four = Channels::new(four);
        for (out, sums) in out.iter_mut().zip(sums) {
            let Some(out) = out[o..].first_chunk_mut() else { return };
            put(four.requantize_as(layer.call.rounding, sums, &limits), out);
        }
    };
    let mut o = 0;
    while o + 2 * ROWS <= channels {
        // SAFETY: rows `o` to `o + 7` are there.
        let [low, high] = unsafe { dots::<D, 2, N>(weights.wrapping_add(o * n), columns, n) };
        finish(o, low);
        finish(o + ROWS, high);
        o += 2 * ROWS;
    }
    while o < channels {
        // The last four end with the last row, whether or not some of them have been before.
        let first = o.min(channels - ROWS);
        // SAFETY: there are four rows or more, so that `first` and the three behind it are among them.
        let [sums] = unsafe { dots::<D, 1, N>(weights.wrapping_add(first * n), columns, n) };
        finish(first, sums);
        o += ROWS;
    }
}

/// `B` times four rows against `N` columns, all of `n` bytes.
///
/// # Safety
/// The CPU has the instructions of `D`. `rows` points to `4 * B * n` bytes, `columns` to `N * n`; `n` is a multiple of 4.
#[inline]
#[target_feature(enable = "neon")]
unsafe fn dots<D: Dot, const B: usize, const N: usize>(
    rows: *const i8,
    columns: *const i8,
    n: usize,
) -> [[int32x4_t; N]; B] {
    let mut acc = [[[vdupq_n_s32(0); ROWS]; B]; N];
    let whole = n - n % 16;
    for k in (0..whole).step_by(16) {
        // SAFETY: 16 bytes at `k` lie inside every row and column.
        let load = |p: *const i8| unsafe { vld1q_s8(p) };
        let x: [int8x16_t; N] = core::array::from_fn(|c| load(columns.wrapping_add(c * n + k)));
        for b in 0..B {
            for r in 0..ROWS {
                let w = load(rows.wrapping_add((b * ROWS + r) * n + k));
                for (acc, &x) in acc.iter_mut().zip(&x) {
                    // SAFETY: the caller's.
                    acc[b][r] = unsafe { D::spread(acc[b][r], w, x) };
                }
            }
        }
    }
    let mut sums: [[int32x4_t; N]; B] = core::array::from_fn(|b| core::array::from_fn(|c| horizontal(&acc[c][b])));
    for k in (whole..n).step_by(4) {
        for (b, sums) in sums.iter_mut().enumerate() {
            let mut w = [0; ROWS];
            for (r, w) in w.iter_mut().enumerate() {
                // SAFETY: four bytes at `k` lie inside every row.
                *w = unsafe { rows.wrapping_add((b * ROWS + r) * n + k).cast::<i32>().read_unaligned() };
            }
            // SAFETY: `w` is a vector long.
            let w = vreinterpretq_s8_s32(unsafe { vld1q_s32(w.as_ptr()) });
            for (c, sum) in sums.iter_mut().enumerate() {
                // SAFETY: four bytes at `k` lie inside every column.
                let x = unsafe { columns.wrapping_add(c * n + k).cast::<i32>().read_unaligned() };
                // SAFETY: the caller's.
                *sum = unsafe { D::quads(*sum, w, vreinterpretq_s8_s32(vdupq_n_s32(x))) };
            }
        }
    }
    sums
}

/// The sum of the lanes of each of four vectors.
#[inline]
#[target_feature(enable = "neon")]
fn horizontal(v: &[int32x4_t; ROWS]) -> int32x4_t {
    vpaddq_s32(vpaddq_s32(v[0], v[1]), vpaddq_s32(v[2], v[3]))
}
