//! In: layers followed by clamps. Out: a clamp to [0, inf], [0, 6] or [-1, 1] that alone reads a layer is the layer's
//! activation; for quantized values only where the clamp leaves the quantization as it is.

use sanderling_ir::{Activation, BinaryKind, Graph, Op, UnaryKind};

use super::rewrite::rewrite;
use super::tools::{name, producer, push, replace, same_quant, uses};
use crate::CompileError;

pub fn run(graph: &Graph) -> Result<Graph, CompileError> {
    let uses = uses(graph);
    rewrite(graph, |new, node, inputs| {
        let Op::Unary { kind: UnaryKind::Clamp { min, max } } = node.op else { return Ok(None) };
        let Some(activation) = activation(min, max) else { return Ok(None) };
        let out = graph.ty(node.outputs[0]).clone();
        if uses[node.inputs[0].0] != 1 || !same_quant(new.ty(inputs[0]), &out) {
            return Ok(None);
        }
        let Some(before) = producer(new, inputs[0]).cloned() else { return Ok(None) };
        // A layer on rows has a reshape behind it.
        let reshaped = matches!(before.op, Op::Reshape { .. }) && same_quant(new.ty(before.inputs[0]), &out);
        let behind = if reshaped { producer(new, before.inputs[0]).cloned() } else { None };
        let layer = behind.as_ref().unwrap_or(&before);
        let Some(op) = with_activation(&layer.op, activation, out.quant.is_none()) else { return Ok(None) };
        if behind.is_none() {
            return replace(new, graph, node, op, &layer.inputs);
        }
        let y = push(new, &format!("{}/rows", name(graph, node)), op, &layer.inputs, out.quant)?;
        replace(new, graph, node, before.op.clone(), &[y])
    })
}

/// The activation that clamps to these limits.
pub fn activation(min: f32, max: f32) -> Option<Activation> {
    match (min, max) {
        (0.0, f32::INFINITY) => Some(Activation::Relu),
        (0.0, 6.0) => Some(Activation::Relu6),
        (-1.0, 1.0) => Some(Activation::ReluN1To1),
        _ => None,
    }
}

/// The op with an activation, if it can have one and has none yet.
pub fn with_activation(op: &Op, wanted: Activation, real: bool) -> Option<Op> {
    let mut op = op.clone();
    let place = match &mut op {
        Op::Conv2d { activation, .. }
        | Op::ConvTranspose2d { activation, .. }
        | Op::FullyConnected { activation }
        | Op::AvgPool2d { activation, .. }
        | Op::MaxPool2d { activation, .. } => activation,
        // Other quantized functions of two values have no clamp.
        Op::Binary { kind: BinaryKind::Add | BinaryKind::Sub | BinaryKind::Mul, activation } => activation,
        Op::Binary { kind: BinaryKind::Div | BinaryKind::Min | BinaryKind::Max, activation } if real => activation,
        _ => return None,
    };
    if *place != Activation::None {
        return None;
    }
    *place = wanted;
    Some(op)
}
