//! f32 images times int8 weights: the same bits.

use proptest::prelude::*;
use sanderling_format::calls::*;

use crate::harness::{APART, Case, Stream};
use crate::strategies::*;

/// Real numbers: all zero, of one sign, of both, with halves between two steps, or with what is none.
fn image(len: usize, kind: u32, seed: u32) -> Vec<u8> {
    let mut stream = Stream(seed);
    let mut value = |i: usize| {
        let v = (f32::from(stream.byte()) - 127.5) * 0.031 + f32::from(stream.byte()) * 1e-4;
        match kind {
            0 => 0.0,
            1 => v.abs(),
            2 => -v.abs(),
            3 => [-127.0, 127.0, 0.5, -0.5, 63.5, -1.5, 126.5][i % 7],
            4 if i % 11 == 3 => [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -0.0][i / 11 % 4],
            _ => v,
        }
    };
    (0..len).flat_map(|i| value(i).to_le_bytes()).collect()
}

fn case() -> impl Strategy<Value = Case<HybridConv>> {
    let shape = (prop_oneof![window(), pointwise()], length(), length(), 0u32..3);
    let clamps = [(f32::NEG_INFINITY, f32::INFINITY), (0.0, f32::INFINITY), (0.0, 6.0), (-1.0, 1.0)];
    let numbers = (0u32..3, prop_oneof![2 => Just(0), 1 => zero_point()], prop::sample::select(clamps.to_vec()));
    (shape, numbers, 0u32..6, any::<u32>()).prop_map(
        |((window, in_c, out_c, kind), (rule, weight_zero, (low, high)), values, seed)| {
            // Plain, depthwise, and in two groups, which the scalar twin runs.
            let (in_c, out_c, groups) = match kind {
                0 => (in_c, out_c, 1),
                1 => (in_c, in_c, in_c),
                _ => (2 * in_c, 2 * out_c, 2),
            };
            let window = Window { in_c, out_c, ..window };
            let call = HybridConv {
                window,
                groups,
                rule,
                low,
                high,
                weight_zero,
                input: 0,
                output: APART,
                scratch: 2 * APART,
                weights: 0,
                channels: 0,
            };
            let mut case = Case::new(call, seed);
            case.reads[0] = Some(image(window.input_len().unwrap() as usize, values, seed));
            let channel = |o: u32| [(o % 7) as f32 * 0.37 - 1.0, 0.002 + o as f32 * 0.000_3];
            case.reads[2] = Some((0..out_c).flat_map(channel).flat_map(f32::to_le_bytes).collect());
            case
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn hybrid_convolution(case in case()) {
        case.equal();
    }
}

/// More taps and channels than the vectors' code keeps.
#[test]
fn large_layers() {
    for (window, in_c, out_c, groups) in [(1, 2300, 24, 1), (3, 300, 9, 1), (1, 16, 2100, 1), (5, 400, 400, 400)] {
        let window = Window {
            batch: 2,
            in_h: 5,
            in_w: 5,
            in_c,
            out_h: 6 - window,
            out_w: 6 - window,
            out_c,
            kernel_h: window,
            kernel_w: window,
            stride_h: 1,
            stride_w: 1,
            dilation_h: 1,
            dilation_w: 1,
            pad_top: 0,
            pad_left: 0,
        };
        let (low, high) = (f32::NEG_INFINITY, f32::INFINITY);
        let (input, output, scratch, weights, channels) = (0, APART, 2 * APART, 0, 0);
        let call = HybridConv {
            window,
            groups,
            rule: 2,
            low,
            high,
            weight_zero: 3,
            input,
            output,
            scratch,
            weights,
            channels,
        };
        let mut case = Case::new(call, 5);
        case.reads[0] = Some(image(window.input_len().unwrap() as usize, 5, 5));
        case.reads[2] = Some((0..out_c).flat_map(|_| [0.25f32, 0.003]).flat_map(f32::to_le_bytes).collect());
        case.equal();
    }
}
