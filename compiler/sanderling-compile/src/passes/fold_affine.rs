//! In: real layers with constant weights among multiplications and additions of constants, one for each channel, such
//! as batch normalizations. Out: those after a layer are in its weights and bias; those before it too, an addition only
//! where no padding would stand for it.

use sanderling_ir::{Activation, BinaryKind, Graph, Node, Op, Padding, ValueId};

use super::fuse_activations::with_activation;
use super::rewrite::{Replacement, rewrite};
use super::tools::{constant, name, per_channel, producer, reals, replace, uses};
use crate::CompileError;

pub fn run(graph: &Graph) -> Result<Graph, CompileError> {
    let uses = uses(graph);
    let after = rewrite(graph, |new, node, inputs| match node.op {
        Op::Binary { kind: kind @ (BinaryKind::Add | BinaryKind::Mul), activation } => match uses[node.inputs[0].0] {
            1 => into_layer_before(graph, new, node, inputs, kind, activation),
            _ => Ok(None),
        },
        _ => Ok(None),
    })?;
    let uses = super::tools::uses(&after);
    rewrite(&after, |new, node, inputs| match node.op {
        Op::Conv2d { .. } | Op::ConvTranspose2d { .. } | Op::FullyConnected { .. } if uses[node.inputs[0].0] == 1 => {
            into_layer_after(&after, new, node, inputs)
        }
        _ => Ok(None),
    })
}

/// Real weights, output channels outermost, and bias of a layer.
struct Parameters {
    weights: Vec<f32>,
    bias: Vec<f32>,
}

impl Parameters {
    fn of(graph: &Graph, inputs: &[ValueId]) -> Option<Parameters> {
        Some(Parameters { weights: reals(graph, inputs[1])?, bias: reals(graph, inputs[2])? })
    }

    /// Multiplies the output channels.
    fn scale(&mut self, factors: &[f32]) {
        let length = self.weights.len() / self.bias.len().max(1);
        self.weights.iter_mut().enumerate().for_each(|(i, w)| *w *= factors[i / length]);
        self.bias.iter_mut().zip(factors).for_each(|(b, f)| *b *= f);
    }

    /// Puts the layer with these parameters in the place of `node`.
    fn replace(&self, graph: &Graph, new: &mut Graph, node: &Node, op: Op, layer: &[ValueId]) -> Replacement {
        let name = name(graph, node).to_string();
        let shape = new.ty(layer[1]).shape.clone();
        let weights = constant(new, &format!("{name}/weights"), &shape, &self.weights);
        let bias = constant(new, &format!("{name}/bias"), &[self.bias.len()], &self.bias);
        replace(new, graph, node, op, &[layer[0], weights, bias])
    }
}

/// `layer(x) * m` or `layer(x) + a` as one layer.
fn into_layer_before(
    graph: &Graph,
    new: &mut Graph,
    node: &Node,
    inputs: &[ValueId],
    kind: BinaryKind,
    activation: Activation,
) -> Replacement {
    let Some(layer) = producer(new, inputs[0]).cloned() else { return Ok(None) };
    let is_layer = matches!(layer.op, Op::Conv2d { .. } | Op::ConvTranspose2d { .. } | Op::FullyConnected { .. });
    let shape = graph.ty(node.outputs[0]).shape.clone();
    if !is_layer || layer.op.activation() != Activation::None || new.ty(inputs[0]).shape != shape {
        return Ok(None);
    }
    let Some(values) = per_channel(new, inputs[1], &shape) else { return Ok(None) };
    let Some(mut parameters) = Parameters::of(new, &layer.inputs) else { return Ok(None) };
    match kind {
        BinaryKind::Mul => parameters.scale(&values),
        _ => parameters.bias.iter_mut().zip(&values).for_each(|(b, a)| *b += a),
    }
    let op = match activation {
        Activation::None => layer.op.clone(),
        wanted => with_activation(&layer.op, wanted, true).unwrap_or(layer.op.clone()),
    };
    parameters.replace(graph, new, node, op, &layer.inputs)
}

/// `layer(x * m)` or `layer(x + a)` as one layer.
fn into_layer_after(graph: &Graph, new: &mut Graph, node: &Node, inputs: &[ValueId]) -> Replacement {
    let Some(Node { op: Op::Binary { kind, activation: Activation::None }, inputs: before, .. }) =
        producer(new, inputs[0]).cloned()
    else {
        return Ok(None);
    };
    let x = new.ty(inputs[0]).clone();
    if new.ty(before[0]).shape != x.shape {
        return Ok(None);
    }
    let Some(values) = per_channel(new, before[1], &x.shape) else { return Ok(None) };
    let Some(mut parameters) = Parameters::of(new, inputs) else { return Ok(None) };
    let shape = new.ty(inputs[1]).shape.clone();
    let (depth, outputs) = (*shape.last().unwrap_or(&1), shape[0]);
    let group_outputs = match node.op {
        Op::Conv2d { groups, .. } => outputs / groups,
        _ => outputs,
    };
    let length = parameters.weights.len() / outputs.max(1);
    // The value for the input channel that a weight meets.
    let value = |i: usize| values[i / length / group_outputs * depth + i % depth];
    match kind {
        BinaryKind::Mul => parameters.weights.iter_mut().enumerate().for_each(|(i, w)| *w *= value(i)),
        BinaryKind::Add if !has_edges(&node.op) => {
            for (o, bias) in parameters.bias.iter_mut().enumerate() {
                let sum = |i: usize| f64::from(parameters.weights[i]) * f64::from(value(i));
                *bias = (f64::from(*bias) + (o * length..(o + 1) * length).map(sum).sum::<f64>()) as f32;
            }
        }
        _ => return Ok(None),
    }
    let layer = [&[before[0]], &inputs[1..]].concat();
    parameters.replace(graph, new, node, node.op.clone(), &layer)
}

/// Whether some outputs see less of the input than others.
fn has_edges(op: &Op) -> bool {
    match op {
        Op::Conv2d { padding, .. } => *padding != Padding::default(),
        Op::FullyConnected { .. } => false,
        _ => true,
    }
}
