//! Tree ensembles over a block of rows: one tree after another, each over all rows, feature by feature.
//!
//! Every leaf of a tree has a bit, in order. A test clears, in the rows that answer no, the leaves behind its yes; the lowest bit
//! that is left is the leaf (Lucchese et al. 2015, QuickScorer). All tests are made, in no order that depends on a row, so
//! that nothing waits and nothing branches. Leaves come in words of 32, which are looked at one by one.

use core::arch::x86_64::*;

use sanderling_format::calls::{ForestNode, ForestTest};

use super::trees::walk_rows;
use crate::scalar::trees::{NEAR_ZERO, Trees, set, split};

/// Rows of a step: so many vectors share what a test costs.
pub const STEP: usize = LANES * VECTORS;
const LANES: usize = 8;
const VECTORS: usize = 4;
/// Leaves of a word, words of a tree, and tests that concern one word.
const LEAVES: usize = 32;
const WORDS: usize = 8;
const TESTS: usize = 64;
/// Values and sums of a block, and the most rows.
const VALUES: usize = 1 << 14;
const SUMS: usize = 1 << 12;
const ROWS: usize = 512;

/// Rows of a block, a multiple of what a step takes; 0 where features or outputs are too many, or none.
pub fn rows(features: usize, outputs: usize) -> usize {
    let fit = |all: usize, own: usize| all.checked_div(own).unwrap_or(0);
    fit(VALUES, features).min(fit(SUMS, outputs)).min(ROWS) / STEP * STEP
}

/// Rows of features and of sums, each column's values side by side, and the tree at hand.
pub struct Block {
    values: [f32; VALUES],
    sums: [f32; SUMS],
    features: usize,
    rows: usize,
    has_missing: bool,
    tests: [[Test; TESTS]; WORDS],
    counts: [usize; WORDS],
    leaves: [[u32; LEAVES]; WORDS],
    words: usize,
}

#[derive(Clone, Copy)]
struct Test {
    node: ForestNode,
    /// The leaves of the word that are behind its yes.
    yes: u32,
}

impl Block {
    pub const EMPTY: Block = {
        let node = ForestNode {
            value: 0,
            test: ForestTest::AtMost,
            missing: false,
            zero_is_missing: false,
            feature: 0,
            skip: 0,
        };
        Block {
            values: [0.0; VALUES],
            sums: [0.0; SUMS],
            features: 0,
            rows: 0,
            has_missing: false,
            tests: [[Test { node, yes: 0 }; TESTS]; WORDS],
            counts: [0; WORDS],
            leaves: [[0; LEAVES]; WORDS],
            words: 0,
        }
    };

    /// Adds all trees, whose leaves are single values, to `sums`, `outputs` a row. As many rows as a multiple of a step, and at
    /// most [`rows`].
    #[target_feature(enable = "avx2")]
    pub fn run<const N: usize>(
        &mut self,
        trees: &Trees<'_, N>,
        (features, outputs): (usize, usize),
        rows: &[[u8; 4]],
        sums: &mut [[u8; 4]],
    ) {
        self.fill(features, rows);
        for (row, own) in sums.chunks_exact(outputs).enumerate() {
            own.iter().zip(self.sums.iter_mut().skip(row).step_by(self.rows)).for_each(|(own, sum)| {
                *sum = f32::from_le_bytes(*own);
            });
        }
        for root in trees.roots {
            let (first, target) = split(root);
            let column = target < outputs;
            let is_read = column && self.read(trees, first).is_some();
            for row in (0..if column { self.rows } else { 0 }).step_by(STEP) {
                let leaves = match is_read {
                    true => self.leaves_of(trees, row),
                    false => walk_rows(trees, features, rows.get(row * features..).unwrap_or_default(), first),
                };
                let sums = self.sums.iter_mut().skip(target * self.rows + row);
                sums.zip(leaves).for_each(|(sum, leaf)| *sum += f32::from_bits(leaf));
            }
        }
        for (row, own) in sums.chunks_exact_mut(outputs).enumerate() {
            own.iter_mut().zip(self.sums.iter().skip(row).step_by(self.rows)).for_each(|(own, sum)| {
                *own = sum.to_le_bytes();
            });
        }
    }

