//! Tree ensembles.

use sanderling_format::calls::TreeEnsemble;

use super::source::{Shader, Source};

pub fn ensemble(call: &TreeEnsemble) -> Option<Vec<Shader>> {
    Source::new(&[])
        .u("FEATURES", call.features)
        .u("TREES", call.trees)
        .u("OUTPUTS", call.outputs)
        .u("WIDTH", call.width)
        .u("NODE_WORDS", call.node_bytes / 4)
        .u("NODES_LEN", call.nodes_len)
        .u("LEAVES_LEN", call.leaves_len)
        .u("SETS_LEN", call.sets_len)
        .tensor("input", call.input)
        .tensor("roots", call.roots)
        .tensor("nodes", call.nodes)
        .tensor("leaves", call.leaves)
        .tensor("sets", call.sets)
        .tensor("base", call.base)
        .u("OUTPUT", call.output / 4)
        .threads(call.rows, include_str!("trees.wgsl"))
}
