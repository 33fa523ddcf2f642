//! Ops that move elements.

use sanderling_ir::{Coordinates, DType, Op, PadMode, ResizeMode, Tensor, TensorType, UnaryKind};

use crate::harness::{BYTES, Case, plain, quantized};

const SHAPE: &[usize] = &[2, 3, 5, 4];

/// Every size of elements, and both ways to keep bytes.
fn types() -> Vec<TensorType> {
    use DType::*;
    let mut types: Vec<TensorType> = [U8, I8, Bool, F16, I32, F32, I64].map(|dtype| plain(dtype, SHAPE)).to_vec();
    types.extend(BYTES.map(|dtype| quantized(dtype, SHAPE, 0.1, 7)));
    types
}

/// One op on one input, in the input's quantization.
fn moved(x: &TensorType, op: Op) {
    let mut case = Case::new();
    let input = case.input(x);
    case.node(op, &[input], x.quant.clone());
    case.check();
}

#[test]
fn transposes_slices_and_broadcasts() {
    for x in types() {
        for perm in [[3, 1, 2, 0], [0, 2, 3, 1], [1, 0, 2, 3]] {
            moved(&x, Op::Transpose { perm: perm.to_vec() });
        }
        moved(&x, Op::Slice { start: vec![1, 0, 4, 3], step: vec![1, 2, -2, -1], size: vec![1, 2, 3, 4] });
        moved(&x, Op::Slice { start: vec![0, 1, 0, 0], step: vec![1; 4], size: vec![2, 2, 5, 4] });
        let narrow = TensorType { shape: vec![3, 1, 4], ..x.clone() };
        moved(&narrow, Op::Broadcast { shape: vec![2, 3, 5, 4] });
        moved(&x, Op::Reshape { shape: vec![6, 20] });
    }
}

#[test]
fn pads_and_nearest_pixels() {
    for x in types() {
        for mode in [PadMode::Constant(0.0), PadMode::Constant(1.0), PadMode::Edge, PadMode::Reflect] {
            moved(&x, Op::Pad { before: vec![0, 2, 0, 1], after: vec![0, 1, 3, 0], mode });
        }
        moved(&x, Op::Pad { before: vec![1, 0, 0, 0], after: vec![0; 4], mode: PadMode::Reflect });
        for mode in [ResizeMode::NearestFloor, ResizeMode::NearestRound] {
            for coordinates in [Coordinates::Asymmetric, Coordinates::HalfPixel, Coordinates::AlignCorners] {
                moved(&x, Op::Resize { size: [7, 2], mode, coordinates });
            }
        }
    }
}

#[test]
fn moves_change_the_quantization_with_the_output() {
    for dtype in BYTES {
        let (x, other) = (quantized(dtype, SHAPE, 0.1, 7), quantized(dtype, SHAPE, 0.037, -20));
        let ops = [
            Op::Reshape { shape: vec![24, 5] },
            Op::Transpose { perm: vec![0, 2, 3, 1] },
            Op::Pad { before: vec![0, 2, 0, 1], after: vec![0, 1, 3, 0], mode: PadMode::Constant(0.3) },
            Op::Pad { before: vec![0, 2, 0, 1], after: vec![0, 1, 3, 0], mode: PadMode::Reflect },
            Op::Concat { axis: 1 },
        ];
        for op in ops {
            let mut case = Case::new();
            let (p, q) = (case.input(&x), case.input(&quantized(dtype, SHAPE, 0.05, 3)));
            let inputs = if matches!(op, Op::Concat { .. }) { vec![p, q, p] } else { vec![p] };
            case.node(op, &inputs, other.quant.clone());
            case.check();
        }
    }
}

#[test]
fn concats_of_inputs_and_constants() {
    for x in types() {
        for axis in 0..4 {
            let mut case = Case::new();
            let (p, q) = (case.input(&x), case.constant(&x));
            case.node(Op::Concat { axis }, &[p, q, p], x.quant.clone());
            case.check();
        }
    }
}

#[test]
fn gathers_by_constant_and_computed_indices() {
    for x in types() {
        for axis in 0..4 {
            let mut case = Case::new();
            let input = case.input(&x);
            let indices = case.tensor(Tensor::from_i64(plain(DType::I64, &[2, 2]), &[0, -1, 1, 0]));
            case.node(Op::Gather { axis }, &[input, indices], x.quant.clone());
            case.check();
        }
        let mut case = Case::new();
        let table = case.constant(&x);
        let index = case.input(&plain(DType::I32, &[7]));
        let kind = UnaryKind::Clamp { min: -5.0, max: 4.0 };
        let inside = case.node(Op::Unary { kind }, &[index], None);
        case.node(Op::Gather { axis: 2 }, &[table, inside], x.quant.clone());
        case.check();
    }
}

#[test]
fn selects_broadcast() {
    for x in types() {
        let mut case = Case::new();
        let condition = case.input(&plain(DType::Bool, &[3, 5, 1]));
        let (a, b) = (case.input(&x), case.constant(&TensorType { shape: vec![1, 4], ..x.clone() }));
        case.node(Op::Select, &[condition, a, b], x.quant.clone());
        case.check();
    }
}

#[test]
fn maxima_and_their_places() {
    for x in types().into_iter().filter(|x| x.dtype != DType::Bool) {
        for (axis, dtype) in [(0, DType::I64), (1, DType::I32), (3, DType::I64)] {
            moved_to(&x, Op::ArgMax { axis, dtype });
        }
        let mut case = Case::new();
        let input = case.input(&x);
        case.node(Op::TopK { k: 3 }, &[input], x.quant.clone());
        case.check();
    }
}

fn moved_to(x: &TensorType, op: Op) {
    let mut case = Case::new();
    let input = case.input(x);
    case.node(op, &[input], None);
    case.check();
}

#[test]
fn constants_and_inputs_can_be_outputs() {
    for x in types() {
        let mut case = Case::new();
        let (input, constant) = (case.input(&x), case.constant(&x));
        let same = case.node(Op::Reshape { shape: vec![120] }, &[input], x.quant.clone());
        case.node(Op::Transpose { perm: vec![3, 2, 1, 0] }, &[input], x.quant.clone());
        case.node(Op::Reshape { shape: vec![120] }, &[constant], x.quant.clone());
        [input, constant, same].into_iter().for_each(|id| case.output(id));
        case.check();
    }
}
