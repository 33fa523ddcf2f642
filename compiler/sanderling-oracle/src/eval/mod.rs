//! Graphs in single precision, for the many runs of calibration and comparison.
//!
//! Sums of products of real numbers are in `f32`, in an order that the code spells out, each product rounded before it is
//! added; everything else is [`crate::evaluate`]. The bits of a result depend on neither the machine nor the number of
//! threads: callers share out samples, never the work of one. Integers give the bits of the reference.

mod conv;
mod dense;
mod sums;

use sanderling_ir::{Activation, DType, Op, Tensor, TensorType};

use crate::OracleError;
use crate::ops::{self, Node};

/// As [`crate::evaluate`], in single precision and faster.
pub fn evaluate(op: &Op, inputs: &[&Tensor], outputs: &[TensorType]) -> Result<Vec<Tensor>, OracleError> {
    let fast = match op {
        Op::Conv2d { .. } => conv::conv2d,
        Op::FullyConnected { .. } => dense::fully_connected,
        Op::MatMul => dense::mat_mul,
        _ => return ops::evaluate(op, inputs, outputs),
    };
    ops::check(op, inputs, outputs)?;
    let has_elements = inputs.iter().all(|t| t.ty.elements() > 0) && outputs.iter().all(|ty| ty.elements() > 0);
    match has_elements.then(|| fast(&Node { op, inputs, outputs })).flatten() {
        Some(output) => Ok(vec![output]),
        None => ops::evaluate(op, inputs, outputs),
    }
}

/// Whether all inputs and the output are `f32`.
fn is_real(node: &Node) -> bool {
    node.inputs.iter().map(|t| &t.ty).chain(node.outputs).all(|ty| ty.dtype == DType::F32)
}

/// Sums of products, output channels innermost, to outputs: bias and activation.
fn finish(node: &Node, mut sums: Vec<f32>) -> Tensor {
    let (bias, activation) = (node.inputs[2].as_f32(), node.op.activation());
    for pixel in sums.chunks_mut(bias.len()) {
        pixel.iter_mut().zip(&bias).for_each(|(sum, bias)| *sum = activate(activation, *sum + bias));
    }
    Tensor::from_f32(node.out().clone(), &sums)
}

fn activate(activation: Activation, value: f32) -> f32 {
    ops::activate(activation, f64::from(value)) as f32
}

#[cfg(test)]
mod tests {
    use sanderling_ir::{Graph, Padding, Quant, Rounding, ValueId};

    use super::*;

    /// Elements that repeat after a while.
    fn tensor(shape: &[usize], quant: Option<Quant>) -> Tensor {
        let ty = TensorType::new(if quant.is_some() { DType::I8 } else { DType::F32 }, shape);
        let value = |i: usize| (i * 7919 % 251) as i32 - 125;
        match quant {
            None => {
                Tensor::from_f32(ty.clone(), &(0..ty.elements()).map(|i| value(i) as f32 / 50.0).collect::<Vec<_>>())
            }
            Some(_) => {
                let stored: Vec<i8> = (0..ty.elements()).map(|i| value(i) as i8).collect();
                Tensor::from_i8(TensorType { quant, ..ty }, &stored)
            }
        }
    }

    /// The outputs of one node, by both arithmetics.
    fn both(op: &Op, inputs: &[Tensor], quant: Option<Quant>) -> [Tensor; 2] {
        let mut graph = Graph::new("main");
        let ids: Vec<ValueId> = inputs.iter().map(|t| graph.constant("c", t.clone())).collect();
        let y = graph.push("y", op.clone(), &ids, quant).unwrap();
        let (refs, types) = (inputs.iter().collect::<Vec<_>>(), [graph.ty(y).clone()]);
        [evaluate, crate::evaluate].map(|evaluate| evaluate(op, &refs, &types).unwrap().remove(0))
    }

    fn conv(groups: usize) -> Op {
        let padding = Padding { top: 1, bottom: 0, left: 2, right: 1 };
        Op::Conv2d {
            stride: [2, 1],
            dilation: [1, 2],
            padding,
            groups,
            activation: Activation::Relu,
            rounding: Rounding::Twice,
        }
    }

    #[test]
    fn real_numbers_are_near_the_exact_ones() {
        let [x, bias] = [tensor(&[2, 7, 6, 4], None), tensor(&[8], None)];
        let cases = [
            (conv(1), vec![x.clone(), tensor(&[8, 3, 2, 4], None), bias.clone()]),
            (conv(2), vec![x.clone(), tensor(&[8, 3, 2, 2], None), bias.clone()]),
            (conv(4), vec![x.clone(), tensor(&[4, 3, 2, 1], None), tensor(&[4], None)]),
            (conv(4), vec![x, tensor(&[8, 3, 2, 1], None), bias.clone()]),
            (
                Op::FullyConnected { activation: Activation::None },
                vec![tensor(&[3, 29], None), tensor(&[8, 29], None), bias],
            ),
            (Op::MatMul, vec![tensor(&[2, 3, 11], None), tensor(&[2, 11, 5], None)]),
        ];
        for (op, inputs) in cases {
            let [fast, exact] = both(&op, &inputs, None).map(|t| t.as_f32());
            let largest = exact.iter().fold(0f32, |m, v| m.max(v.abs()));
            assert!(fast.iter().zip(&exact).all(|(a, b)| (a - b).abs() <= 1e-5 * largest), "{op}");
        }
    }

    #[test]
    fn integers_have_the_bits_of_the_reference() {
        let x = tensor(&[2, 7, 6, 4], Some(Quant::per_tensor(0.02, -3)));
        for (groups, shape) in [(1, [8, 3, 2, 4]), (2, [8, 3, 2, 2]), (4, [4, 3, 2, 1]), (4, [8, 3, 2, 1])] {
            let scales: Vec<f32> = (0..shape[0]).map(|o| 0.01 + 0.002 * o as f32).collect();
            let quant = Quant { zero_points: vec![0; shape[0]], scales, axis: 0 };
            let bias = Tensor::from_i32(TensorType::new(DType::I32, &[shape[0]]), &vec![77; shape[0]]);
            let inputs = [x.clone(), tensor(&shape, Some(quant)), bias];
            let [fast, exact] = both(&conv(groups), &inputs, Some(Quant::per_tensor(0.05, 4)));
            assert_eq!(fast, exact, "{groups} groups, {shape:?}");
        }
    }
}
