//! In: products with constant matrices. Out: fully connected layers, with the constant added after them as their bias,
//! and weights in the order of a flattened input without the transpose that made that order.

use sanderling_ir::{Activation, BinaryKind, DType, Graph, Node, Op, Quant, ValueId};
use sanderling_oracle::evaluate;

use super::rewrite::{Replacement, rewrite};
use super::tools::{
    constant, inverse, is_weight, name, per_channel, producer, push, real_constant, reals, replace, uses,
};
use crate::CompileError;

pub fn run(graph: &Graph) -> Result<Graph, CompileError> {
    let uses = uses(graph);
    rewrite(graph, |new, node, inputs| match &node.op {
        Op::MatMul => product(graph, new, node, inputs),
        Op::Binary { kind: BinaryKind::Add, activation } => {
            match inputs.iter().position(|&id| real_constant(new, id).is_some()) {
                Some(c) if uses[node.inputs[1 - c].0] == 1 => bias(graph, new, node, inputs, c, *activation),
                _ => Ok(None),
            }
        }
        Op::FullyConnected { .. } => flattened(graph, new, node, inputs),
        _ => Ok(None),
    })
}

/// `x[..., K] * w[K, N]` with constant `w`, as a layer on the rows of `x`.
fn product(graph: &Graph, new: &mut Graph, node: &Node, inputs: &[ValueId]) -> Replacement {
    let (x, w) = (inputs[0], inputs[1]);
    let (tx, tw, out) = (new.ty(x).clone(), new.ty(w).clone(), graph.ty(node.outputs[0]).clone());
    let one_matrix = tw.shape.len() >= 2 && tw.shape[..tw.shape.len() - 2].iter().all(|&n| n == 1);
    if !one_matrix || tx.dtype != DType::F32 || tw.dtype != DType::F32 || !is_weight(new, w) {
        return Ok(None);
    }
    let [k, n] = [tw.shape[tw.shape.len() - 2], tw.shape[tw.shape.len() - 1]];
    if out.elements() / n.max(1) != tx.elements() / k.max(1) || k == 0 || n == 0 {
        return Ok(None);
    }
    let name = name(graph, node).to_string();
    let Some(weights) = transposed(new, &name, w, [k, n])? else { return Ok(None) };
    let bias = constant(new, &format!("{name}/bias"), &[n], &vec![0.0; n]);
    let rows = tx.elements() / k;
    let x = reshaped(new, &name, x, &[rows, k])?;
    let op = Op::FullyConnected { activation: Activation::None };
    if out.shape == [rows, n] {
        return replace(new, graph, node, op, &[x, weights, bias]);
    }
    let y = push(new, &format!("{name}/rows"), op, &[x, weights, bias], None)?;
    replace(new, graph, node, Op::Reshape { shape: out.shape }, &[y])
}

/// The weights `[N, K]` of a matrix `[K, N]`; quantized and half constants stay so.
fn transposed(new: &mut Graph, name: &str, w: ValueId, [k, n]: [usize; 2]) -> Result<Option<ValueId>, CompileError> {
    let widening = producer(new, w).cloned();
    let stored = widening.as_ref().map_or(w, |node| node.inputs[0]);
    let Some(matrix) = new.tensor(stored).cloned() else { return Ok(None) };
    let rank = matrix.ty.shape.len();
    let quant = match &matrix.ty.quant {
        Some(q) if q.scales.len() > 1 && q.axis + 1 != rank => return Ok(None),
        Some(q) => Some(Quant { axis: 0, ..q.clone() }),
        None => None,
    };
    let mut plain = matrix.clone();
    plain.ty.quant = None;
    plain.ty.shape = vec![k, n];
    let mut out = plain.ty.clone();
    out.shape = vec![n, k];
    let Ok(mut moved) = evaluate(&Op::Transpose { perm: vec![1, 0] }, &[&plain], &[out]) else { return Ok(None) };
    let mut moved = moved.remove(0);
    moved.ty.quant = quant;
    let constant = new.constant(&format!("{name}/weights"), moved);
    match widening {
        Some(node) => push(new, &format!("{name}/weights/real"), node.op, &[constant], None).map(Some),
        None => Ok(Some(constant)),
    }
}

fn reshaped(new: &mut Graph, name: &str, x: ValueId, shape: &[usize]) -> Result<ValueId, CompileError> {
    if new.ty(x).shape == shape {
        return Ok(x);
    }
    let quant = new.ty(x).quant.clone();
    push(new, &format!("{name}/{}", shape.len()), Op::Reshape { shape: shape.to_vec() }, &[x], quant)
}

