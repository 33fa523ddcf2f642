//! The same numbers, but for the rounding of sums.

use std::vec::Vec;

use sanderling_format::Call;
use sanderling_format::calls::*;

use super::{Stream, equal, near};

const CASES: u32 = 800;

impl Stream {
    pub fn bounds(&mut self) -> (f32, f32) {
        self.pick(&[(f32::NEG_INFINITY, f32::INFINITY), (0.0, f32::INFINITY), (0.0, 6.0)])
    }

    /// What a call reads.
    fn operands<C: Call>(&mut self, call: &C) -> Vec<Vec<u8>> {
        call.accesses().unwrap().reads.iter().map(|region| self.reals(region.bytes)).collect()
    }
}

/// The rounding of a sum of this many products of numbers up to 2.
fn slack(terms: u32) -> f32 {
    4.0 * (terms + 1) as f32 * 1e-6
}

#[test]
fn convolution() {
    let mut stream = Stream(11);
    for _ in 0..CASES {
        let groups = stream.pick(&[1, 1, 1, 2, 3]);
        let (in_c, out_c) = (groups * stream.length(), groups * stream.length());
        let window = stream.window(in_c, out_c);
        let (low, high) = stream.bounds();
        let call = Conv2dF32 { window, groups, low, high, input: 0, weights: 0, bias: 0, output: 0 };
        near(&call, &stream.operands(&call), slack(window.taps_len().unwrap()));
    }
}

#[test]
fn depthwise_convolution() {
    let mut stream = Stream(12);
    for _ in 0..CASES {
        let in_c = stream.length();
        let times = stream.pick(&[1, 1, 1, 3]);
        let window = stream.window(in_c, in_c * times);
        let (low, high) = stream.bounds();
        let call = DepthwiseF32 { window, low, high, input: 0, weights: 0, bias: 0, output: 0 };
        near(&call, &stream.operands(&call), slack(window.kernel_h * window.kernel_w));
    }
}

#[test]
fn matrix_products() {
    let mut stream = Stream(13);
    for _ in 0..CASES {
        let (batch, m, k, n) = (stream.below(3) + 1, stream.length(), stream.length(), stream.length());
        let (a_step, b_step) = (stream.pick(&[0, m * k]), stream.pick(&[0, k * n]));
        let call = MatMulF32 { batch, m, k, n, a_step, b_step, a: 0, b: 0, output: 0 };
        near(&call, &stream.operands(&call), slack(k));
    }
}

#[test]
fn functions_of_one_number() {
    let mut stream = Stream(14);
    for op in 0..22 {
        for len in 1..40 {
            let call = UnaryF32 { op, len, alpha: 0.1, beta: 0.7, input: 0, output: 0 };
            equal(&call, &stream.operands(&call));
        }
    }
}

#[test]
fn functions_of_two_numbers() {
    let mut stream = Stream(15);
    for _ in 0..CASES {
        let op = stream.pick(&[0, 1, 2, 3, 5, 6, 7]);
        let (rows, columns) = (1 + stream.below(4), stream.length());
        let whole = ([0, 0, 0, 0, columns as i32, 1], rows * columns);
        let row = ([0, 0, 0, 0, 0, 1], columns);
        let column = ([0, 0, 0, 0, 1, 0], rows);
        let ((a_strides, a_len), (b_strides, b_len)) = stream.pick(&[(whole, whole), (whole, row), (column, whole)]);
        let operands = Broadcast { dims: [1, 1, 1, 1, rows, columns], a_strides, b_strides, a_len, b_len };
        let (low, high) = stream.bounds();
        let call = BinaryF32 { op, operands, low, high, a: 0, b: 0, output: 0 };
        equal(&call, &stream.operands(&call));
    }
}
