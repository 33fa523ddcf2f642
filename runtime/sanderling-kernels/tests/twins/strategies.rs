//! Shapes, zero points and multipliers at their edges.

use proptest::prelude::*;
use sanderling_format::calls::{Clamp, Window};

/// Lengths around the widths of vectors.
pub fn length() -> impl Strategy<Value = u32> {
    prop::sample::select(vec![1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 20, 24, 31, 32, 33, 40])
}

/// A window with `in_c` and `out_c` to be set; outputs may lie wholly in the padding.
pub fn window() -> impl Strategy<Value = Window> {
    let pair = |range: std::ops::Range<u32>| (range.clone(), range);
    let kernel = prop_oneof![3 => Just((3, 3)), 2 => Just((1, 1)), 3 => pair(1..6)];
    let stride = prop_oneof![3 => Just((1, 1)), 1 => pair(1..4)];
    (1u32..3, pair(1..8), pair(1..8), kernel, stride, pair(1..3), pair(0..4)).prop_map(
        |(batch, input, output, kernel, stride, dilation, pad)| Window {
            batch,
            in_h: input.0,
            in_w: input.1,
            in_c: 1,
            out_h: output.0,
            out_w: output.1,
            out_c: 1,
            kernel_h: kernel.0,
            kernel_w: kernel.1,
            stride_h: stride.0,
            stride_w: stride.1,
            dilation_h: dilation.0,
            dilation_w: dilation.1,
            pad_top: pad.0,
            pad_left: pad.1,
        },
    )
}

/// One output pixel for each input pixel, which is read where it lies.
pub fn pointwise() -> impl Strategy<Value = Window> {
    window().prop_map(|w| Window {
        out_h: w.in_h,
        out_w: w.in_w,
        kernel_h: 1,
        kernel_w: 1,
        stride_h: 1,
        stride_w: 1,
        pad_top: 0,
        pad_left: 0,
        ..w
    })
}

pub fn zero_point() -> impl Strategy<Value = i32> {
    prop_oneof![Just(0), Just(-128), Just(127), -128..128]
}

pub fn clamp() -> impl Strategy<Value = Clamp> {
    let bounds = prop_oneof![3 => Just((-128, 127)), 1 => (-128..128, -128..128)];
    (zero_point(), bounds).prop_map(|(zero, (a, b))| Clamp { zero, low: i32::min(a, b), high: i32::max(a, b) })
}

pub fn multiplier() -> impl Strategy<Value = i32> {
    let edges = [0, 1, -1, 1 << 30, (1 << 30) + 1, i32::MAX, i32::MIN];
    prop_oneof![1 => prop::sample::select(edges.to_vec()), 4 => (1 << 30)..=i32::MAX, 1 => any::<i32>()]
}

pub fn shift() -> impl Strategy<Value = i32> {
    prop_oneof![4 => -12..2, 1 => -31..=31]
}

/// Bias, multiplier and shift of `count` channels.
pub fn channels(count: u32) -> impl Strategy<Value = Vec<u8>> {
    let bias = prop_oneof![4 => -3000..3000, 1 => any::<i32>()];
    prop::collection::vec((bias, multiplier(), shift()), count as usize)
        .prop_map(|channels| channels.into_iter().flat_map(|(b, m, s)| [b, m, s]).flat_map(i32::to_le_bytes).collect())
}
