//! int8 convolution: eight weight rows against one or two columns, widened to 16 bits, 16 taps at a time.

use core::arch::x86_64::*;

use sanderling_format::calls::Conv2dI8;

use super::Avx2;
use super::dot_i8::{column_sum, dots};
use super::fixed::{Bytes, Channels, LANES, put};
use super::panel_i8;
use crate::kernel::{Operands, Runs};
use crate::scalar::{Columns, Layer, gather_columns};
use crate::tiles::fits;

impl Runs<Conv2dI8> for Avx2 {
    fn run(call: &Conv2dI8, operands: Operands<'_>) {
        if panel_i8::serves(call) && fits(call, &operands) {
            // SAFETY: `Avx2` is reached through `detect` alone; the operands are as the call says.
            return unsafe { panel_i8::convolve(call, operands) };
        }
        gather_columns::<Avx2>(call, operands);
    }
}

impl Columns for Avx2 {
    fn pair(layer: &Layer<'_>, columns: &[u8], (a, b): (&mut [u8], &mut [u8])) {
        // SAFETY: `Avx2` is reached through `detect` alone.
        unsafe { all_rows::<2>(layer, columns, [a, b]) }
    }

    fn single(layer: &Layer<'_>, column: &[u8], out: &mut [u8]) {
        // SAFETY: as above.
        unsafe { all_rows::<1>(layer, column, [out]) }
    }
}

/// All channels of `N` columns.
#[target_feature(enable = "avx2")]
fn all_rows<const N: usize>(layer: &Layer<'_>, columns: &[u8], mut out: [&mut [u8]; N]) {
    let n = layer.call.row_bytes as usize;
    let bytes = Bytes::new(&layer.call.clamp);
    let columns: [&[u8]; N] = core::array::from_fn(|c| &columns[c * n..(c + 1) * n]);
    // What a weight zero point adds to every sum of a column.
    let excess: [i32; N] = match layer.call.weight_zero {
        0 => [0; N],
        zero => core::array::from_fn(|c| column_sum(columns[c]).wrapping_mul(zero)),
    };
    let blocks = layer.weights.chunks(LANES * n).zip(layer.channels.chunks(LANES));
    for (block, (rows, channels)) in blocks.enumerate() {
        let sums = dots::<N>(rows, columns);
        let channels = Channels::new(channels);
        for ((out, sums), excess) in out.iter_mut().zip(sums).zip(excess) {
            let sums = _mm256_sub_epi32(sums, _mm256_set1_epi32(excess));
            let scaled = channels.scaled(sums, layer.call.rounding);
            let out = &mut out[block * LANES..];
            let len = out.len().min(LANES);
            put(&mut out[..len], bytes.eight(scaled));
        }
    }
}
