//! Between the bytes that callers know and those that kernels keep.

use std::collections::BTreeSet;

use sanderling_format::Artifact;
use sanderling_format::calls::{AXES, FlipI8, StridedCopy};
use sanderling_ir::{Graph, Source, TensorType, ValueId};

use super::is_flipped;

/// Brings the inputs to the form that kernels keep, in place, before the first node.
pub fn enter(graph: &Graph, place: &dyn Fn(ValueId) -> u32, artifact: &mut Artifact) {
    flip(graph, &graph.inputs, place, artifact);
}

/// Brings the outputs to the form that callers know, in place, after the last node.
pub fn leave(graph: &Graph, place: &dyn Fn(ValueId) -> u32, artifact: &mut Artifact) {
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
