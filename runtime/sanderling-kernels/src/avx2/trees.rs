//! Tree ensembles, thirty-two walks at once: of single rows, and of many rows through the trees that are too large for blocks.
//!
//! A single walk waits at every node for memory, and for a branch that no CPU can guess. Here every lane is a walk: of one
//! row through different trees, or of different rows through one tree. Nodes and features are gathered, and steps do not
//! branch. A lane that has arrived, or that has left the nodes, stays where it is.

use core::arch::x86_64::*;

use sanderling_format::calls::{ForestNode, TreeEnsemble};

use super::Avx2;
use super::tree_blocks::{self, Block, STEP};
use crate::kernel::{Operands, Runs};
use crate::pieces::{Pieces, copy};
use crate::scalar::Scalar;
use crate::scalar::trees::{Trees, answer, split};
use crate::tiles::fits;

/// Lanes of a vector.
const LANES: usize = 8;
/// Vectors that take turns, so that one works while others wait.
const TURNS: usize = 4;
const WALKS: usize = LANES * TURNS;
/// Further than any step leads, and small enough for a sum of two in a lane.
const FAR: i32 = 1 << 30;

impl Runs<TreeEnsemble> for Avx2 {
    fn run(call: &TreeEnsemble, operands: Operands<'_>) {
        // Elements of a block of rows are counted in lanes of 31 bits.
        let is_narrow = (call.features as usize).saturating_mul(WALKS) < FAR as usize;
        if !fits(call, &operands) || !is_narrow {
            return Scalar::run(call, operands);
        }
        // SAFETY: `Avx2` is reached through `detect` alone.
        unsafe { if call.node_bytes == 8 { of_size::<8>(call, operands) } else { of_size::<12>(call, operands) } }
    }
}

#[target_feature(enable = "avx2")]
fn of_size<const N: usize>(call: &TreeEnsemble, operands: Operands<'_>) {
    let (trees, input, output) = Trees::<N>::of(call, operands);
    let (features, outputs) = (call.features as usize, call.outputs as usize);
    output.pieces_mut(outputs * 4).for_each(|out| copy(out, trees.base));
    let (mut rows, mut sums) = (input.as_chunks::<4>().0, output.as_chunks_mut::<4>().0);
    let most = if call.width == 1 { tree_blocks::rows(features, outputs) } else { 0 };
    if most > 0 && rows.len() >= features * STEP {
        let mut block = Block::EMPTY;
        while rows.len() >= features * STEP {
            let count = (rows.len() / features / STEP * STEP).min(most);
            let (own, own_sums);
            (own, rows) = rows.split_at(count * features);
            (own_sums, sums) = sums.split_at_mut((count * outputs).min(sums.len()));
            block.run(&trees, (features, outputs), own, own_sums);
        }
    }
    for (row, sums) in rows.pieces(features).zip(sums.pieces_mut(outputs)) {
        for group in trees.roots.chunks(WALKS) {
            // Where there is no tree, there is no node.
            let mut first = [FAR; WALKS];
            first.iter_mut().zip(group).for_each(|(first, root)| *first = near(split(root).0));
            let leaves = walk(&trees, features, row, &[0; WALKS], &first);
            for (root, leaf) in group.iter().zip(leaves) {
                trees.add(leaf, split(root).1, sums);
            }
        }
    }
}

/// The values of the leaves where so many rows end in the tree that begins at a node; zeros where there are not so many rows.
#[target_feature(enable = "avx2")]
pub fn walk_rows<const N: usize>(
    trees: &Trees<'_, N>,
    features: usize,
    rows: &[[u8; 4]],
    first: usize,
) -> [u32; WALKS] {
    if rows.len() < features * WALKS {
        return [0; WALKS];
    }
    let row_at = core::array::from_fn(|row| (row * features) as i32);
    walk(trees, features, rows, &row_at, &[near(first); WALKS])
}

/// A place among the nodes, or beyond all of them.
fn near(node: usize) -> i32 {
    node.min(FAR as usize) as i32
}

