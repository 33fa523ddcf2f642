//! What counts of a value: the rest may be clipped, because what reads it makes the same of it.

use sanderling_ir::{Graph, Op, ValueId};

use crate::passes::tools::uses;

/// How far below the largest of a row the results of a softmax round to zero: `ln 512`, half a step of 1/256.
const DEPTH: f32 = 6.24;

/// The values of which not everything counts: those that a softmax alone reads.
pub struct Effective {
    /// By value: the depth below the largest that counts, and the length of a row.
    softmax: Vec<Option<(f32, usize)>>,
}

impl Effective {
    pub fn new(graph: &Graph) -> Effective {
        let uses = uses(graph);
        let mut softmax = vec![None; graph.values.len()];
        for node in &graph.nodes {
            let x = node.inputs[0];
            if let Op::Softmax { beta } = node.op
                && beta > 0.0
                && uses[x.0] == 1
            {
                softmax[x.0] = Some((DEPTH / beta, graph.ty(x).shape.last().copied().unwrap_or(1).max(1)));
            }
        }
        Effective { softmax }
    }

    /// The elements of a value with what counts for nothing raised to where it begins to count.
    pub fn of(&self, id: ValueId, mut values: Vec<f32>) -> Vec<f32> {
        if let Some((depth, row)) = self.softmax[id.0] {
            for row in values.chunks_mut(row) {
                let least = row.iter().copied().fold(f32::NEG_INFINITY, f32::max) - depth;
                row.iter_mut().for_each(|v| *v = v.max(least));
            }
        }
        values
    }
}
