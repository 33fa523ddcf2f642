//! A clamp that alone reads a layer's real numbers becomes the layer's own.

use sanderling_ir::{Activation, DType, Graph, Node, Op, Source, UnaryKind, ValueId};

use super::rewrite::rewrite;
use crate::CompileError;

pub fn run(graph: &Graph) -> Result<Graph, CompileError> {
    let mut readers = vec![0; graph.values.len()];
    let reads = graph.nodes.iter().flat_map(|n| &n.inputs).chain(&graph.outputs);
    reads.chain(graph.states.iter().map(|s| &s.next)).for_each(|id| readers[id.0] += 1);
    rewrite(graph, |new, node, inputs| {
        let Some(activation) = activation(node) else { return Ok(None) };
        let Source::Node(producer) = new.values[inputs[0].0].source else { return Ok(None) };
        let is_alone = readers[node.inputs[0].0] == 1 && graph.ty(node.inputs[0]).dtype == DType::F32;
        match slot(&mut new.nodes[producer].op) {
            Some(slot) if is_alone && *slot == Activation::None => *slot = activation,
            _ => return Ok(None),
        }
        take_name(new, inputs[0], graph, node);
        Ok(Some(vec![inputs[0]]))
    })
}

/// The layer now gives what the clamp gave, under the clamp's name.
fn take_name(new: &mut Graph, value: ValueId, graph: &Graph, node: &Node) {
    new.values[value.0].name.clone_from(&graph.values[node.outputs[0].0].name);
}

fn activation(node: &Node) -> Option<Activation> {
    match node.op {
        Op::Unary { kind: UnaryKind::Clamp { min: 0.0, max: f32::INFINITY } } => Some(Activation::Relu),
        Op::Unary { kind: UnaryKind::Clamp { min: 0.0, max: 6.0 } } => Some(Activation::Relu6),
        Op::Unary { kind: UnaryKind::Clamp { min: -1.0, max: 1.0 } } => Some(Activation::ReluN1To1),
        _ => None,
    }
}

/// Where an op keeps its activation, if it can have one.
fn slot(op: &mut Op) -> Option<&mut Activation> {
    match op {
        Op::Binary { kind, .. } if kind.is_comparison() => None,
        Op::Conv2d { activation, .. }
        | Op::ConvTranspose2d { activation, .. }
        | Op::FullyConnected { activation }
        | Op::Binary { activation, .. }
        | Op::AvgPool2d { activation, .. }
        | Op::MaxPool2d { activation, .. } => Some(activation),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use sanderling_ir::{BinaryKind, TensorType};

    use super::*;

    fn graph(max: f32, twice: bool) -> Graph {
        let mut g = Graph::new("main");
        let x = g.input("x", TensorType::new(DType::F32, &[2]));
        let add = Op::Binary { kind: BinaryKind::Add, activation: Activation::None };
        let sum = g.push("sum", add, &[x, x], None).unwrap();
        let y = g.push("y", Op::Unary { kind: UnaryKind::Clamp { min: 0.0, max } }, &[sum], None).unwrap();
        g.outputs.push(y);
        g.outputs.extend(twice.then_some(sum));
        g
    }

    #[test]
    fn a_relu_becomes_the_layers_own() {
        let fused = run(&graph(f32::INFINITY, false)).unwrap();
        assert_eq!(fused.nodes.len(), 1);
        assert_eq!(fused.nodes[0].op.activation(), Activation::Relu);
        assert_eq!(fused.values[fused.outputs[0].0].name, "y");
    }

    #[test]
    fn other_clamps_and_values_read_twice_stay() {
        assert_eq!(run(&graph(2.0, false)).unwrap().nodes.len(), 2);
        assert_eq!(run(&graph(6.0, true)).unwrap().nodes.len(), 2);
    }
}
