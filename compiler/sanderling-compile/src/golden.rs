//! What a device must compute for generated inputs, by the oracle.

use sanderling_format::{Digest, Golden, golden_input};
use sanderling_ir::{DType, Graph, Source, Tensor, ValueId};
use sanderling_oracle::{Oracle, OracleError};

use crate::CompileError;
use crate::buffers::is_view;
use crate::lower::{element, stored};

/// For inputs made from `seed`: digests of the outputs and of every kernel call's output, in order; or, for a model that
/// computes in real numbers, where the last bits differ between machines, the outputs themselves.
pub fn golden(graph: &Graph, seed: u32) -> Result<(Golden, Vec<u8>), CompileError> {
    let inputs = inputs(graph, seed)?;
    let mut trace = Digest::default();
    let outputs = expected_calls(graph, &mut Oracle::new(graph), &inputs, &mut |_, bytes| trace.update(bytes))?;
    if graph.values.iter().any(|v| v.ty.dtype == DType::F32) {
        let expected = outputs.into_iter().flat_map(|tensor| tensor.data).collect();
        return Ok((Golden { seed, ..Golden::default() }, expected));
    }
    let mut digest = Digest::default();
    outputs.iter().for_each(|tensor| digest.update(&tensor.data));
    Ok((Golden { seed, outputs: digest.0, trace: trace.0 }, Vec::new()))
}

/// The inputs made from `seed`.
pub fn inputs(graph: &Graph, seed: u32) -> Result<Vec<Tensor>, CompileError> {
    let mut generator = seed;
    let mut inputs = Vec::new();
    for &id in &graph.inputs {
        let ty = graph.ty(id).clone();
        let mut data = vec![0; ty.bytes()];
        generator = golden_input(generator, element(&graph.values[id.0].name, &ty)?, &mut data);
        inputs.push(Tensor { ty, data });
    }
    Ok(inputs)
}

/// Runs the oracle on inputs and shows, for each kernel call that is not partial and in their order, the name of the value
/// that it writes and its bytes as kernels keep them. `graph` is one that was lowered; returns its outputs.
pub fn expected_calls(
    graph: &Graph,
    oracle: &mut Oracle<'_>,
    inputs: &[Tensor],
    show: &mut dyn FnMut(&str, &[u8]),
) -> Result<Vec<Tensor>, OracleError> {
    let mut observe = |id: ValueId, tensor: &Tensor| {
        let value = &graph.values[id.0];
        if let Source::Node(node) = value.source
            && !is_view(graph, &graph.nodes[node])
        {
            show(&value.name, &stored(&value.ty, &tensor.data));
        }
    };
    oracle.run_observed(inputs, &mut observe)
}