/// `layer(x) + a` with one constant for each output channel; a reshape that keeps the channels may be between.
fn bias(
    graph: &Graph,
    new: &mut Graph,
    node: &Node,
    inputs: &[ValueId],
    at: usize,
    activation: Activation,
) -> Replacement {
    let out = graph.ty(node.outputs[0]).clone();
    let x = inputs[1 - at];
    if new.ty(x).shape != out.shape {
        return Ok(None);
    }
    let Some(values) = real_constant(new, inputs[at]) else { return Ok(None) };
    let mut probe = Graph::new("");
    let added = constant(&mut probe, "", &new.ty(inputs[at]).shape.clone(), &values);
    let Some(values) = per_channel(&probe, added, &out.shape) else { return Ok(None) };
    let Some(layer) = layer_behind(new, x, values.len()).cloned() else { return Ok(None) };
    let Some(mut sum) = reals(new, layer.inputs[2]) else { return Ok(None) };
    sum.iter_mut().zip(&values).for_each(|(b, a)| *b += a);
    let name = name(graph, node).to_string();
    let bias = constant(new, &format!("{name}/bias"), &[sum.len()], &sum);
    let inputs = [layer.inputs[0], layer.inputs[1], bias];
    let op = Op::FullyConnected { activation };
    let rows = new.ty(layer.outputs[0]).shape.clone();
    if rows == out.shape {
        return replace(new, graph, node, op, &inputs);
    }
    let y = push(new, &format!("{name}/rows"), op, &inputs, None)?;
    replace(new, graph, node, Op::Reshape { shape: out.shape }, &[y])
}

/// The fully connected layer without activation whose rows a value has.
fn layer_behind(new: &Graph, id: ValueId, channels: usize) -> Option<&Node> {
    let mut node = producer(new, id)?;
    if matches!(node.op, Op::Reshape { .. }) && new.ty(id).shape.last() == Some(&channels) {
        node = producer(new, node.inputs[0])?;
    }
    let is_layer = node.op == Op::FullyConnected { activation: Activation::None };
    (is_layer && new.ty(node.outputs[0]).shape[1] == channels).then_some(node)
}

/// A layer on `flatten(transpose(x))` as one on `flatten(x)` with its weights in that order.
fn flattened(graph: &Graph, new: &mut Graph, node: &Node, inputs: &[ValueId]) -> Replacement {
    let Some(Node { op: Op::Reshape { .. }, inputs: flat, .. }) = producer(new, inputs[0]).cloned() else {
        return Ok(None);
    };
    let Some(Node { op: Op::Transpose { perm }, inputs: behind, .. }) = producer(new, flat[0]).cloned() else {
        return Ok(None);
    };
    let (shape, x) = (new.ty(flat[0]).shape.clone(), new.ty(behind[0]).clone());
    let rows = new.ty(inputs[0]).shape[0];
    // Only the axes after the batch move, and the rows are the batch.
    if perm.first() != Some(&0) || shape.first() != Some(&rows) || new.ty(inputs[0]).quant != x.quant {
        return Ok(None);
    }
    let name = name(graph, node).to_string();
    let Some(weights) = reordered(new, &name, inputs[1], &shape, &perm)? else { return Ok(None) };
    let x = reshaped(new, &name, behind[0], &[rows, x.elements() / rows.max(1)])?;
    replace(new, graph, node, node.op.clone(), &[x, weights, inputs[2]])
}

/// Weights `[O, K]` whose columns run through `shape[1..]`, in the order before `perm` was applied.
fn reordered(
    new: &mut Graph,
    name: &str,
    w: ValueId,
    shape: &[usize],
    perm: &[usize],
) -> Result<Option<ValueId>, CompileError> {
    let widening = producer(new, w).cloned();
    let stored = widening.as_ref().map_or(w, |node| node.inputs[0]);
    let Some(mut tensor) = new.tensor(stored).cloned() else { return Ok(None) };
    let ty = tensor.ty.clone();
    tensor.ty.quant = None;
    tensor.ty.shape = [&ty.shape[..1], &shape[1..]].concat();
    let back = inverse(perm);
    let mut out = tensor.ty.clone();
    out.shape = back.iter().map(|&p| tensor.ty.shape[p]).collect();
    let Ok(mut moved) = evaluate(&Op::Transpose { perm: back }, &[&tensor], &[out]) else { return Ok(None) };
    let mut moved = moved.remove(0);
    moved.ty = ty;
    let constant = new.constant(&format!("{name}/weights"), moved);
    match widening {
        Some(node) => push(new, &format!("{name}/weights/real"), node.op, &[constant], None).map(Some),
        None => Ok(Some(constant)),
    }
}
