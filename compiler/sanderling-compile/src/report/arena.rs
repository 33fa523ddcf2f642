//! The arena over time, in layers.

use sanderling_ir::Graph;
use serde::Serialize;

use crate::buffers::{Buffers, SpanKind, is_view};
use crate::plan::Plan;

/// A part of the arena, and the layers during which it is in use.
#[derive(Clone, Debug, Serialize)]
pub struct Buffer {
    /// Of the value, or of the layer whose scratch it is.
    pub name: String,
    pub kind: SpanKind,
    pub offset: u32,
    pub bytes: u32,
    /// Indices in [`crate::Report::layers`]: the first and the last.
    pub first_layer: usize,
    pub last_layer: usize,
}

/// Everything in the arena, in the order of its first use. Views are nodes that take no time.
pub fn buffers(graph: &Graph, buffers: &Buffers, plan: &Plan) -> Vec<Buffer> {
    // How many layers are before each node; the end is behind the last.
    let mut before = vec![0];
    before.extend(graph.nodes.iter().scan(0, |count, node| {
        *count += usize::from(!is_view(graph, node));
        Some(*count)
    }));
    let last_layer = before[graph.nodes.len()].saturating_sub(1);
    let buffer = |span: crate::buffers::Span| Buffer {
        name: span.name,
        kind: span.kind,
        offset: span.offset,
        bytes: span.bytes,
        first_layer: before[span.first].min(last_layer),
        last_layer: before[(span.last + 1).min(graph.nodes.len())].saturating_sub(1),
    };
    buffers.spans(plan, graph).into_iter().map(buffer).collect()
}
