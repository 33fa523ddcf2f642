//! Global average pools as means.

use sanderling_ir::{Activation, Graph, Node, Op, ReduceKind};

use crate::CompileError;
use crate::passes::rewrite::rewrite;
use crate::passes::tools::push;

/// Makes a mean of each average pool over the whole image. A pool has the quantization of its input, whose steps are far
/// too coarse for the means of many values; a mean has one of its own.
pub fn run(graph: &Graph) -> Result<Graph, CompileError> {
    rewrite(graph, |new, node, inputs| {
        if !is_global(graph, node) {
            return Ok(None);
        }
        let name = &graph.values[node.outputs[0].0].name;
        let op = Op::Reduce { kind: ReduceKind::Mean, axes: vec![1, 2], keep_dims: true };
        Ok(Some(vec![push(new, name, op, inputs, None)?]))
    })
}

fn is_global(graph: &Graph, node: &Node) -> bool {
    let Op::AvgPool2d { kernel, padding, activation, .. } = &node.op else { return false };
    let (x, y) = (&graph.ty(node.inputs[0]).shape, &graph.ty(node.outputs[0]).shape);
    *activation == Activation::None && *padding == Default::default() && kernel[..] == x[1..3] && y[1..3] == [1, 1]
}
