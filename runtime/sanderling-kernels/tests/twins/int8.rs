//! int8 kernels: the same bytes.

use proptest::prelude::*;
use sanderling_format::calls::*;

use crate::harness::{APART, Case};
use crate::strategies::*;

/// Clamp, zero points of input and weights, and a seed.
fn numbers() -> impl Strategy<Value = (Clamp, i32, i32, u32)> {
    (clamp(), zero_point(), prop_oneof![2 => Just(0), 1 => zero_point()], any::<u32>())
}

fn conv() -> impl Strategy<Value = Case<Conv2dI8>> {
    (prop_oneof![window(), pointwise()], length(), length(), numbers(), 0u32..2)
        .prop_flat_map(|all| (channels(all.2), Just(all)))
        .prop_map(|(channels, (window, in_c, out_c, (clamp, input_zero, weight_zero, seed), rounding))| {
            let window = Window { in_c, out_c, ..window };
            let row_bytes = window.taps_len().unwrap().next_multiple_of(4);
            let mut case = Case::new(
                Conv2dI8 {
                    window,
                    clamp,
                    rounding,
                    input_zero,
                    weight_zero,
                    row_bytes,
                    input: 0,
                    output: APART,
                    scratch: 2 * APART,
                    weights: 0,
                    channels: 0,
                },
                seed,
            );
            case.reads[2] = Some(channels);
            case
        })
}

fn depthwise() -> impl Strategy<Value = Case<DepthwiseI8>> {
    (window(), length(), prop_oneof![4 => Just(1), 1 => 2u32..5], numbers(), 0u32..2)
        .prop_flat_map(|all| (channels(all.1 * all.2), Just(all)))
        .prop_map(|(channels, (window, in_c, times, (clamp, input_zero, weight_zero, seed), rounding))| {
            let window = Window { in_c, out_c: in_c * times, ..window };
            let call = DepthwiseI8 {
                window,
                clamp,
                rounding,
                input_zero,
                weight_zero,
                input: 0,
                output: APART,
                scratch: 2 * APART,
                weights: 0,
                channels: 0,
            };
            let mut case = Case::new(call, seed);
            case.reads[2] = Some(channels);
            case
        })
}

fn add() -> impl Strategy<Value = Case<AddI8>> {
    let side = || (zero_point(), multiplier(), shift());
    (1u32..70, side(), side(), (multiplier(), shift()), clamp(), any::<u32>()).prop_map(
        |(len, a, b, (multiplier, shift), clamp, seed)| {
            let call = AddI8 {
                len,
                a_zero: a.0,
                a_multiplier: a.1,
                a_shift: a.2,
                b_zero: b.0,
                b_multiplier: b.1,
                b_shift: b.2,
                multiplier,
                shift,
                clamp,
                a: 0,
                b: 0,
                output: APART,
            };
            Case::new(call, seed)
        },
    )
}

fn pool_window() -> impl Strategy<Value = (Window, Clamp, u32)> {
    (window(), length(), clamp(), any::<u32>())
        .prop_map(|(window, c, clamp, seed)| (Window { in_c: c, out_c: c, ..window }, clamp, seed))
}

fn resize() -> impl Strategy<Value = Case<ResizeI8>> {
    let sizes = (1u32..3, 1u32..6, 1u32..6, length(), 1u32..9, 1u32..9);
    (sizes, 0u32..2, 0u32..2, any::<u32>()).prop_map(
        |((batch, in_h, in_w, channels, out_h, out_w), single, half_pixel, seed)| {
            let scale =
                |n: u32, m: u32| if single == 1 { (n as f32 / m as f32).to_bits() } else { (1024 * n + m / 2) / m };
            let (scale_h, scale_w) = (scale(in_h, out_h), scale(in_w, out_w));
            let (input, output) = (0, 0);
            let call = ResizeI8 {
                batch,
                in_h,
                in_w,
                channels,
                out_h,
                out_w,
                single,
                half_pixel,
                scale_h,
                scale_w,
                input,
                output,
            };
            Case::new(call, seed)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn convolution(case in conv()) {
        case.equal();
    }

    #[test]
    fn depthwise_convolution(case in depthwise()) {
        case.equal();
    }

    #[test]
    fn addition(case in add()) {
        case.equal();
    }

    #[test]
    fn pooling((window, clamp, seed) in pool_window()) {
        Case::new(AvgPoolI8 { window, clamp, input: 0, output: APART }, seed).equal();
        Case::new(MaxPoolI8 { window, clamp, input: 0, output: APART }, seed).equal();
    }

    #[test]
    fn bilinear_resizing(case in resize()) {
        case.equal();
    }
}