    /// Turns rows into columns, eight rows at a time.
    #[target_feature(enable = "avx2")]
    fn fill(&mut self, features: usize, rows: &[[u8; 4]]) {
        (self.features, self.rows) = (features, rows.len() / features);
        let mut missing = _mm256_setzero_ps();
        for (group, rows) in rows.chunks_exact(features * LANES).enumerate() {
            let mut own = rows.chunks_exact(features);
            let rows: [&[[u8; 4]]; LANES] = core::array::from_fn(|_| own.next().unwrap_or_default());
            for feature in 0..features {
                let value = |row: &[[u8; 4]]| f32::from_le_bytes(row.get(feature).copied().unwrap_or_default());
                let [a, b, c, d, e, f, g, h] = rows.map(value);
                let lanes = _mm256_setr_ps(a, b, c, d, e, f, g, h);
                missing = _mm256_or_ps(missing, _mm256_cmp_ps::<_CMP_UNORD_Q>(lanes, lanes));
                let column = self.values.get_mut(feature * self.rows + group * LANES..);
                if let Some(column) = column.and_then(|column| column.first_chunk_mut::<LANES>()) {
                    // SAFETY: eight lanes.
                    unsafe { _mm256_storeu_ps(column.as_mut_ptr(), lanes) };
                }
            }
        }
        self.has_missing = _mm256_movemask_ps(missing) != 0;
    }

    /// Reads the tree that begins at a node. `None` where it is too large, or no tree, or asks for a feature that is not there.
    fn read<const N: usize>(&mut self, trees: &Trees<'_, N>, first: usize) -> Option<()> {
        self.counts = [0; WORDS];
        // Where the noes stand that are still to come.
        let (mut open, mut depth) = ([0; TESTS], 0);
        let (mut at, mut leaf) = (first, 0);
        loop {
            let node = ForestNode::decode(trees.nodes.get(at)?);
            if node.skip == 0 {
                *self.leaves.get_mut(leaf / LEAVES)?.get_mut(leaf % LEAVES)? = node.value;
                leaf += 1;
                if depth == 0 {
                    self.words = leaf.div_ceil(LEAVES);
                    return Some(());
                }
                depth -= 1;
                if open.get(depth) != Some(&(at + 1)) {
                    return None;
                }
            } else {
                // Between a test and its no stands a tree, of one leaf more than tests.
                self.test(&node, leaf, leaf + node.skip as usize / 2)?;
                *open.get_mut(depth)? = at + node.skip as usize;
                depth += 1;
            }
            at += 1;
        }
    }

    /// Notes a test whose yes has the leaves from `first` up to `end`, in every word that has some of them.
    #[inline(always)]
    fn test(&mut self, node: &ForestNode, first: usize, end: usize) -> Option<()> {
        if node.feature as usize >= self.features {
            return None;
        }
        for word in first / LEAVES..end.div_ceil(LEAVES) {
            let below = |leaf: usize| (1u64 << leaf.saturating_sub(word * LEAVES).min(LEAVES)) - 1;
            let count = self.counts.get_mut(word)?;
            *self.tests.get_mut(word)?.get_mut(*count)? =
                Test { node: *node, yes: (below(end) & !below(first)) as u32 };
            *count += 1;
        }
        Some(())
    }

    /// The leaves where the rows of a step end.
    #[target_feature(enable = "avx2")]
    fn leaves_of<const N: usize>(&self, trees: &Trees<'_, N>, row: usize) -> [u32; STEP] {
        let mut found = [_mm256_setzero_si256(); VECTORS];
        let words = self.tests.iter().zip(&self.counts).zip(&self.leaves).take(self.words);
        // The lowest word that has a leaf left is the last to be looked at.
        for ((tests, &count), leaves) in words.rev() {
            let left = self.left(trees, tests.get(..count).unwrap_or_default(), row);
            for (found, left) in found.iter_mut().zip(left) {
                let is_empty = _mm256_cmpeq_epi32(left, _mm256_setzero_si256());
                *found = _mm256_blendv_epi8(lookup(leaves, left), *found, is_empty);
            }
        }
        let mut all = [0; STEP];
        for (to, found) in all.as_chunks_mut::<LANES>().0.iter_mut().zip(found) {
            // SAFETY: eight lanes.
            unsafe { _mm256_storeu_si256(to.as_mut_ptr().cast(), found) };
        }
        all
    }

    /// The leaves of a word that no test has cleared, in the rows of a step.
    #[target_feature(enable = "avx2")]
    fn left<const N: usize>(&self, trees: &Trees<'_, N>, tests: &[Test], row: usize) -> [__m256i; VECTORS] {
        let mut left = [_mm256_set1_epi32(-1); VECTORS];
        for Test { node, yes } in tests {
            let column =
                self.values.get(node.feature as usize * self.rows + row..).and_then(|x| x.first_chunk::<STEP>());
            let Some(x) = column else { continue };
            let yes = _mm256_set1_epi32(*yes as i32);
            let most = _mm256_set1_ps(f32::from_bits(node.value));
            let is_plain = node.test == ForestTest::AtMost && !node.zero_is_missing;
            for (left, x) in left.iter_mut().zip(x.as_chunks::<LANES>().0) {
                // SAFETY: eight lanes.
                let lanes = unsafe { _mm256_loadu_ps(x.as_ptr()) };
                let mut no = _mm256_castps_si256(_mm256_cmp_ps::<_CMP_NLE_UQ>(lanes, most));
                if self.has_missing {
                    let is_missing = _mm256_castps_si256(_mm256_cmp_ps::<_CMP_UNORD_Q>(lanes, lanes));
                    let missing = _mm256_set1_epi32(-i32::from(node.missing));
                    no = _mm256_andnot_si256(_mm256_and_si256(is_missing, missing), no);
                }
                if !is_plain {
                    no = noes(trees, node, lanes);
                }
                *left = _mm256_andnot_si256(_mm256_and_si256(no, yes), *left);
            }
        }
        left
    }
}

