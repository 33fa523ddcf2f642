//! The passes: each takes a verified graph and gives a verified graph that computes the same.

mod canonicalize;
mod dense;
mod fold_affine;
mod fold_constants;
mod fuse_activations;
mod fuse_pads;
mod import_quantized;
mod layout;
pub(crate) mod rewrite;
#[cfg(test)]
pub(crate) mod tests;
pub(crate) mod tools;
mod widen_halves;

use sanderling_ir::{Graph, verify};

use crate::CompileError;
use crate::report::PassChange;

/// A rewriting of the graph.
pub struct Pass {
    pub name: &'static str,
    pub run: fn(&Graph) -> Result<Graph, CompileError>,
}

/// Every pass, in the order in which they run.
///
/// Layers take their bias, activation and padding before quantized patterns are recognised, which reads layers as a
/// whole; constants fold after that, because folding would turn quantized weights into real ones.
pub const PASSES: &[Pass] = &[
    Pass { name: "widen_halves", run: widen_halves::run },
    Pass { name: "canonicalize", run: canonicalize::run },
    Pass { name: "layout", run: layout::run },
    Pass { name: "dense", run: dense::run },
    Pass { name: "fuse_pads", run: fuse_pads::run },
    Pass { name: "fuse_activations", run: fuse_activations::run },
    Pass { name: "import_quantized", run: import_quantized::run },
    Pass { name: "fold_constants", run: fold_constants::run },
    Pass { name: "fold_affine", run: fold_affine::run },
    Pass { name: "fuse_activations", run: fuse_activations::run },
    Pass { name: "canonicalize", run: canonicalize::run },
];

/// Runs all passes, verifies after each, and tells what each has changed.
pub fn run(graph: &Graph) -> Result<(Graph, Vec<PassChange>), CompileError> {
    let mut graph = graph.clone();
    let mut changes = Vec::new();
    for pass in PASSES {
        let after = (pass.run)(&graph)?;
        verify(&after).map_err(|source| CompileError::Verify { pass: pass.name, source })?;
        changes.push(PassChange::between(pass.name, &graph, &after));
        graph = after;
    }
    Ok((graph, changes))
}
