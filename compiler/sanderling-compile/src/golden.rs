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
    if is_real(graph) {
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

/// As many bytes as the outputs that [`golden`] keeps.
pub fn room(graph: &Graph) -> Vec<u8> {
    let bytes = graph.outputs.iter().map(|&id| graph.ty(id).bytes()).sum();
    if is_real(graph) { vec![0; bytes] } else { Vec::new() }
}

fn is_real(graph: &Graph) -> bool {
    graph.values.iter().any(|v| v.ty.dtype == DType::F32)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passes::tests::graph;

    #[test]
    fn the_room_is_what_the_outputs_take() {
        let body = "%y = unary neg(%x) : f32[1x3]\n%z = unary abs(%x) : f32[1x3]\nreturn %y, %z";
        let real = graph("%x: f32[1x3]", body);
        assert_eq!(room(&real).len(), golden(&real, 1).unwrap().1.len());
        assert_eq!(room(&real).len(), 24);
        let integer = graph("%x: i32[1x3]", "%y = unary neg(%x) : i32[1x3]\nreturn %y");
        assert!(room(&integer).is_empty() && golden(&integer, 1).unwrap().1.is_empty());
    }
}
