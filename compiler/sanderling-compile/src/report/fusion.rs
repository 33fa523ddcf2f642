//! What became of the nodes of the model: found by comparing the graph before and after each pass.

use std::collections::{BTreeMap, BTreeSet};

use sanderling_ir::{Graph, Node, Source};
use serde::Serialize;

/// What a pass did.
#[derive(Clone, Debug, Serialize)]
pub struct PassChange {
    pub name: &'static str,
    /// Nodes after, less nodes before.
    pub nodes: i64,
    /// The nodes that are gone.
    pub fused: Vec<Fused>,
}

/// A node that is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fused {
    /// Of its first output.
    pub name: String,
    pub op: &'static str,
    /// The node that computes what it did; none where nothing needed it, or where it became a constant.
    pub into: Option<String>,
}

impl PassChange {
    /// The difference of two graphs. Nodes are told apart by the names of their outputs, which passes keep.
    pub(crate) fn between(name: &'static str, before: &Graph, after: &Graph) -> PassChange {
        let left: BTreeSet<&str> = after.nodes.iter().map(|node| output(after, node)).collect();
        let gone = before.nodes.iter().enumerate().filter(|(_, node)| !left.contains(output(before, node)));
        let fused = gone.map(|(index, node)| Fused {
            name: output(before, node).to_string(),
            op: node.op.name(),
            into: heir(before, index, &left).map(str::to_string),
        });
        PassChange { name, nodes: after.nodes.len() as i64 - before.nodes.len() as i64, fused: fused.collect() }
    }
}

/// For each node that is left, by name, the nodes of `source` that became part of it, as `name (op)`.
pub(crate) fn absorbed(source: &Graph, changes: &[PassChange]) -> BTreeMap<String, Vec<String>> {
    let known: BTreeSet<&str> = source.nodes.iter().map(|node| output(source, node)).collect();
    let mut absorbed: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for fused in changes.iter().flat_map(|change| &change.fused) {
        let mut all = absorbed.remove(&fused.name).unwrap_or_default();
        if known.contains(fused.name.as_str()) {
            all.push(format!("{} ({})", fused.name, fused.op));
        }
        if let Some(into) = &fused.into {
            absorbed.entry(into.clone()).or_default().append(&mut all);
        }
    }
    absorbed
}

fn output<'g>(graph: &'g Graph, node: &Node) -> &'g str {
    node.outputs.first().map_or("", |id| &graph.values[id.0].name)
}

/// The nearest node behind a node that is left; where there is none, the nearest before it.
fn heir<'g>(graph: &'g Graph, index: usize, left: &BTreeSet<&str>) -> Option<&'g str> {
    let mut reached: BTreeSet<usize> = graph.nodes[index].outputs.iter().map(|id| id.0).collect();
    for node in &graph.nodes[index + 1..] {
        if node.inputs.iter().any(|id| reached.contains(&id.0)) {
            if left.contains(output(graph, node)) {
                return Some(output(graph, node));
            }
            reached.extend(node.outputs.iter().map(|id| id.0));
        }
    }
    let mut wanted: Vec<usize> = graph.nodes[index].inputs.iter().map(|id| id.0).collect();
    while let Some(value) = wanted.pop() {
        if let Source::Node(producer) = graph.values[value].source {
            let node = &graph.nodes[producer];
            if left.contains(output(graph, node)) {
                return Some(output(graph, node));
            }
            wanted.extend(node.inputs.iter().map(|id| id.0));
        }
    }
    None
}
