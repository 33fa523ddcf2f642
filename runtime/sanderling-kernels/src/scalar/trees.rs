//! Tree ensembles.

use sanderling_format::calls::{ForestNode, ForestTest, TreeEnsemble};

use crate::kernel::{Operands, Runs};
use crate::pieces::{Pieces, copy};
use crate::scalar::Scalar;

impl Runs<TreeEnsemble> for Scalar {
    fn run(call: &TreeEnsemble, operands: Operands<'_>) {
        if call.node_bytes == 8 { run::<8>(call, operands) } else { run::<12>(call, operands) }
    }
}

fn run<const N: usize>(call: &TreeEnsemble, operands: Operands<'_>) {
    let Operands { reads: [input, roots, nodes, leaves, sets, base], output, .. } = operands;
    let ((nodes, _), (leaves, _), (sets, _)) = (nodes.as_chunks::<N>(), leaves.as_chunks::<4>(), sets.as_chunks::<4>());
    let rows = input.pieces(call.features as usize * 4).zip(output.pieces_mut(call.outputs as usize * 4));
    for (row, out) in rows {
        copy(out, base);
        let ((row, _), (out, _)) = (row.as_chunks::<4>(), out.as_chunks_mut::<4>());
        for root in roots.as_chunks::<8>().0 {
            let [a, b, c, d, e, f, g, h] = *root;
            let (first, target) =
                (u32::from_le_bytes([a, b, c, d]) as usize, u32::from_le_bytes([e, f, g, h]) as usize);
            let leaf = walk(nodes, first, row, sets);
            let own = leaf.to_le_bytes();
            let values = match call.width {
                1 => Some(core::slice::from_ref(&own)),
                width => leaves.get(leaf as usize..).and_then(|values| values.get(..width as usize)),
            };
            let sums = out.get_mut(target..).into_iter().flatten();
            for (sum, value) in sums.zip(values.into_iter().flatten()) {
                *sum = (f32::from_le_bytes(*sum) + f32::from_le_bytes(*value)).to_le_bytes();
            }
        }
    }
}

/// The value of the leaf where a row ends.
#[inline(always)]
fn walk<const N: usize>(nodes: &[[u8; N]], first: usize, row: &[[u8; 4]], sets: &[[u8; 4]]) -> u32 {
    let mut at = first;
    while let Some(bytes) = nodes.get(at) {
        let node = ForestNode::decode(bytes);
        if node.skip == 0 {
            return node.value;
        }
        let x = row.get(node.feature as usize).map_or(f32::NAN, |&x| f32::from_le_bytes(x));
        let yes = if x.is_nan() || node.zero_is_missing && x.abs() <= 1e-35 {
            node.missing
        } else {
            match node.test {
                ForestTest::AtMost => x <= f32::from_bits(node.value),
                ForestTest::Equal => x == f32::from_bits(node.value),
                ForestTest::In => contains(sets, node.value as usize, x as i32),
            }
        };
        // Forward either way.
        at = at.saturating_add(if yes { 1 } else { node.skip as usize });
    }
    0
}

/// Whether the set that begins at a word has a bit.
fn contains(sets: &[[u8; 4]], begin: usize, bit: i32) -> bool {
    let word = |at: usize| sets.get(at).map_or(0, |&word| u32::from_le_bytes(word));
    let (Ok(bit), count) = (usize::try_from(bit), word(begin)) else { return false };
    bit / 32 < count as usize && word(begin.saturating_add(1 + bit / 32)) >> (bit % 32) & 1 == 1
}
