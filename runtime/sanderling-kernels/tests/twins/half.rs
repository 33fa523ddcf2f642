//! Kernels with weights of two bytes: bit for bit those with the same weights in four, on either side.

use half::{bf16, f16};
use proptest::prelude::*;
use sanderling_format::Call;
use sanderling_format::calls::*;

use crate::harness::{APART, Case, Stream};
use crate::real::{bounds, conv_window, numbers};
use crate::strategies::*;

/// How a weight widens.
type Widen = fn([u8; 2]) -> f32;

const F16: Widen = |bytes| f16::from_le_bytes(bytes).to_f32();
const BF16: Widen = |bytes| bf16::from_le_bytes(bytes).to_f32();

/// The outputs of `half` and of `full`, on the same numbers; weights are any below 2, subnormal ones too.
fn equal<H: Call, F: Call>(half: H, full: F, widen: Widen, seed: u32) {
    let regions = half.accesses().expect("a call that makes sense").reads;
    let mut stream = Stream(seed);
    let weights: Vec<[u8; 2]> = (0..regions[1].bytes / 2).map(|_| [stream.byte(), stream.byte() & !0x40]).collect();
    let (mut halves, mut fulls) = (Case::new(half, seed), Case::new(full, seed));
    for (i, region) in regions.iter().enumerate() {
        let other = (region.bytes > 0).then(|| numbers(region.bytes as usize / 4, seed.wrapping_add(i as u32)));
        (halves.reads[i], fulls.reads[i]) = (other.clone(), other);
    }
    halves.reads[1] = Some(weights.concat());
    fulls.reads[1] = Some(weights.iter().flat_map(|&bytes| widen(bytes).to_le_bytes()).collect());
    assert_eq!(halves.outputs(), fulls.outputs(), "{} is not {}", H::NAME, F::NAME);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn convolution(
        window in conv_window(), (in_c, out_c) in (length(), length()), groups in 1u32..4, (low, high) in bounds(),
        seed in any::<u32>(),
    ) {
        let window = Window { in_c: in_c * groups, out_c: out_c * groups, ..window };
        let layer = Conv2dF32 { window, groups, low, high, input: 0, weights: 0, bias: 0, output: APART };
        equal(Conv2dF16 { layer }, layer, F16, seed);
        equal(Conv2dBf16 { layer }, layer, BF16, seed);
    }

    #[test]
    fn depthwise_convolution(
        window in window(), in_c in length(), times in prop_oneof![4 => Just(1u32), 1 => 2u32..4],
        (low, high) in bounds(), seed in any::<u32>(),
    ) {
        let window = Window { in_c, out_c: in_c * times, ..window };
        let layer = DepthwiseF32 { window, low, high, input: 0, weights: 0, bias: 0, output: APART };
        equal(DepthwiseF16 { layer }, layer, F16, seed);
        equal(DepthwiseBf16 { layer }, layer, BF16, seed);
    }

    #[test]
    fn transposed_convolution(
        window in window(), (in_c, out_c) in (length(), length()), (low, high) in bounds(), seed in any::<u32>(),
    ) {
        let window = Window { in_c, out_c, dilation_h: 1, dilation_w: 1, ..window };
        let layer = ConvTransposeF32 { window, low, high, input: 0, weights: 0, bias: 0, output: APART };
        equal(ConvTransposeF16 { layer }, layer, F16, seed);
        equal(ConvTransposeBf16 { layer }, layer, BF16, seed);
    }

    #[test]
    fn matrix_products(
        batch in 1u32..4, (m, k, n) in (length(), length(), length()), (a_moves, b_moves) in any::<(bool, bool)>(), seed in any::<u32>(),
    ) {
        let (a_step, b_step) = (if a_moves { m * k } else { 0 }, if b_moves { k * n } else { 0 });
        let layer = MatMulF32 { batch, m, k, n, a_step, b_step, a: 0, b: 0, output: APART };
        equal(MatMulF16 { layer }, layer, F16, seed);
        equal(MatMulBf16 { layer }, layer, BF16, seed);
    }
}
