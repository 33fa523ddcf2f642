//! The graph of a linear model: one layer, and what the loss makes of its scores.

use sanderling_ir::{Activation, DType, Module, Op, Tensor, TensorType, UnaryKind};

use super::hyperparameters::Loss;
use super::{LinearModel, NAME};
use crate::{TrainError, lower};

/// Probabilities of logistic and softmax losses, scores of all others.
pub fn lower(model: &LinearModel) -> Result<Module, TrainError> {
    let real = |shape: &[usize], values: &[f32]| Tensor::from_f32(TensorType::new(DType::F32, shape), values);
    let outputs = model.biases.len();
    let (mut graph, x) = lower::rows(model.features);
    let weights = graph.constant("weights", real(&[outputs, model.features], &model.weights));
    let biases = graph.constant("biases", real(&[outputs], &model.biases));
    let layer = Op::FullyConnected { activation: Activation::None };
    let scores = graph.push("scores", layer, &[x, weights, biases], None)?;
    let (name, op) = match model.hyper.loss() {
        Loss::Logistic => ("probability", Op::Unary { kind: UnaryKind::Sigmoid }),
        Loss::Softmax => ("probabilities", Op::Softmax { beta: 1.0 }),
        _ => return Ok(lower::finish(graph, NAME, scores)),
    };
    let output = graph.push(name, op, &[scores], None)?;
    Ok(lower::finish(graph, NAME, output))
}
