//! What a device must compute for generated inputs, by the oracle.

use sanderling_format::{Digest, Golden, lcg_bytes};
use sanderling_ir::{DType, Graph, Source, Tensor, ValueId};
use sanderling_oracle::Oracle;

use crate::CompileError;
use crate::buffers::is_view;
use crate::lower::stored;

/// Digests of the outputs, and of the output of every kernel call in order, for inputs made from `seed`.
pub fn golden(graph: &Graph, seed: u32) -> Result<Golden, CompileError> {
    if graph.values.iter().any(|v| v.ty.dtype == DType::F32) {
        return Ok(Golden { seed, ..Golden::default() });
    }
    let mut generator = seed;
    let inputs: Vec<Tensor> = graph
        .inputs
        .iter()
        .map(|&id| {
            let mut data = vec![0; graph.ty(id).bytes()];
            generator = lcg_bytes(generator, &mut data);
            Tensor { ty: graph.ty(id).clone(), data }
        })
        .collect();
    let mut trace = Digest::default();
    let mut observe = |id: ValueId, tensor: &Tensor| {
        if let Source::Node(node) = graph.values[id.0].source
            && !is_view(graph, &graph.nodes[node])
        {
            trace.update(&stored(graph.ty(id), &tensor.data));
        }
    };
    let outputs = Oracle::new(graph).run_observed(&inputs, &mut observe)?;
    let mut digest = Digest::default();
    outputs.iter().for_each(|tensor| digest.update(&tensor.data));
    Ok(Golden { seed, outputs: digest.0, trace: trace.0 })
}
