//! Functions of one and two values, and reductions.

use sanderling_ir::{Activation, BinaryKind, DType, Op, ReduceKind, UnaryKind};

use crate::harness::{BYTES, Case, plain, quantized};

const BINARY: [BinaryKind; 15] = [
    BinaryKind::Add,
    BinaryKind::Sub,
    BinaryKind::Mul,
    BinaryKind::Div,
    BinaryKind::Pow,
    BinaryKind::Min,
    BinaryKind::Max,
    BinaryKind::SquaredDifference,
    BinaryKind::Equal,
    BinaryKind::Less,
    BinaryKind::LessEqual,
    BinaryKind::Greater,
    BinaryKind::GreaterEqual,
    BinaryKind::And,
    BinaryKind::Or,
];

/// Shapes of two operands: equal, around vector widths, broadcast along every axis.
const PAIRS: [(&[usize], &[usize]); 5] = [
    (&[1, 33], &[1, 33]),
    (&[2, 3, 5, 7], &[7]),
    (&[2, 1, 5, 1], &[3, 1, 7]),
    (&[2, 3, 5, 7], &[2, 3, 1, 7]),
    (&[1], &[2, 17]),
];

#[test]
fn functions_of_two_bytes() {
    for dtype in BYTES {
        for kind in &BINARY[..13] {
            let real = matches!(kind, BinaryKind::Div | BinaryKind::Pow);
            for (a, b) in PAIRS {
                for activation in [Activation::None, Activation::Relu6] {
                    // Quotients and powers are tables, of one value and a constant.
                    let mut case = Case::new();
                    let a = case.input(&quantized(dtype, a, 0.1, 3));
                    let b_ty = quantized(dtype, if real { &[1] } else { b }, 0.04, -9);
                    let b = if real { case.constant(&b_ty) } else { case.input(&b_ty) };
                    let quant = if kind.is_comparison() { None } else { quantized(dtype, &[], 0.13, -4).quant };
                    case.node(Op::Binary { kind: *kind, activation }, &[a, b], quant);
                    case.check();
                }
            }
        }
    }
}

#[test]
fn extremes_of_equal_quantization_are_bytes() {
    for dtype in BYTES {
        for kind in [BinaryKind::Min, BinaryKind::Max] {
            let x = quantized(dtype, &[65], 0.1, 3);
            let mut case = Case::new();
            let (a, b) = (case.input(&x), case.constant(&x));
            case.node(Op::Binary { kind, activation: Activation::None }, &[a, b], x.quant.clone());
            case.check();
        }
    }
}

#[test]
fn functions_of_two_integers() {
    for dtype in [DType::I8, DType::U8, DType::I16, DType::I32, DType::I64, DType::Bool] {
        for kind in BINARY {
            for (a, b) in PAIRS {
                let mut case = Case::new();
                let (a, b) = (case.input(&plain(dtype, a)), case.constant(&plain(dtype, b)));
                case.node(Op::Binary { kind, activation: Activation::None }, &[a, b], None);
                case.check();
            }
        }
    }
}

#[test]
fn functions_of_one_byte() {
    use UnaryKind::*;
    let kinds = [
        Neg,
        Abs,
        Exp,
        Tanh,
        Sigmoid,
        HardSwish,
        LeakyRelu { alpha: 0.2 },
        Elu { alpha: 1.0 },
        Rsqrt,
        Clamp { min: 0.0, max: 6.0 },
        HardSigmoid { alpha: 0.2, beta: 0.5 },
    ];
    for dtype in BYTES {
        for kind in kinds {
            let mut case = Case::new();
            let x = case.input(&quantized(dtype, &[3, 111], 0.07, 11));
            case.node(Op::Unary { kind }, &[x], quantized(dtype, &[], 0.03, -17).quant);
            case.check();
        }
    }
}

#[test]
fn functions_of_one_integer() {
    use UnaryKind::*;
    for dtype in [DType::I8, DType::U8, DType::Bool, DType::I16, DType::I32, DType::I64] {
        for kind in [Neg, Abs, Sign, Floor, Not, Clamp { min: -3.5, max: 100.0 }] {
            let mut case = Case::new();
            let x = case.input(&plain(dtype, &[19]));
            case.node(Op::Unary { kind }, &[x], None);
            case.check();
        }
    }
}

#[test]
fn reductions() {
    use ReduceKind::*;
    let shape = &[2, 5, 6, 7];
    for axes in [vec![1, 2], vec![0], vec![3], vec![0, 2], vec![1, 3], vec![0, 1, 2, 3]] {
        for keep_dims in [false, true] {
            for kind in [Sum, Mean, Max, Min] {
                for dtype in BYTES {
                    for (scale, zero) in [(0.1, 7), (0.31, -3), (0.003, 0)] {
                        let mut case = Case::new();
                        let x = case.input(&quantized(dtype, shape, 0.1, 7));
                        let quant = quantized(dtype, &[], scale, zero).quant;
                        case.node(Op::Reduce { kind, axes: axes.clone(), keep_dims }, &[x], quant);
                        case.check();
                    }
                }
            }
            for kind in [Sum, Mean, Max, Min, Prod] {
                for dtype in [DType::I8, DType::I32, DType::I64] {
                    let mut case = Case::new();
                    let x = case.input(&plain(dtype, shape));
                    case.node(Op::Reduce { kind, axes: axes.clone(), keep_dims }, &[x], None);
                    case.check();
                }
            }
        }
    }
}
