//! Branch and bound over the orders in which blocks are placed.

use super::{Block, Plan, lowest};

/// Beyond this many blocks the greedy plan stands.
const BLOCKS_MAX: usize = 64;
/// Placements tried before the search gives up; a count, not a time, so that every machine finds the same plan.
const PLACEMENTS_MAX: u32 = 200_000;

/// Replaces `plan` by a smaller one if the search finds it.
///
/// Placing in some order at the lowest free offset reaches an optimal plan: sort an optimal one by offset.
pub fn improve(blocks: &[Block], plan: &mut Plan) {
    if blocks.len() > BLOCKS_MAX {
        return;
    }
    let mut search =
        Search { blocks, offsets: vec![0; blocks.len()], placed: Vec::new(), tried: 0, best: plan.clone() };
    search.descend(0, 0);
    let is_exhaustive = search.tried < PLACEMENTS_MAX;
    *plan = search.best;
    plan.is_optimal = is_exhaustive || plan.bytes == plan.lower_bound;
}

struct Search<'b> {
    blocks: &'b [Block],
    offsets: Vec<u32>,
    placed: Vec<usize>,
    tried: u32,
    best: Plan,
}

impl Search<'_> {
    /// Places the rest; offsets never fall along a branch, which keeps one order of each plan.
    fn descend(&mut self, extent: u32, floor: u32) {
        if self.placed.len() == self.blocks.len() {
            self.best.bytes = extent;
            self.best.offsets.clone_from(&self.offsets);
            return;
        }
        for index in 0..self.blocks.len() {
            if self.placed.contains(&index) {
                continue;
            }
            if self.tried >= PLACEMENTS_MAX || self.best.bytes == self.best.lower_bound {
                return;
            }
            self.tried += 1;
            let at = lowest(self.blocks, &self.offsets, &self.placed, index);
            let extent = extent.max(at + self.blocks[index].bytes);
            if at < floor || extent >= self.best.bytes {
                continue;
            }
            self.offsets[index] = at;
            self.placed.push(index);
            self.descend(extent, at);
            self.placed.pop();
        }
    }
}
