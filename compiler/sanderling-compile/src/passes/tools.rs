//! What the passes share: looking at the graph that is being built, and adding to it.

use sanderling_ir::{DType, Graph, Node, Op, Quant, Source, Tensor, TensorType, ValueId};
use sanderling_oracle::evaluate;

use super::rewrite::Replacement;
use crate::CompileError;

/// The node that gives a value.
pub fn producer(graph: &Graph, id: ValueId) -> Option<&Node> {
    match graph.values[id.0].source {
        Source::Node(index) => Some(&graph.nodes[index]),
        _ => None,
    }
}

/// How often each value is read, by nodes, states and callers.
pub fn uses(graph: &Graph) -> Vec<usize> {
    let mut uses = vec![0; graph.values.len()];
    let nodes = graph.nodes.iter().flat_map(|node| &node.inputs);
    let states = graph.states.iter().map(|s| &s.next);
    nodes.chain(&graph.outputs).chain(states).for_each(|id| uses[id.0] += 1);
    uses
}

/// Puts `op` in the place of `node`: its outputs keep their names and types.
pub fn replace(new: &mut Graph, graph: &Graph, node: &Node, op: Op, inputs: &[ValueId]) -> Replacement {
    let node = Node { op, inputs: node.inputs.clone(), outputs: node.outputs.clone() };
    Ok(Some(super::rewrite::copy(new, graph, &node, inputs.to_vec())))
}

/// Adds a node on the way to another.
pub fn push(
    new: &mut Graph,
    name: &str,
    op: Op,
    inputs: &[ValueId],
    quant: Option<Quant>,
) -> Result<ValueId, CompileError> {
    new.push(name, op, inputs, quant).map_err(CompileError::Rewrite)
}

/// The name of a node's first output.
pub fn name<'g>(graph: &'g Graph, node: &Node) -> &'g str {
    &graph.values[node.outputs[0].0].name
}

/// The elements of an `f32` constant.
pub fn reals(graph: &Graph, id: ValueId) -> Option<Vec<f32>> {
    graph.tensor(id).filter(|t| t.ty.dtype == DType::F32).map(Tensor::as_f32)
}

/// The one real number that an `f32` constant repeats.
pub fn uniform(graph: &Graph, id: ValueId) -> Option<f32> {
    let values = reals(graph, id)?;
    let first = *values.first()?;
    values.iter().all(|v| *v == first).then_some(first)
}

/// A constant of real numbers.
pub fn constant(new: &mut Graph, name: &str, shape: &[usize], values: &[f32]) -> ValueId {
    new.constant(name, Tensor::from_f32(TensorType::new(DType::F32, shape), values))
}

/// Whether a value is a constant, or a real form of one.
pub fn is_weight(graph: &Graph, id: ValueId) -> bool {
    match producer(graph, id) {
        Some(Node { op: Op::Dequantize | Op::Cast { .. }, inputs, .. }) => graph.tensor(inputs[0]).is_some(),
        _ => graph.tensor(id).is_some(),
    }
}

/// The scale and zero point of a value quantized as a whole.
pub fn per_tensor(ty: &TensorType) -> Option<(f32, i32)> {
    match &ty.quant {
        Some(q) if q.scales.len() == 1 && matches!(ty.dtype, DType::I8 | DType::U8 | DType::I16) => {
            Some((q.scales[0], q.zero_points[0]))
        }
        _ => None,
    }
}

/// Whether both stand for the same real numbers by the same bytes.
pub fn same_quant(a: &TensorType, b: &TensorType) -> bool {
    a.dtype == b.dtype && a.quant == b.quant
}

/// The order of axes that undoes `perm`.
pub fn inverse(perm: &[usize]) -> Vec<usize> {
    let mut inverse = vec![0; perm.len()];
    perm.iter().enumerate().for_each(|(i, &p)| inverse[p] = i);
    inverse
}

/// Whether a transposition only moves axes of length 1, so that the bytes stay as they are.
pub fn moves_units_only(perm: &[usize], shape: &[usize]) -> bool {
    let wide = perm.iter().filter(|&&p| shape[p] != 1);
    wide.is_sorted()
}

/// A real constant that is one number for each index of the last axis of `shape`: those numbers.
pub fn per_channel(graph: &Graph, id: ValueId, shape: &[usize]) -> Option<Vec<f32>> {
    let values = reals(graph, id)?;
    let channels = *shape.last()?;
    let own = &graph.ty(id).shape;
    let along_last = own.last() == Some(&channels) && own[..own.len() - 1].iter().all(|&n| n == 1);
    match values.len() {
        _ if own.len() > shape.len() => None,
        1 => Some(vec![values[0]; channels]),
        _ => along_last.then_some(values),
    }
}

/// The real values of a constant, or of the constant behind a dequantization or a cast.
pub fn real_constant(graph: &Graph, id: ValueId) -> Option<Vec<f32>> {
    match producer(graph, id) {
        Some(node) if matches!(node.op, Op::Dequantize | Op::Cast { .. }) => {
            let stored = graph.tensor(node.inputs[0])?;
            if stored.ty.dtype == DType::I32 {
                return Some(dequantized(stored));
            }
            let real = evaluate(&node.op, &[stored], &[graph.ty(id).clone()]).ok()?;
            (real[0].ty.dtype == DType::F32).then(|| real[0].as_f32())
        }
        _ => reals(graph, id),
    }
}

/// 32-bit biases as real numbers.
fn dequantized(stored: &Tensor) -> Vec<f32> {
    let values = stored.as_i32().into_iter();
    match &stored.ty.quant {
        None => values.map(|v| v as f32).collect(),
        Some(q) => {
            let inner: usize = stored.ty.shape.iter().skip(q.axis + 1).product::<usize>().max(1);
            let parameter = |i: usize| i / inner % q.scales.len();
            let real =
                |(i, v): (usize, i32)| (v.wrapping_sub(q.zero_points[parameter(i)])) as f32 * q.scales[parameter(i)];
            values.enumerate().map(real).collect()
        }
    }
}
