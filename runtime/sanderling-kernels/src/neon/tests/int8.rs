//! The same bytes.

use std::vec;
use std::vec::Vec;

use sanderling_format::calls::*;

use super::{APART, Stream, equal};

const CASES: u32 = 2000;

impl Stream {
    fn zero_point(&mut self) -> i32 {
        let any = self.below(256) as i32 - 128;
        self.pick(&[0, -128, 127, any])
    }

    fn clamp(&mut self) -> Clamp {
        let (a, b) = (self.below(256) as i32 - 128, self.below(256) as i32 - 128);
        let (low, high) = self.pick(&[(-128, 127), (-128, 127), (a.min(b), a.max(b))]);
        Clamp { zero: self.zero_point(), low, high }
    }

    fn multiplier(&mut self) -> i32 {
        let edge = self.pick(&[0, 1, -1, 1 << 30, (1 << 30) + 1, i32::MAX]);
        // Now and then what only the scalar twin computes.
        let any = if self.below(40) == 0 { i32::MIN } else { self.word() as i32 };
        let usual = (1 << 30) + self.below(1 << 30) as i32;
        self.pick(&[edge, any, usual, usual, usual, usual])
    }

    fn shift(&mut self) -> i32 {
        let (usual, any) = (self.below(14) as i32 - 12, self.below(63) as i32 - 31);
        self.pick(&[usual, usual, usual, any])
    }

    fn channels(&mut self, count: u32) -> Vec<u8> {
        let mut channel = || {
            let (usual, any) = (self.below(6000) as i32 - 3000, self.word() as i32);
            [self.pick(&[usual, usual, usual, any]), self.multiplier(), self.shift()]
        };
        (0..count).flat_map(|_| channel()).flat_map(i32::to_le_bytes).collect()
    }

    /// Bytes, in half of all cases without the smallest.
    fn weights(&mut self, len: u32) -> Vec<u8> {
        let least = self.pick(&[-128i8, -127]);
        // Many of the smallest and the largest, so that sums of two products meet the limits of 16 bits.
        (0..len).map(|_| (self.byte() as i8).saturating_mul(3).max(least) as u8).collect()
    }

    fn inputs(&mut self, len: u32) -> Vec<u8> {
        (0..len).map(|_| (self.byte() as i8).saturating_mul(2) as u8).collect()
    }
}

#[test]
fn convolution() {
    let mut stream = Stream(1);
    for _ in 0..CASES {
        let (in_c, out_c) = (stream.length(), stream.length());
        let window = stream.window(in_c, out_c);
        let row_bytes = window.taps_len().unwrap().next_multiple_of(4);
        let weight_zero = stream.zero_point();
        let call = Conv2dI8 {
            window,
            clamp: stream.clamp(),
            rounding: stream.below(2),
            input_zero: stream.zero_point(),
            weight_zero: stream.pick(&[0, 0, 0, weight_zero]),
            row_bytes,
            input: 0,
            output: APART,
            scratch: 2 * APART,
            weights: 0,
            channels: 0,
        };
        let input = stream.inputs(window.input_len().unwrap());
        let weights = stream.weights(out_c * row_bytes);
        let channels = stream.channels(out_c);
        equal(&call, &[input, weights, channels]);
    }
}

#[test]
fn depthwise_convolution() {
    let mut stream = Stream(2);
    for _ in 0..CASES {
        let in_c = stream.length();
        let times = stream.pick(&[1, 1, 1, 3]);
        let window = stream.window(in_c, in_c * times);
        let weight_zero = stream.zero_point();
        let call = DepthwiseI8 {
            window,
            clamp: stream.clamp(),
            rounding: stream.below(2),
            input_zero: stream.zero_point(),
            weight_zero: stream.pick(&[0, 0, 0, weight_zero]),
            input: 0,
            output: APART,
            scratch: 2 * APART,
            weights: 0,
            channels: 0,
        };
        let input = stream.inputs(window.input_len().unwrap());
        let weights = stream.weights(window.kernel_h * window.kernel_w * window.out_c);
        let channels = stream.channels(window.out_c);
        equal(&call, &[input, weights, channels]);
    }
}

