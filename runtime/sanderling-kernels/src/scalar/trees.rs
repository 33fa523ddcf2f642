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
    let (forest, input, output) = Trees::<N>::of(call, operands);
    let rows = input.pieces(call.features as usize * 4).zip(output.pieces_mut(call.outputs as usize * 4));
    for (row, out) in rows {
        copy(out, forest.base);
        let ((row, _), (out, _)) = (row.as_chunks::<4>(), out.as_chunks_mut::<4>());
        for root in forest.roots {
            let (first, target) = split(root);
            forest.add(walk(forest.nodes, first, row, forest.sets), target, out);
        }
    }
}

/// What a call reads beside its rows, in nodes of `N` bytes.
pub(crate) struct Trees<'a, const N: usize> {
    pub roots: &'a [[u8; 8]],
    pub nodes: &'a [[u8; N]],
    pub sets: &'a [[u8; 4]],
    /// The bytes that a row of the output starts with.
    pub base: &'a [u8],
    leaves: &'a [[u8; 4]],
    width: usize,
}

impl<'a, const N: usize> Trees<'a, N> {
    /// The trees, the input and the output of a call.
    pub fn of(call: &TreeEnsemble, operands: Operands<'a>) -> (Trees<'a, N>, &'a [u8], &'a mut [u8]) {
        let Operands { reads: [input, roots, nodes, leaves, sets, base], output, .. } = operands;
        let (roots, nodes, leaves) = (roots.as_chunks().0, nodes.as_chunks().0, leaves.as_chunks().0);
        let sets = sets.as_chunks().0;
        (Trees { roots, nodes, sets, base, leaves, width: call.width as usize }, input, output)
    }

    /// Adds a leaf to the outputs from `target` on.
    #[inline(always)]
    pub fn add(&self, leaf: u32, target: usize, out: &mut [[u8; 4]]) {
        let own = leaf.to_le_bytes();
        let values = match self.width {
            1 => Some(core::slice::from_ref(&own)),
            width => self.leaves.get(leaf as usize..).and_then(|values| values.get(..width)),
        };
        let sums = out.get_mut(target..).into_iter().flatten();
        for (sum, value) in sums.zip(values.into_iter().flatten()) {
            *sum = (f32::from_le_bytes(*sum) + f32::from_le_bytes(*value)).to_le_bytes();
        }
    }
}

/// The first node of a tree, and the first output that its leaves add to.
#[inline(always)]
pub(crate) fn split(root: &[u8; 8]) -> (usize, usize) {
    let [a, b, c, d, e, f, g, h] = *root;
    (u32::from_le_bytes([a, b, c, d]) as usize, u32::from_le_bytes([e, f, g, h]) as usize)
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
        let yes = answer(&node, x, sets);
        // Forward either way.
        at = at.saturating_add(if yes { 1 } else { node.skip as usize });
    }
    0
}

/// Whether a node sends `x` to the next one.
#[inline(always)]
pub(crate) fn answer(node: &ForestNode, x: f32, sets: &[[u8; 4]]) -> bool {
    if x.is_nan() || node.zero_is_missing && x.abs() <= NEAR_ZERO {
        return node.missing;
    }
    match node.test {
        ForestTest::AtMost => x <= f32::from_bits(node.value),
        ForestTest::Equal => x == f32::from_bits(node.value),
        ForestTest::In => contains(sets, node.value as usize, x as i32),
    }
}

/// Values that are no further from zero may count as missing.
pub(crate) const NEAR_ZERO: f32 = 1e-35;

/// The words of the set that begins at one with their count; of a set that is not there, none.
#[inline(always)]
pub(crate) fn set(sets: &[[u8; 4]], begin: usize) -> &[[u8; 4]] {
    let count = sets.get(begin).map_or(0, |&word| u32::from_le_bytes(word) as usize);
    let words = sets.get(begin.saturating_add(1)..).unwrap_or_default();
    words.get(..count).unwrap_or(words)
}

/// Whether the set that begins at a word has a bit.
fn contains(sets: &[[u8; 4]], begin: usize, bit: i32) -> bool {
    let word = usize::try_from(bit).ok().and_then(|bit| set(sets, begin).get(bit / 32));
    word.is_some_and(|&word| u32::from_le_bytes(word) >> (bit % 32) & 1 == 1)
}
