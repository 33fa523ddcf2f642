//! Tree ensembles.
//!
//! The nodes of a tree stand depth first, `yes` before `no`: the next node is `yes`, `skip` nodes on is `no`, and a node that
//! skips nothing is a leaf. So every walk goes forward and ends, whatever the bytes say; kernels look nodes up with `get`.

use super::{Call, reads, words};
use crate::access::{Accesses, Region, size};
use crate::features::Features;
use crate::words::{Reader, Words};

/// Bytes of a node: of one whose feature has 12 bits and whose skip has 16, and of any other.
pub const NODE_BYTES: [u32; 2] = [8, 12];

/// What a [`ForestNode`] asks of its feature `x`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum ForestTest {
    /// `x <= value`, which is never so for a value of NaN.
    AtMost = 0,
    /// `x == value`
    Equal = 1,
    /// `x`, truncated toward zero, is the number of a bit of the set that `value` points to.
    In = 2,
}

/// A node of a tree: value; test, missing, zero is missing and feature in 2, 1, 1 and the other bits; skip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForestNode {
    /// The threshold, the word of `sets` where the set begins, or, of a leaf, its value: where leaves are wider than one
    /// value, the place of the first in `leaves`.
    pub value: u32,
    pub test: ForestTest,
    /// Whether a missing value leads to the next node. NaN is missing.
    pub missing: bool,
    /// Whether values within 1e-35 of zero are missing too.
    pub zero_is_missing: bool,
    pub feature: u32,
    /// Where the other answer leads, in nodes from here; 0 in leaves.
    pub skip: u32,
}

impl ForestNode {
    /// A node of 8 or 12 bytes.
    #[inline(always)]
    pub fn decode<const N: usize>(bytes: &[u8; N]) -> ForestNode {
        let half = |at: usize| u32::from(bytes[at]) | u32::from(bytes[at + 1]) << 8;
        let word = |at: usize| half(at) | half(at + 2) << 16;
        let (fields, skip) = if N == 8 { (half(4), half(6)) } else { (word(4), word(8)) };
        let test = match fields & 3 {
            0 => ForestTest::AtMost,
            1 => ForestTest::Equal,
            _ => ForestTest::In,
        };
        let (missing, zero_is_missing) = (fields & 4 != 0, fields & 8 != 0);
        ForestNode { value: word(0), test, missing, zero_is_missing, feature: fields >> 4, skip }
    }

    /// Whether it fits 8 bytes.
    #[cfg(feature = "alloc")]
    pub fn is_small(&self) -> bool {
        self.feature < 1 << 12 && self.skip < 1 << 16
    }

    /// Appends it in 8 bytes if `small`, in 12 otherwise.
    #[cfg(feature = "alloc")]
    pub fn encode(&self, small: bool, out: &mut alloc::vec::Vec<u8>) {
        let flags = u32::from(self.missing) << 2 | u32::from(self.zero_is_missing) << 3;
        let fields = self.test as u32 | flags | self.feature << 4;
        out.extend(self.value.to_le_bytes());
        match small {
            true => out.extend([(fields as u16).to_le_bytes(), (self.skip as u16).to_le_bytes()].concat()),
            false => out.extend([fields.to_le_bytes(), self.skip.to_le_bytes()].concat()),
        }
    }
}

words! {
    /// For each row: `base`, then the leaf of each tree, one after another, in f32.
    ///
    /// Roots: of each tree its first node and the first output that its leaves add to, u32 each. Nodes: `nodes_len` of
    /// `node_bytes` ([`NODE_BYTES`]). Leaves: f32, `leaves_len` of them, of which a tree adds `width` in a row; none where
    /// `width` is 1. Sets: `sets_len` words; a set is the count of its words, then the words. Base: f32, one an output.
    TreeEnsemble {
        rows: u32, features: u32, trees: u32, outputs: u32,
        width: u32, node_bytes: u32, nodes_len: u32, leaves_len: u32, sets_len: u32,
        input: u32, roots: u32, nodes: u32, leaves: u32, sets: u32, base: u32, output: u32,
    }
}

impl Call for TreeEnsemble {
    const ID: u16 = 96;
    const NAME: &'static str = "tree_ensemble";
    const FEATURES: Features = Features::REAL;
    fn accesses(&self) -> Option<Accesses> {
        let bytes = |factors: &[u32]| size(factors)?.checked_mul(4);
        let is_sane = (1..=self.outputs).contains(&self.width) && NODE_BYTES.contains(&self.node_bytes);
        let regions = [
            (self.input, bytes(&[self.rows, self.features])?),
            (self.roots, self.trees.checked_mul(8)?),
            (self.nodes, self.nodes_len.checked_mul(self.node_bytes)?),
            (self.leaves, self.leaves_len.checked_mul(4)?),
            (self.sets, self.sets_len.checked_mul(4)?),
            (self.base, bytes(&[self.outputs])?),
        ];
        let output = Region { offset: self.output, bytes: bytes(&[self.rows, self.outputs])? };
        is_sane.then_some(Accesses { reads: reads(regions), output, ..Accesses::default() })
    }
}
