//! Matrices, reductions, normalization, resizing and recurrence.

use sanderling_ir::{Coordinates, Op, ReduceKind, ResizeMode, Tensor};

use crate::harness::{check, check_on, node, real, values};

#[test]
fn matrix_products() {
    let shapes: [(&[usize], &[usize]); 6] = [
        (&[1, 1], &[1, 1]),
        (&[5, 3], &[3, 7]),
        (&[7, 17], &[17, 9]),
        (&[2, 3, 4, 8], &[2, 3, 8, 16]),
        (&[4, 6, 5], &[5, 3]),
        (&[6, 5], &[4, 5, 33]),
    ];
    for (a, b) in shapes {
        check(&node(Op::MatMul, &[(a, None), (b, None)]), &format!("{a:?} times {b:?}"));
        check(&node(Op::MatMul, &[(a, None), (b, Some(values(3, b)))]), &format!("{a:?} times constant {b:?}"));
    }
}

#[test]
fn reductions() {
    use ReduceKind::*;
    let axes: [&[usize]; 8] = [&[0], &[1], &[2], &[3], &[1, 2], &[0, 3], &[0, 2], &[0, 1, 2, 3]];
    for kind in [Sum, Mean, Max, Min, Prod] {
        for axes in axes {
            for keep_dims in [false, true] {
                let op = Op::Reduce { kind, axes: axes.to_vec(), keep_dims };
                check(&node(op, &[(&[2, 3, 4, 9], None)]), &format!("{kind:?} along {axes:?}"));
            }
        }
    }
}

#[test]
fn rows() {
    for depth in [1, 2, 7, 8, 9, 33] {
        for beta in [1.0, 0.5] {
            check(&node(Op::Softmax { beta }, &[(&[3, depth], None)]), &format!("softmax of {depth}"));
        }
        if depth > 1 {
            let (gamma, beta) = (values(4, &[depth]), values(5, &[depth]));
            let inputs: [(&[usize], _); 3] = [(&[3, depth], None), (&[depth], Some(gamma)), (&[depth], Some(beta))];
            check(&node(Op::LayerNorm { epsilon: 1e-5 }, &inputs), &format!("layer norm of {depth}"));
        }
    }
}

/// Pairs as a classifier gives them, from nearly even ones to nearly certain ones.
#[test]
fn probabilities_of_pairs() {
    for classes in [2, 3, 4, 10] {
        let shape = [16, classes * (classes - 1) / 2];
        let pairs: Vec<f32> = values(3, &shape).as_f32().iter().map(|v| 1.0 / (1.0 + (-4.0 * v).exp())).collect();
        let graph = node(Op::PairwiseCoupling, &[(&shape, None)]);
        check_on(&graph, &[Tensor::from_f32(real(&shape), &pairs)], &format!("{classes} classes in pairs"));
    }
}

#[test]
fn resizing() {
    use Coordinates::*;
    for coordinates in [Asymmetric, HalfPixel, AlignCorners] {
        for size in [[1, 1], [2, 3], [5, 7], [6, 14], [13, 4]] {
            for mode in [ResizeMode::Bilinear, ResizeMode::NearestFloor, ResizeMode::NearestRound] {
                let op = Op::Resize { size, mode, coordinates };
                check(&node(op, &[(&[2, 5, 7, 3], None)]), &format!("{mode:?} {coordinates:?} to {size:?}"));
            }
        }
    }
}

#[test]
fn lstm() {
    for (reverse, clip) in [(false, 0.0), (true, 0.0), (false, 0.5)] {
        for (t, n, i, h) in [(1, 1, 1, 1), (3, 2, 5, 3), (4, 1, 9, 8), (2, 3, 8, 17)] {
            let shapes: [&[usize]; 6] = [&[t, n, i], &[4 * h, i], &[4 * h, h], &[4 * h], &[n, h], &[n, h]];
            let constant = |k: usize| (shapes[k], Some(values(k as u32, shapes[k])));
            let inputs =
                [(shapes[0], None), constant(1), constant(2), constant(3), (shapes[4], None), (shapes[5], None)];
            check(&node(Op::Lstm { reverse, clip }, &inputs), &format!("lstm {t} {n} {i} {h}"));
        }
    }
}

#[test]
fn gru() {
    for (reverse, linear_before_reset) in [(false, false), (false, true), (true, false), (true, true)] {
        for (t, n, i, h) in [(1, 1, 1, 1), (3, 2, 5, 3), (4, 1, 9, 8), (2, 3, 8, 17)] {
            let shapes: [&[usize]; 6] = [&[t, n, i], &[3 * h, i], &[3 * h, h], &[3 * h], &[3 * h], &[n, h]];
            let constant = |k: usize| (shapes[k], Some(values(k as u32, shapes[k])));
            let inputs = [(shapes[0], None), constant(1), constant(2), constant(3), constant(4), (shapes[5], None)];
            check(&node(Op::Gru { reverse, linear_before_reset }, &inputs), &format!("gru {t} {n} {i} {h}"));
        }
    }
}