#[test]
fn extreme_products_do_not_overflow() {
    let window = Window { in_h: 5, in_w: 9, out_h: 5, out_w: 9, ..Stream(3).window(16, 16) };
    let window = Window { kernel_h: 3, kernel_w: 3, stride_h: 1, stride_w: 1, pad_top: 1, pad_left: 1, ..window };
    let clamp = Clamp { zero: 0, low: -128, high: 127 };
    let channels: Vec<u8> = (0..16).flat_map(|_| [0, 1 << 30, -11]).flat_map(i32::to_le_bytes).collect();
    let input = vec![0x80; window.input_len().unwrap() as usize];
    for weight in [0x80, 0x81, 0x7f] {
        let call = DepthwiseI8 {
            window,
            clamp,
            rounding: 0,
            input_zero: -128,
            weight_zero: 0,
            input: 0,
            output: APART,
            scratch: 2 * APART,
            weights: 0,
            channels: 0,
        };
        equal(&call, &[input.clone(), vec![weight; 9 * 16], channels.clone()]);
        let row_bytes = 9 * 16;
        let call = Conv2dI8 {
            window,
            clamp,
            rounding: 0,
            input_zero: -128,
            weight_zero: 0,
            row_bytes,
            input: 0,
            output: APART,
            scratch: 2 * APART,
            weights: 0,
            channels: 0,
        };
        equal(&call, &[input.clone(), vec![weight; 16 * row_bytes as usize], channels.clone()]);
    }
}

#[test]
fn the_smallest_factors_do_not_saturate() {
    let window = Window { batch: 1, in_h: 1, in_w: 1, out_h: 1, out_w: 1, ..Stream(3).window(16, 16) };
    let window = Window { kernel_h: 1, kernel_w: 1, stride_h: 1, stride_w: 1, pad_top: 0, pad_left: 0, ..window };
    let clamp = Clamp { zero: 0, low: -128, high: 127 };
    let channels: Vec<u8> = (0..16).flat_map(|_| [i32::MIN, i32::MIN, 0]).flat_map(i32::to_le_bytes).collect();
    let call = DepthwiseI8 {
        window,
        clamp,
        rounding: 0,
        input_zero: 0,
        weight_zero: 0,
        input: 0,
        output: APART,
        scratch: 2 * APART,
        weights: 0,
        channels: 0,
    };
    equal(&call, &[vec![1; 16], vec![0; 16], channels]);
}

#[test]
fn addition() {
    let mut stream = Stream(4);
    for _ in 0..CASES {
        let len = 1 + stream.below(70);
        let call = AddI8 {
            len,
            a_zero: stream.zero_point(),
            a_multiplier: stream.multiplier(),
            a_shift: stream.shift(),
            b_zero: stream.zero_point(),
            b_multiplier: stream.multiplier(),
            b_shift: stream.shift(),
            multiplier: stream.multiplier(),
            shift: stream.shift(),
            clamp: stream.clamp(),
            a: 0,
            b: 0,
            output: APART,
        };
        let (a, b) = (stream.bytes(len as usize), stream.bytes(len as usize));
        equal(&call, &[a, b]);
    }
}

#[test]
fn matrix_products() {
    let mut stream = Stream(5);
    for _ in 0..CASES {
        let (matrices, rows, depth, columns) = (1 + stream.below(3), stream.length(), stream.length(), stream.length());
        // The second operand moves on with the first, or is the same for all.
        let b_step = stream.pick(&[0, 1]);
        let batch = Broadcast {
            dims: [1, 1, 1, 1, 1, matrices],
            a_strides: [0, 0, 0, 0, 0, 1],
            b_strides: [0, 0, 0, 0, 0, b_step],
            a_len: matrices,
            b_len: if b_step == 0 { 1 } else { matrices },
        };
        let call = MatMulI8 {
            batch,
            rows,
            depth,
            columns,
            a_zero: stream.zero_point(),
            b_zero: stream.zero_point(),
            multiplier: stream.multiplier(),
            shift: stream.shift(),
            clamp: stream.clamp(),
            a: 0,
            b: 0,
            output: APART,
        };
        let a = stream.bytes((matrices * rows * depth) as usize);
        let b = stream.bytes((batch.b_len * depth * columns) as usize);
        equal(&call, &[a, b]);
    }
}
