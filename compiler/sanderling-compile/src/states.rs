//! Values that live across runs, apart from everything that is read after they have been replaced.

use sanderling_ir::{Graph, InferError, Op, Source, ValueId};

use crate::buffers::is_view;

/// Gives a copy of its own to whatever would otherwise share the memory of a state: the states are overwritten one after
/// another at the end of a run, when the outputs and the values that other states take must still be what they were.
/// A state that takes a constant gets it the same way.
pub fn detach(graph: &Graph) -> Result<Graph, InferError> {
    let mut new = graph.clone();
    for i in 0..graph.outputs.len() {
        let id = graph.outputs[i];
        if !graph.states.is_empty() && is_state(graph, root(graph, id)) {
            new.outputs[i] = copy(&mut new, id)?;
        }
    }
    for i in 0..graph.states.len() {
        let (own, next) = (graph.states[i].input, graph.states[i].next);
        let source = root(graph, next);
        if source != own && (is_state(graph, source) || graph.tensor(source).is_some()) {
            new.states[i].next = copy(&mut new, next)?;
        }
    }
    Ok(new)
}

/// The value whose memory a value lies in.
fn root(graph: &Graph, mut id: ValueId) -> ValueId {
    while let Source::Node(node) = graph.values[id.0].source
        && is_view(graph, &graph.nodes[node])
    {
        id = graph.nodes[node].inputs[0];
    }
    id
}

fn is_state(graph: &Graph, id: ValueId) -> bool {
    graph.values[id.0].source == Source::State
}

/// A node that copies a value: to repeat it into its own shape is never a view.
fn copy(graph: &mut Graph, id: ValueId) -> Result<ValueId, InferError> {
    let (ty, name) = (graph.ty(id).clone(), graph.values[id.0].name.clone());
    graph.push(&name, Op::Broadcast { shape: ty.shape }, &[id], ty.quant)
}
