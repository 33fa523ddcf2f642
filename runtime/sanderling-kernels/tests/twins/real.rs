//! f32 kernels: near their twins, whose sums run in another order.

use proptest::prelude::*;
use sanderling_format::Call;
use sanderling_format::calls::*;

use crate::harness::{APART, Case, Stream};
use crate::strategies::*;

/// Numbers from -2 to 2.
pub fn numbers(count: usize, seed: u32) -> Vec<u8> {
    let mut stream = Stream(seed);
    (0..count).flat_map(|_| ((f32::from(stream.byte()) - 127.5) / 64.0).to_le_bytes()).collect()
}

/// A case whose first `reads` reads are numbers.
fn case<C: Call>(call: C, reads: usize, seed: u32) -> Case<C> {
    let mut case = Case::new(call, seed);
    if let Some(accesses) = case.call.accesses() {
        for (i, (read, region)) in case.reads.iter_mut().zip(accesses.reads).take(reads).enumerate() {
            *read = Some(numbers(region.bytes as usize / 4, seed.wrapping_add(i as u32)));
        }
    }
    case
}

/// The same numbers from both, but for the rounding of sums of `terms` products of numbers up to 2.
fn near<C: Call>(case: &Case<C>, terms: u32) {
    let Some(outputs) = case.outputs() else { return };
    let [scalar, twin] =
        outputs.map(|bytes| bytes.as_chunks().0.iter().map(|&v| f32::from_le_bytes(v)).collect::<Vec<_>>());
    let slack = 4.0 * (terms + 1) as f32 * 1e-6;
    for (i, (a, b)) in scalar.iter().zip(&twin).enumerate() {
        assert!(a == b || (a - b).abs() <= slack, "{} {i}: {b} should be {a}", C::NAME);
    }
}

pub fn bounds() -> impl Strategy<Value = (f32, f32)> {
    prop_oneof![Just((f32::NEG_INFINITY, f32::INFINITY)), Just((0.0, f32::INFINITY)), Just((0.0, 6.0))]
}

/// Of a convolution: any, or one that reads each pixel where it lies.
pub fn conv_window() -> impl Strategy<Value = Window> {
    prop_oneof![window(), pointwise()]
}

fn conv() -> impl Strategy<Value = Case<Conv2dF32>> {
    let groups = prop_oneof![3 => Just(1u32), 1 => 2u32..4];
    (conv_window(), length(), length(), groups, bounds(), any::<u32>()).prop_map(
        |(window, in_c, out_c, groups, (low, high), seed)| {
            let window = Window { in_c: in_c * groups, out_c: out_c * groups, ..window };
            case(Conv2dF32 { window, groups, low, high, input: 0, weights: 0, bias: 0, output: APART }, 3, seed)
        },
    )
}

fn depthwise() -> impl Strategy<Value = Case<DepthwiseF32>> {
    (window(), length(), prop_oneof![4 => Just(1u32), 1 => 2u32..4], bounds(), any::<u32>()).prop_map(
        |(window, in_c, times, (low, high), seed)| {
            let window = Window { in_c, out_c: in_c * times, ..window };
            case(DepthwiseF32 { window, low, high, input: 0, weights: 0, bias: 0, output: APART }, 3, seed)
        },
    )
}

fn product() -> impl Strategy<Value = Case<MatMulF32>> {
    (1u32..4, length(), length(), length(), any::<(bool, bool)>(), any::<u32>()).prop_map(
        |(batch, m, k, n, (a_moves, b_moves), seed)| {
            let (a_step, b_step) = (if a_moves { m * k } else { 0 }, if b_moves { k * n } else { 0 });
            case(MatMulF32 { batch, m, k, n, a_step, b_step, a: 0, b: 0, output: APART }, 2, seed)
        },
    )
}

fn unary() -> impl Strategy<Value = Case<UnaryF32>> {
    (0u32..22, 1u32..70, any::<u32>())
        .prop_map(|(op, len, seed)| case(UnaryF32 { op, len, alpha: 0.1, beta: 0.7, input: 0, output: APART }, 1, seed))
}

/// Two operands of the same shape, or of which one stands still along one axis.
fn binary() -> impl Strategy<Value = Case<BinaryF32>> {
    let arithmetic = prop::sample::select(vec![0u32, 1, 2, 3, 5, 6, 7]);
    (arithmetic, 1u32..5, length(), 0usize..3, bounds(), any::<u32>()).prop_map(
        |(op, rows, columns, still, (low, high), seed)| {
            let dims = [1, 1, 1, 1, rows, columns];
            let whole = [0, 0, 0, 0, columns as i32, 1];
            let (a_strides, a_len, b_strides, b_len) = match still {
                0 => (whole, rows * columns, whole, rows * columns),
                1 => (whole, rows * columns, [0, 0, 0, 0, 0, 1], columns),
                _ => ([0, 0, 0, 0, 1, 0], rows, whole, rows * columns),
            };
            let operands = Broadcast { dims, a_strides, b_strides, a_len, b_len };
            case(BinaryF32 { op, operands, low, high, a: 0, b: 0, output: APART }, 2, seed)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(800))]

    #[test]
    fn convolution(case in conv()) {
        let w = &case.call.window;
        near(&case, w.kernel_h * w.kernel_w * w.in_c);
    }

    #[test]
    fn depthwise_convolution(case in depthwise()) {
        near(&case, case.call.window.kernel_h * case.call.window.kernel_w);
    }

    #[test]
    fn matrix_products(case in product()) {
        near(&case, case.call.k);
    }

    #[test]
    fn functions_of_one_number(case in unary()) {
        case.equal();
    }

    #[test]
    fn functions_of_two_numbers(case in binary()) {
        case.equal();
    }
}
