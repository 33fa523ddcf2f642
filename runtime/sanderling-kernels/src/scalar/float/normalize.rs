//! Softmax, layer normalization and reductions.

use sanderling_format::calls::{LayerNormF32, ReduceF32, ReduceOp, SoftmaxF32};

use super::{get, put, values};
use crate::kernel::{Operands, Runs};
use crate::pieces::Pieces;
use crate::scalar::Scalar;
use crate::scalar::data::reduce;

impl Runs<SoftmaxF32> for Scalar {
    fn run(call: &SoftmaxF32, mut operands: Operands<'_>) {
        operands.bring(0);
        for row in operands.output.pieces_mut(call.depth as usize * 4) {
            let max = values(row).fold(f32::NEG_INFINITY, f32::max);
            let (row, _) = row.as_chunks_mut::<4>();
            let mut sum = 0.0;
            for x in row.iter_mut() {
                let e = libm::expf((f32::from_le_bytes(*x) - max) * call.beta);
                sum += e;
                *x = e.to_le_bytes();
            }
            row.iter_mut().for_each(|e| *e = (f32::from_le_bytes(*e) / sum).to_le_bytes());
        }
    }
}

impl Runs<LayerNormF32> for Scalar {
    fn run(call: &LayerNormF32, mut operands: Operands<'_>) {
        operands.bring(0);
        let Operands { reads: [_, gamma, beta, ..], output, .. } = operands;
        let n = call.depth as f32;
        for row in output.pieces_mut(call.depth as usize * 4) {
            let mean = values(row).sum::<f32>() / n;
            let variance = values(row).map(|x| (x - mean) * (x - mean)).sum::<f32>() / n;
            let scale = 1.0 / libm::sqrtf(variance + call.epsilon);
            let row = row.as_chunks_mut::<4>().0.iter_mut();
            for ((x, gamma), beta) in row.zip(values(gamma)).zip(values(beta)) {
                *x = ((f32::from_le_bytes(*x) - mean) * scale * gamma + beta).to_le_bytes();
            }
        }
    }
}

impl Runs<ReduceF32> for Scalar {
    fn run(call: &ReduceF32, operands: Operands<'_>) {
        let Operands { reads: [input, ..], output, .. } = operands;
        let Some(op) = ReduceOp::from_code(call.op) else { return };
        let count = call.shape.gone.iter().fold(1.0, |n, &d| n * d as f32);
        let start = match op {
            ReduceOp::Sum | ReduceOp::Mean => 0.0,
            ReduceOp::Max => f32::NEG_INFINITY,
            ReduceOp::Min => f32::INFINITY,
            ReduceOp::Prod => 1.0,
        };
        let step = |acc: f32, at: usize| {
            let x = get(input, at);
            match op {
                ReduceOp::Sum | ReduceOp::Mean => acc + x,
                ReduceOp::Max => acc.max(x),
                ReduceOp::Min => acc.min(x),
                ReduceOp::Prod => acc * x,
            }
        };
        let scale = if op == ReduceOp::Mean { 1.0 / count } else { 1.0 };
        reduce(&call.shape, start, step, |at, acc| put(output, at, acc * scale));
    }
}
