//! Drops what does nothing: reshapes and transposes to the same, casts and quantizations to what is there already.

use sanderling_ir::{Graph, Node, Op, ValueId};

use super::rewrite::rewrite;
use crate::CompileError;

pub fn run(graph: &Graph) -> Result<Graph, CompileError> {
    rewrite(graph, |new, node, inputs| Ok(is_identity(graph, new, node, inputs).then(|| vec![inputs[0]])))
}

fn is_identity(graph: &Graph, new: &Graph, node: &Node, inputs: &[ValueId]) -> bool {
    let candidate = match &node.op {
        Op::Reshape { .. } | Op::Cast { .. } | Op::Quantize { .. } | Op::Broadcast { .. } | Op::Slice { .. } => true,
        Op::Pad { before, after, .. } => before.iter().chain(after).all(|&n| n == 0),
        Op::Transpose { perm } => perm.iter().copied().eq(0..perm.len()),
        Op::Concat { .. } => inputs.len() == 1,
        _ => false,
    };
    // An output keeps its own name, so that the value behind it stays.
    candidate && new.ty(inputs[0]) == graph.ty(node.outputs[0]) && !graph.outputs.contains(&node.outputs[0])
}
