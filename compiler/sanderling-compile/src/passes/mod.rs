//! The passes: each takes a verified graph and gives a verified graph that computes the same.

mod canonicalize;
mod fold;
mod fuse_activation;
mod rewrite;

use sanderling_ir::{Graph, verify};

use crate::CompileError;
use crate::report::PassChange;

/// A rewriting of the graph.
pub struct Pass {
    pub name: &'static str,
    pub run: fn(&Graph) -> Result<Graph, CompileError>,
}

/// Every pass, in the order in which they run.
pub const PASSES: &[Pass] = &[
    Pass { name: "fold", run: fold::run },
    Pass { name: "canonicalize", run: canonicalize::run },
    Pass { name: "fuse activation", run: fuse_activation::run },
];

/// Runs all passes, verifies after each, and tells for each by how many nodes the graph shrank or grew.
pub fn run(graph: &Graph) -> Result<(Graph, Vec<PassChange>), CompileError> {
    let mut graph = graph.clone();
    let mut changes = Vec::new();
    for pass in PASSES {
        let before = graph.nodes.len() as i64;
        graph = (pass.run)(&graph)?;
        verify(&graph).map_err(|source| CompileError::Verify { pass: pass.name, source })?;
        changes.push(PassChange { name: pass.name, nodes: graph.nodes.len() as i64 - before });
    }
    Ok((graph, changes))
}
