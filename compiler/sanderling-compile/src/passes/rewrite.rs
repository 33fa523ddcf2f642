//! The one way to rewrite a graph: copy it node by node, replacing some, and drop what nothing reads.

use std::collections::BTreeSet;

use sanderling_ir::{Graph, Node, Source, State, ValueId};

use crate::CompileError;

/// What becomes of a node: `None` copies it, `Some` puts these values of the new graph in place of its outputs.
pub type Replacement = Result<Option<Vec<ValueId>>, CompileError>;

/// Copies `graph`; `replace` sees each node of the old graph with its inputs in the new one, and may add nodes there.
pub fn rewrite(
    graph: &Graph,
    mut replace: impl FnMut(&mut Graph, &Node, &[ValueId]) -> Replacement,
) -> Result<Graph, CompileError> {
    let mut new = Graph::new(&graph.name);
    let mut moved: Vec<Option<ValueId>> = vec![None; graph.values.len()];
    for (old, value) in graph.values.iter().enumerate() {
        moved[old] = match &value.source {
            // Inputs and states follow in the order of their lists.
            Source::Input | Source::State | Source::Node(_) => None,
            Source::Constant(_) => Some(push_value(&mut new, graph, ValueId(old), value.source.clone())),
        };
    }
    for &id in &graph.inputs {
        let input = push_value(&mut new, graph, id, Source::Input);
        new.inputs.push(input);
        moved[id.0] = Some(input);
    }
    for state in &graph.states {
        moved[state.input.0] = Some(push_value(&mut new, graph, state.input, Source::State));
    }
    let at = |moved: &[Option<ValueId>], id: ValueId| moved[id.0].expect("verified graphs define before use");
    for node in &graph.nodes {
        let inputs: Vec<ValueId> = node.inputs.iter().map(|&id| at(&moved, id)).collect();
        let outputs = match replace(&mut new, node, &inputs)? {
            Some(outputs) => outputs,
            None => copy(&mut new, graph, node, inputs),
        };
        for (old, new) in node.outputs.iter().zip(outputs) {
            moved[old.0] = Some(new);
        }
    }
    new.outputs = graph.outputs.iter().map(|&id| at(&moved, id)).collect();
    new.states = graph.states.iter().map(|s| State { input: at(&moved, s.input), next: at(&moved, s.next) }).collect();
    Ok(without_dead(new))
}

/// Copies a node as it is.
pub fn copy(new: &mut Graph, graph: &Graph, node: &Node, inputs: Vec<ValueId>) -> Vec<ValueId> {
    let source = Source::Node(new.nodes.len());
    let outputs: Vec<ValueId> = node.outputs.iter().map(|&id| push_value(new, graph, id, source.clone())).collect();
    new.nodes.push(Node { op: node.op.clone(), inputs, outputs: outputs.clone() });
    outputs
}

fn push_value(new: &mut Graph, graph: &Graph, id: ValueId, source: Source) -> ValueId {
    let mut value = graph.values[id.0].clone();
    value.source = source;
    new.values.push(value);
    ValueId(new.values.len() - 1)
}

/// Drops nodes that no output or state needs, and values that nothing mentions.
fn without_dead(graph: Graph) -> Graph {
    let mut live: BTreeSet<ValueId> = graph.outputs.iter().chain(&graph.inputs).copied().collect();
    live.extend(graph.states.iter().flat_map(|s| [s.input, s.next]));
    let mut keep = vec![false; graph.nodes.len()];
    for (index, node) in graph.nodes.iter().enumerate().rev() {
        if node.outputs.iter().any(|id| live.contains(id)) {
            keep[index] = true;
            live.extend(node.inputs.iter().chain(&node.outputs));
        }
    }
    compact(graph, &live, &keep)
}

fn compact(mut graph: Graph, live: &BTreeSet<ValueId>, keep: &[bool]) -> Graph {
    let node_at: Vec<usize> = keep.iter().scan(0, |n, &k| Some(std::mem::replace(n, *n + usize::from(k)))).collect();
    let mut value_at = vec![ValueId(usize::MAX); graph.values.len()];
    let mut values = Vec::with_capacity(live.len());
    for &id in live {
        value_at[id.0] = ValueId(values.len());
        let mut value = graph.values[id.0].clone();
        if let Source::Node(node) = &mut value.source {
            *node = node_at[*node];
        }
        values.push(value);
    }
    let renumber = |ids: &mut Vec<ValueId>| ids.iter_mut().for_each(|id| *id = value_at[id.0]);
    let mut kept = keep.iter();
    graph.nodes.retain(|_| *kept.next().expect("a flag for every node"));
    for node in &mut graph.nodes {
        renumber(&mut node.inputs);
        renumber(&mut node.outputs);
    }
    renumber(&mut graph.inputs);
    renumber(&mut graph.outputs);
    for state in &mut graph.states {
        *state = State { input: value_at[state.input.0], next: value_at[state.next.0] };
    }
    graph.values = values;
    graph
}