/// The values of the leaves where walks end that begin at the nodes `first`, each through the row that begins at its `row_at`.
/// `rows` has `features` values behind every `row_at`.
#[target_feature(enable = "avx2")]
fn walk<const N: usize>(
    trees: &Trees<'_, N>,
    features: usize,
    rows: &[[u8; 4]],
    row_at: &[i32; WALKS],
    first: &[i32; WALKS],
) -> [u32; WALKS] {
    let (row_at, mut at) = (load(row_at), load(first));
    let mut values = [_mm256_setzero_si256(); TURNS];
    let count = _mm256_set1_epi32(trees.nodes.len() as i32);
    let features = _mm256_set1_epi32(features as i32);
    let (one, far) = (_mm256_set1_epi32(1), _mm256_set1_epi32(FAR));
    loop {
        let mut moved = _mm256_setzero_si256();
        for turn in 0..TURNS {
            let inside = _mm256_cmpgt_epi32(count, at[turn]);
            // SAFETY: places are not negative, so that a lane inside names a node.
            let (value, fields, skip) = unsafe { gather(trees.nodes, at[turn], inside) };
            let feature = _mm256_srli_epi32(fields, 4);
            let is_there = _mm256_cmpgt_epi32(features, feature);
            let place = _mm256_add_epi32(row_at[turn], feature);
            let none = _mm256_set1_ps(f32::NAN);
            // SAFETY: there are `features` values behind every start of a row, and the other lanes read nothing.
            let x = unsafe {
                _mm256_mask_i32gather_ps::<4>(none, rows.as_ptr().cast(), place, _mm256_castsi256_ps(is_there))
            };
            let is_missing = _mm256_castps_si256(_mm256_cmp_ps::<_CMP_UNORD_Q>(x, x));
            // Bit 2 of the fields, spread over the lane.
            let missing = _mm256_srai_epi32(_mm256_slli_epi32(fields, 29), 31);
            let at_most = _mm256_castps_si256(_mm256_cmp_ps::<_CMP_LE_OQ>(x, _mm256_castsi256_ps(value)));
            let mut yes = _mm256_or_si256(at_most, _mm256_and_si256(is_missing, missing));
            // Another test, or zero is missing.
            if _mm256_testz_si256(fields, _mm256_set1_epi32(0b1011)) == 0 {
                yes = answers(trees, at[turn], x);
            }
            let step = _mm256_blendv_epi8(skip, _mm256_min_epu32(skip, one), yes);
            let step = _mm256_min_epu32(step, far);
            at[turn] = _mm256_add_epi32(at[turn], step);
            values[turn] = value;
            moved = _mm256_or_si256(moved, step);
        }
        if _mm256_testz_si256(moved, moved) == 1 {
            return store(values);
        }
    }
}

/// Value, fields and skip of the nodes at these places; 0 in the lanes that are not inside.
///
/// # Safety
/// The lanes inside name nodes.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn gather<const N: usize>(nodes: &[[u8; N]], at: __m256i, inside: __m256i) -> (__m256i, __m256i, __m256i) {
    let none = _mm256_setzero_si256();
    let start: *const i32 = nodes.as_ptr().cast();
    // SAFETY: a node has N bytes, of which words are read; the caller says which lanes name one.
    unsafe {
        if N == 8 {
            let value = _mm256_mask_i32gather_epi32::<8>(none, start, at, inside);
            let rest = _mm256_mask_i32gather_epi32::<8>(none, start.wrapping_add(1), at, inside);
            return (value, _mm256_and_si256(rest, _mm256_set1_epi32(0xffff)), _mm256_srli_epi32(rest, 16));
        }
        let word = _mm256_add_epi32(at, _mm256_add_epi32(at, at));
        let part = |i: usize| _mm256_mask_i32gather_epi32::<4>(none, start.wrapping_add(i), word, inside);
        (part(0), part(1), part(2))
    }
}

/// What nodes answer that are not plain, lane by lane.
#[cold]
#[target_feature(enable = "avx2")]
fn answers<const N: usize>(trees: &Trees<'_, N>, at: __m256i, x: __m256) -> __m256i {
    let (mut places, mut values, mut yes) = ([0u32; LANES], [0f32; LANES], [0i32; LANES]);
    // SAFETY: eight lanes.
    unsafe {
        _mm256_storeu_si256(places.as_mut_ptr().cast(), at);
        _mm256_storeu_ps(values.as_mut_ptr(), x);
    }
    for ((yes, &at), &x) in yes.iter_mut().zip(&places).zip(&values) {
        let node = trees.nodes.get(at as usize).map(ForestNode::decode);
        *yes = -i32::from(node.is_some_and(|node| answer(&node, x, trees.sets)));
    }
    // SAFETY: eight lanes.
    unsafe { _mm256_loadu_si256(yes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn load(values: &[i32; WALKS]) -> [__m256i; TURNS] {
    let parts = values.as_chunks::<LANES>().0;
    // SAFETY: eight lanes.
    core::array::from_fn(|turn| unsafe { _mm256_loadu_si256(parts[turn].as_ptr().cast()) })
}

#[inline]
#[target_feature(enable = "avx2")]
fn store(values: [__m256i; TURNS]) -> [u32; WALKS] {
    let mut all = [0; WALKS];
    for (to, value) in all.as_chunks_mut::<LANES>().0.iter_mut().zip(values) {
        // SAFETY: eight lanes.
        unsafe { _mm256_storeu_si256(to.as_mut_ptr().cast(), value) };
    }
    all
}
