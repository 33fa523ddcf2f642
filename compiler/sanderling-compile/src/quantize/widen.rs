//! Layers of real inputs with 8-bit weights, as dynamic-range models have them, as layers of real numbers throughout.

use std::collections::BTreeSet;
use std::sync::Arc;

use sanderling_ir::{DType, Graph, Op, Source, TensorType, ValueId};
use sanderling_oracle::evaluate;

use crate::CompileError;

/// The graph with real numbers in the place of 8-bit weights that real inputs meet. Values keep their ids.
pub fn widened(graph: &Graph) -> Result<Graph, CompileError> {
    let is_layer = |op: &Op| matches!(op, Op::Conv2d { .. } | Op::FullyConnected { .. });
    let (mut weights, mut others) = (BTreeSet::<ValueId>::new(), BTreeSet::<ValueId>::new());
    for node in &graph.nodes {
        for (i, &id) in node.inputs.iter().enumerate() {
            let is_hybrid = i == 1 && is_layer(&node.op) && graph.ty(node.inputs[0]).dtype == DType::F32;
            if is_hybrid && graph.ty(id).quant.is_some() {
                weights.insert(id)
            } else {
                others.insert(id)
            };
        }
    }
    let mut new = graph.clone();
    for &id in weights.difference(&others) {
        let Some(tensor) = graph.tensor(id) else { continue };
        let ty = TensorType::new(DType::F32, &tensor.ty.shape);
        let real = evaluate(&Op::Dequantize, &[tensor], std::slice::from_ref(&ty))?.remove(0);
        new.values[id.0].ty = ty;
        new.values[id.0].source = Source::Constant(Arc::new(real));
    }
    Ok(new)
}
