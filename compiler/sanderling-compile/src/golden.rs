//! What a device must compute for generated inputs, by the oracle.

use sanderling_format::{Digest, Golden, golden_input};
use sanderling_ir::{DType, Graph, Source, Tensor, ValueId};
use sanderling_oracle::Oracle;

use crate::CompileError;
use crate::buffers::is_view;
use crate::lower::{element, stored};

/// For inputs made from `seed`: digests of the outputs and of every kernel call's output, in order; or, for a model that
/// computes in real numbers, where the last bits differ between machines, the outputs themselves.
pub fn golden(graph: &Graph, seed: u32) -> Result<(Golden, Vec<u8>), CompileError> {
    let mut generator = seed;
    let mut inputs = Vec::new();
    for &id in &graph.inputs {
        let ty = graph.ty(id).clone();
        let mut data = vec![0; ty.bytes()];
        generator = golden_input(generator, element(&graph.values[id.0].name, &ty)?, &mut data);
        inputs.push(Tensor { ty, data });
    }
    let mut trace = Digest::default();
    let mut observe = |id: ValueId, tensor: &Tensor| {
        if let Source::Node(node) = graph.values[id.0].source
            && !is_view(graph, &graph.nodes[node])
        {
            trace.update(&stored(graph.ty(id), &tensor.data));
        }
    };
    let outputs = Oracle::new(graph).run_observed(&inputs, &mut observe)?;
    if graph.values.iter().any(|v| v.ty.dtype == DType::F32) {
        let expected = outputs.into_iter().flat_map(|tensor| tensor.data).collect();
        return Ok((Golden { seed, ..Golden::default() }, expected));
    }
    let mut digest = Digest::default();
    outputs.iter().for_each(|tensor| digest.update(&tensor.data));
    Ok((Golden { seed, outputs: digest.0, trace: trace.0 }, Vec::new()))
}
