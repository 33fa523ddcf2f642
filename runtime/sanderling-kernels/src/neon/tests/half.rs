//! Kernels with weights of two bytes: bit for bit those with the same weights in four.

use std::vec::Vec;

use half::{bf16, f16};
use sanderling_format::Call;
use sanderling_format::calls::*;

use super::{Stream, kernels, output};

const CASES: u32 = 400;

/// How a weight widens.
type Widen = fn([u8; 2]) -> f32;

const F16: Widen = |bytes| f16::from_le_bytes(bytes).to_f32();
const BF16: Widen = |bytes| bf16::from_le_bytes(bytes).to_f32();

/// The outputs of `half` and of `full`, on the same numbers; weights are any below 2, subnormal ones too.
fn equal<H: Call + core::fmt::Debug, F: Call>(stream: &mut Stream, half: &H, full: &F, widen: Widen) {
    let regions = half.accesses().unwrap().reads;
    let mut reads: Vec<Vec<u8>> = regions.iter().map(|region| stream.reals(region.bytes)).collect();
    let weights: Vec<[u8; 2]> = (0..regions[1].bytes / 2).map(|_| [stream.byte(), stream.byte() & !0x40]).collect();
    let mut wide = reads.clone();
    reads[1] = weights.concat();
    wide[1] = weights.iter().flat_map(|&bytes| widen(bytes).to_le_bytes()).collect();
    let (halves, fulls) = (kernels::<H>(), kernels::<F>());
    assert_eq!(output(&halves.0, half, &reads), output(&fulls.0, full, &wide), "scalar: {half:?}");
    for (half_twin, full_twin) in halves.1.iter().zip(&fulls.1) {
        assert_eq!(output(half_twin, half, &reads), output(full_twin, full, &wide), "{:?}: {half:?}", half_twin.isa);
    }
}

#[test]
fn convolution() {
    let mut stream = Stream(21);
    for _ in 0..CASES {
        let groups = stream.pick(&[1, 1, 1, 2, 3]);
        let (in_c, out_c) = (groups * stream.length(), groups * stream.length());
        let window = stream.window(in_c, out_c);
        let (low, high) = stream.bounds();
        let layer = Conv2dF32 { window, groups, low, high, input: 0, weights: 0, bias: 0, output: 0 };
        equal(&mut stream, &Conv2dF16 { layer }, &layer, F16);
        equal(&mut stream, &Conv2dBf16 { layer }, &layer, BF16);
    }
}

#[test]
fn depthwise_convolution() {
    let mut stream = Stream(22);
    for _ in 0..CASES {
        let in_c = stream.length();
        let times = stream.pick(&[1, 1, 1, 3]);
        let window = stream.window(in_c, in_c * times);
        let (low, high) = stream.bounds();
        let layer = DepthwiseF32 { window, low, high, input: 0, weights: 0, bias: 0, output: 0 };
        equal(&mut stream, &DepthwiseF16 { layer }, &layer, F16);
        equal(&mut stream, &DepthwiseBf16 { layer }, &layer, BF16);
    }
}

#[test]
fn matrix_products() {
    let mut stream = Stream(23);
    for _ in 0..CASES {
        let (batch, m, k, n) = (stream.below(3) + 1, stream.length(), stream.length(), stream.length());
        let (a_step, b_step) = (stream.pick(&[0, m * k]), stream.pick(&[0, k * n]));
        let layer = MatMulF32 { batch, m, k, n, a_step, b_step, a: 0, b: 0, output: 0 };
        equal(&mut stream, &MatMulF16 { layer }, &layer, F16);
        equal(&mut stream, &MatMulBf16 { layer }, &layer, BF16);
    }
}
