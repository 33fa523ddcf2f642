//! In: any graph. Out: nodes whose inputs are all constants have become constants.
//!
//! A result much larger than its inputs stays a node, and so does the `f32` form of a large `f16` or `bf16` constant,
//! which would double the artifact, except where a layer packs it as its weights: lowering finds the smaller form again.

use std::sync::Arc;

use sanderling_ir::{DType, Graph, Node, Op, Source, Tensor, TensorType, Value, ValueId};
use sanderling_oracle::evaluate;

use super::rewrite::rewrite;
use crate::CompileError;

/// A result may be this much larger than its inputs, or else up to [`SMALL`] bytes.
const GROWTH: usize = 4;
const SMALL: usize = 64 << 10;
/// Up to this many bytes weights are worked out whatever they were: beyond, a broadcast of one number in a small file
/// could ask for all memory.
const WEIGHTS: usize = 64 << 20;
/// Constants of half precision up to this many bytes are widened.
const SMALL_HALF: usize = 256;

pub fn run(graph: &Graph) -> Result<Graph, CompileError> {
    let packed = packed_weights(graph);
    rewrite(graph, |new, node, inputs| {
        let Some(tensors) = inputs.iter().map(|&id| new.tensor(id)).collect::<Option<Vec<&Tensor>>>() else {
            return Ok(None);
        };
        let types: Vec<TensorType> = node.outputs.iter().map(|&id| graph.ty(id).clone()).collect();
        // An output is written as the model runs.
        let is_output = node.outputs.iter().any(|id| graph.outputs.contains(id));
        if tensors.is_empty() || is_output || !is_worth_it(node, &tensors, &types, packed[node.outputs[0].0]) {
            return Ok(None);
        }
        let Ok(results) = evaluate(&node.op, &tensors, &types) else { return Ok(None) };
        let name = |id: ValueId| graph.values[id.0].name.clone();
        let mut add = |(&id, tensor): (&ValueId, Tensor)| {
            new.values.push(Value {
                name: name(id),
                ty: tensor.ty.clone(),
                source: Source::Constant(Arc::new(tensor)),
            });
            ValueId(new.values.len() - 1)
        };
        Ok(Some(node.outputs.iter().zip(results).map(&mut add).collect()))
    })
}

fn is_worth_it(node: &Node, inputs: &[&Tensor], outputs: &[TensorType], packed: bool) -> bool {
    let read: usize = inputs.iter().map(|t| t.ty.bytes()).sum();
    let written: usize = outputs.iter().map(TensorType::bytes).sum();
    let half = matches!(inputs[0].ty.dtype, DType::F16 | DType::BF16);
    let widens = matches!(node.op, Op::Cast { dtype: DType::F32 }) && half;
    match widens {
        true => packed || read <= SMALL_HALF,
        false => (packed && written <= WEIGHTS) || written <= SMALL || written <= GROWTH * read,
    }
}

/// Whether some layer packs each value as its weights.
fn packed_weights(graph: &Graph) -> Vec<bool> {
    let mut packed = vec![false; graph.values.len()];
    for node in graph.nodes.iter().rev() {
        match node.op {
            Op::Conv2d { .. } | Op::ConvTranspose2d { .. } | Op::FullyConnected { .. } => {
                packed[node.inputs[1].0] = true;
                packed[node.inputs[2].0] = true;
            }
            Op::MatMul => packed[node.inputs[1].0] = true,
            // What leads to packed weights is not kept either.
            Op::Reshape { .. } | Op::Transpose { .. } | Op::Cast { .. } | Op::Dequantize
                if packed[node.outputs[0].0] =>
            {
                packed[node.inputs[0].0] = true;
            }
            _ => {}
        }
    }
    packed
}
