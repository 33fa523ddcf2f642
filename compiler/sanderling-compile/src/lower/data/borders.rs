//! Between the bytes that callers know and those that kernels keep.

use std::collections::BTreeSet;

use sanderling_format::Artifact;
use sanderling_format::calls::{AXES, FlipI8, StridedCopy};
use sanderling_ir::{Graph, Source, TensorType, ValueId};

use super::{is_flipped, stored};

/// Brings the inputs to the form that kernels keep, in place, before the first node.
pub fn enter(graph: &Graph, place: &dyn Fn(ValueId) -> u32, artifact: &mut Artifact) {
    flip(graph, &graph.inputs, place, artifact);
}

/// What the states hold before the first run: zeros, or what stands for zero.
pub fn state_init(graph: &Graph, place: &dyn Fn(ValueId) -> u32, bytes: u32) -> Vec<u8> {
    let mut init = vec![0; bytes as usize];
    for state in &graph.states {
        let (ty, at) = (graph.ty(state.input), place(state.input) as usize);
        let zero = ty.quant.as_ref().map_or(0, |q| q.zero_points[0]);
        let element = &zero.to_le_bytes()[..ty.dtype.bytes().min(4)];
        let elements = init[at..at + ty.bytes()].chunks_exact_mut(element.len());
        // Of i64 zero both halves are alike.
        elements.for_each(|chunk| chunk.copy_from_slice(element));
        let own = stored(ty, &init[at..at + ty.bytes()]).into_owned();
        init[at..at + ty.bytes()].copy_from_slice(&own);
    }
    init
}

/// Brings the outputs to the form that callers know, in place, and the states to their next values, after the last node.
pub fn leave(graph: &Graph, place: &dyn Fn(ValueId) -> u32, artifact: &mut Artifact) {
    for state in graph.states.iter().filter(|s| place(s.input) != place(s.next)) {
        artifact.partial_call(&copy_bytes(graph.ty(state.input), place(state.next), place(state.input)));
    }
    flip(graph, &graph.outputs, place, artifact);
    let distinct: BTreeSet<ValueId> = graph.outputs.iter().copied().collect();
    for id in distinct {
        if let Source::Constant(tensor) = &graph.values[id.0].source
            && !tensor.data.is_empty()
        {
            let input = artifact.constant(&tensor.data);
            artifact.partial_call(&copy_bytes(&tensor.ty, input, place(id)));
        }
    }
}

/// Flips each buffer once: values that share one have one form. No trace sees these calls, which no node makes.
fn flip(graph: &Graph, ids: &[ValueId], place: &dyn Fn(ValueId) -> u32, artifact: &mut Artifact) {
    let computed = |id: &&ValueId| !matches!(graph.values[id.0].source, Source::Constant(_));
    let mut flipped = BTreeSet::new();
    for &id in ids.iter().filter(computed) {
        let (ty, output) = (graph.ty(id), place(id));
        if is_flipped(ty) && ty.elements() > 0 && flipped.insert(output) {
            artifact.partial_call(&FlipI8 { len: ty.elements() as u32, output });
        }
    }
}

fn copy_bytes(ty: &TensorType, input: u32, output: u32) -> StridedCopy {
    let len = ty.bytes() as u32;
    StridedCopy {
        element: 1,
        mapped: 0,
        dims: [1, 1, 1, 1, 1, len],
        in_strides: [1; AXES],
        out_strides: [1; AXES],
        in_first: 0,
        out_first: 0,
        in_len: len,
        out_len: len,
        input,
        output,
        table: 0,
    }
}
