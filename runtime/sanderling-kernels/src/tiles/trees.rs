//! Walks through several trees at once. A single walk waits at every node for memory, and for a branch that no CPU can guess;
//! walks that take turns wait together, and their steps do not branch. In plain Rust: compilers make conditional moves of it.

use sanderling_format::calls::{ForestNode, ForestTest, TreeEnsemble};

use crate::kernel::Operands;
use crate::pieces::{Pieces, copy};
use crate::scalar::trees::{Trees, answer, split};

/// Trees that are walked together.
const WALKS: usize = 8;
/// Rows that a group of trees sees before the next one: both stay in the CPU's first cache.
const ROWS: usize = 64;

/// What the scalar kernel does, each row adding its trees in the same order.
pub fn run(call: &TreeEnsemble, operands: Operands<'_>) {
    if call.node_bytes == 8 { of_size::<8>(call, operands) } else { of_size::<12>(call, operands) }
}

fn of_size<const N: usize>(call: &TreeEnsemble, operands: Operands<'_>) {
    let (trees, input, output) = Trees::<N>::of(call, operands);
    let (row_bytes, out_bytes) = ((call.features as usize * 4).max(1), (call.outputs as usize * 4).max(1));
    let blocks = input.chunks(row_bytes.saturating_mul(ROWS)).zip(output.chunks_mut(out_bytes.saturating_mul(ROWS)));
    for (rows, out) in blocks {
        out.pieces_mut(out_bytes).for_each(|out| copy(out, trees.base));
        for group in trees.roots.chunks(WALKS) {
            for (row, out) in rows.pieces(row_bytes).zip(out.pieces_mut(out_bytes)) {
                let leaves = walk(&trees, group, row.as_chunks::<4>().0);
                let out = out.as_chunks_mut::<4>().0;
                for (root, leaf) in group.iter().zip(leaves) {
                    trees.add(leaf, split(root).1, out);
                }
            }
        }
    }
}

/// The values of the leaves where a row ends, of each tree of a group.
#[inline(always)]
fn walk<const N: usize>(trees: &Trees<'_, N>, group: &[[u8; 8]], row: &[[u8; 4]]) -> [u32; WALKS] {
    // Where there is no tree, there is no node.
    let mut at = [usize::MAX; WALKS];
    for (at, root) in at.iter_mut().zip(group) {
        *at = split(root).0;
    }
    let mut values = [0; WALKS];
    loop {
        let mut moved = 0;
        for (at, value) in at.iter_mut().zip(&mut values) {
            let Some(bytes) = trees.nodes.get(*at) else {
                *value = 0;
                continue;
            };
            let node = ForestNode::decode(bytes);
            let x = row.get(node.feature as usize).map_or(f32::NAN, |&x| f32::from_le_bytes(x));
            let is_plain = node.test == ForestTest::AtMost && !node.zero_is_missing;
            let yes = if is_plain {
                x <= f32::from_bits(node.value) || (x.is_nan() & node.missing)
            } else {
                answer(&node, x, trees.sets)
            };
            // A leaf skips nothing, and so stays where it is.
            let step = if yes { node.skip.min(1) } else { node.skip };
            *at = at.saturating_add(step as usize);
            *value = node.value;
            moved |= step;
        }
        if moved == 0 {
            return values;
        }
    }
}