/// The leaf of the lowest bit of each lane; of a lane without bits, any.
#[inline]
#[target_feature(enable = "avx2")]
fn lookup(leaves: &[u32; LEAVES], bits: __m256i) -> __m256i {
    let lowest = _mm256_and_si256(bits, _mm256_sub_epi32(_mm256_setzero_si256(), bits));
    // Its number is the exponent of the real number that it is, less 127, which is one more in five bits.
    let exponent = _mm256_srli_epi32::<23>(_mm256_castps_si256(_mm256_cvtepi32_ps(lowest)));
    let number = _mm256_add_epi32(exponent, _mm256_set1_epi32(1));
    let of_eight = |eight: &[u32; LANES]| {
        // SAFETY: eight lanes.
        let values = unsafe { _mm256_loadu_si256(eight.as_ptr().cast()) };
        _mm256_castsi256_ps(_mm256_permutevar8x32_epi32(values, number))
    };
    let eights = leaves.as_chunks::<LANES>().0;
    // The bits of 8 and of 16 as signs.
    let of_8 = _mm256_castsi256_ps(_mm256_slli_epi32::<28>(number));
    let of_16 = _mm256_castsi256_ps(_mm256_slli_epi32::<27>(number));
    let low = _mm256_blendv_ps(of_eight(&eights[0]), of_eight(&eights[1]), of_8);
    let high = _mm256_blendv_ps(of_eight(&eights[2]), of_eight(&eights[3]), of_8);
    _mm256_castps_si256(_mm256_blendv_ps(low, high, of_16))
}

/// Where a test of any kind says no.
#[target_feature(enable = "avx2")]
fn noes<const N: usize>(trees: &Trees<'_, N>, node: &ForestNode, x: __m256) -> __m256i {
    let mut is_missing = _mm256_cmp_ps::<_CMP_UNORD_Q>(x, x);
    if node.zero_is_missing {
        let size = _mm256_andnot_ps(_mm256_set1_ps(-0.0), x);
        is_missing = _mm256_or_ps(is_missing, _mm256_cmp_ps::<_CMP_LE_OQ>(size, _mm256_set1_ps(NEAR_ZERO)));
    }
    let value = _mm256_set1_ps(f32::from_bits(node.value));
    let yes = match node.test {
        ForestTest::AtMost => _mm256_castps_si256(_mm256_cmp_ps::<_CMP_LE_OQ>(x, value)),
        ForestTest::Equal => _mm256_castps_si256(_mm256_cmp_ps::<_CMP_EQ_OQ>(x, value)),
        ForestTest::In => contained(set(trees.sets, node.value as usize), x),
    };
    let missing = _mm256_set1_epi32(-i32::from(node.missing));
    let yes = _mm256_blendv_epi8(yes, missing, _mm256_castps_si256(is_missing));
    _mm256_xor_si256(yes, _mm256_set1_epi32(-1))
}

/// Which numbers, truncated toward zero, are those of bits of a set.
#[target_feature(enable = "avx2")]
fn contained(set: &[[u8; 4]], x: __m256) -> __m256i {
    // What no lane can hold becomes negative, as what is below zero; a set has fewer bits than that.
    let bit = _mm256_cvttps_epi32(x);
    let count = set.len().min(1 << 26) as i32;
    let word = _mm256_srai_epi32::<5>(bit);
    let inside = _mm256_and_si256(
        _mm256_cmpgt_epi32(_mm256_set1_epi32(count), word),
        _mm256_cmpgt_epi32(bit, _mm256_set1_epi32(-1)),
    );
    // SAFETY: the lanes inside name words of the set, and the others read nothing.
    let words = unsafe { _mm256_mask_i32gather_epi32::<4>(_mm256_setzero_si256(), set.as_ptr().cast(), word, inside) };
    let one = _mm256_set1_epi32(1);
    let own = _mm256_srlv_epi32(words, _mm256_and_si256(bit, _mm256_set1_epi32(31)));
    _mm256_cmpeq_epi32(_mm256_and_si256(own, one), one)
}
