//! Functions of one and two values.

use sanderling_ir::{Activation, BinaryKind, Op, Tensor, UnaryKind};

use crate::harness::{check, check_on, node, real, values};

#[test]
fn of_one_value() {
    use UnaryKind::*;
    let all = [
        Neg,
        Abs,
        Sign,
        Exp,
        Erf,
        Sin,
        Cos,
        Tanh,
        Sigmoid,
        HardSwish,
        Softplus,
        Floor,
        Ceil,
        Round,
        HardSigmoid { alpha: 0.2, beta: 0.5 },
        LeakyRelu { alpha: 0.1 },
        Elu { alpha: 0.7 },
        Clamp { min: -0.5, max: 1.25 },
    ];
    for kind in all {
        for n in [1, 7, 8, 9, 33] {
            check(&node(Op::Unary { kind }, &[(&[n], None)]), &format!("{kind:?} of {n}"));
        }
    }
}

#[test]
fn of_one_positive_value() {
    use UnaryKind::*;
    for kind in [Log, Sqrt, Rsqrt, Reciprocal] {
        // The generated inputs of the self-test are negative too: the oracle's NaN must be the kernel's.
        let x: Vec<f32> = (1..40).map(|i| i as f32 * 0.37).collect();
        let graph = node(Op::Unary { kind }, &[(&[39], None)]);
        check_on(&graph, &[Tensor::from_f32(real(&[39]), &x)], &format!("{kind:?}"));
    }
}

#[test]
fn half_way_rounds_to_even() {
    let x = [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.5];
    let graph = node(Op::Unary { kind: UnaryKind::Round }, &[(&[7], None)]);
    check_on(&graph, &[Tensor::from_f32(real(&[7]), &x)], "round");
}

const ARITHMETIC: [BinaryKind; 7] = [
    BinaryKind::Add,
    BinaryKind::Sub,
    BinaryKind::Mul,
    BinaryKind::Div,
    BinaryKind::Min,
    BinaryKind::Max,
    BinaryKind::SquaredDifference,
];

#[test]
fn of_two_values_broadcast() {
    let shapes: [(&[usize], &[usize]); 8] = [
        (&[17], &[17]),
        (&[2, 3, 9], &[9]),
        (&[1], &[2, 5]),
        (&[2, 3, 1], &[2, 1, 8]),
        (&[3, 1, 7], &[1, 4, 1]),
        (&[2, 3, 4, 5], &[3, 1, 5]),
        (&[2, 1, 2, 1, 2, 1], &[1, 3, 1, 3, 1, 3]),
        (&[1, 1, 1], &[1]),
    ];
    for kind in ARITHMETIC {
        for (a, b) in shapes {
            for activation in [Activation::None, Activation::Relu] {
                let op = Op::Binary { kind, activation };
                check(&node(op.clone(), &[(a, None), (b, None)]), &format!("{kind:?} {a:?} {b:?}"));
                check(&node(op, &[(a, None), (b, Some(values(9, b)))]), &format!("{kind:?} {a:?} constant {b:?}"));
            }
        }
    }
}

#[test]
fn comparisons() {
    use BinaryKind::*;
    let (a, b) = ([0.0, 1.0, -1.0, 2.0, 0.5, 0.0, -3.0], [0.0, 2.0, -1.0, 1.0, 0.5, 4.0, 0.0]);
    for kind in [Equal, Less, LessEqual, Greater, GreaterEqual, And, Or] {
        let graph = node(Op::Binary { kind, activation: Activation::None }, &[(&[7], None), (&[7], None)]);
        let inputs = [a, b].map(|v| Tensor::from_f32(real(&[7]), &v));
        check_on(&graph, &inputs, &format!("{kind:?}"));
    }
}

#[test]
fn powers() {
    let graph = node(Op::Binary { kind: BinaryKind::Pow, activation: Activation::None }, &[(&[6], None), (&[6], None)]);
    let (a, b) = ([0.5, 2.0, 3.0, 1.5, 9.0, 1.0], [2.0, -1.0, 0.5, 3.0, 0.0, 7.0]);
    check_on(&graph, &[a, b].map(|v| Tensor::from_f32(real(&[6]), &v)), "powers");
}
