//! Branches whose condition is known.

use crate::onnx::call::{Call, Many};
use crate::onnx::{Importer, known_truth};

/// The branch that the condition chooses, in place.
pub(crate) fn branch<'a>(importer: &mut Importer<'a>, call: &Call<'a>) -> Many {
    let condition = known_truth(&importer.builder, call, call.input(0)?, "the condition")?;
    let graph = call.graph(if condition { "then_branch" } else { "else_branch" })?;
    importer.branch(call, graph)
}
