//! Tree ensembles: their readable form, and the constants that hold it in a graph.

mod constants;

use std::sync::Arc;

use crate::{Graph, InferError, Op, ValueId};

/// What a split asks of its feature `x`.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// `x < t`
    Less(f32),
    /// `x <= t`
    AtMost(f32),
    /// `x == t`
    Equal(f32),
    /// `x`, truncated toward zero, is the number of a bit that is set; bit `i` is bit `i % 32` of word `i / 32`.
    In(Arc<[u32]>),
}

/// A question, and where each answer leads.
#[derive(Clone, Debug, PartialEq)]
pub struct Split<C> {
    pub feature: usize,
    pub test: Test,
    /// Where a missing value goes: to `yes`? NaN is missing.
    pub missing: bool,
    /// Zero is missing too: all within 1e-35, as in LightGBM.
    pub zero_is_missing: bool,
    pub yes: C,
    pub no: C,
}

impl<C> Split<C> {
    /// The child where a value leads.
    pub fn next(&self, x: f32) -> &C {
        if self.answer(x) { &self.yes } else { &self.no }
    }

    fn answer(&self, x: f32) -> bool {
        if x.is_nan() || self.zero_is_missing && x.abs() <= 1e-35 {
            return self.missing;
        }
        match &self.test {
            Test::Less(t) => x < *t,
            Test::AtMost(t) => x <= *t,
            Test::Equal(t) => x == *t,
            Test::In(set) => {
                let i = x as i64;
                let word = usize::try_from(i / 32).ok().and_then(|word| set.get(word));
                i >= 0 && word.is_some_and(|word| word >> (i % 32) & 1 == 1)
            }
        }
    }
}

/// A node of a tree on its own, as files have it: children are places in a list.
#[derive(Clone, Debug, PartialEq)]
pub enum TreeNode {
    /// One value for each of the forest's `width`.
    Leaf(Vec<f32>),
    Split(Split<usize>),
}

/// A child within a forest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Child {
    Split(usize),
    Leaf(usize),
}

/// A tree: where it starts, and the first output that it adds to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Root {
    pub target: usize,
    pub child: Child,
}

/// Trees whose leaves add up: `base`, then tree by tree, in `f32`.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Forest {
    pub roots: Vec<Root>,
    /// Depth first, `yes` before `no`: children stand behind their parents.
    pub splits: Vec<Split<Child>>,
    /// `width` values for each leaf.
    pub leaves: Vec<f32>,
    /// Outputs that a leaf adds to, from the target of its tree on.
    pub width: usize,
    /// What each output starts with.
    pub base: Vec<f32>,
}

/// Why nodes are no tree.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TreeError {
    #[error("child {child} is not one of the {nodes} nodes")]
    NoNode { child: usize, nodes: usize },
    #[error("node {node} has two parents, or is its own ancestor")]
    NotATree { node: usize },
    #[error("leaf {node} has {found} values where {expected} are needed")]
    LeafWidth { node: usize, found: usize, expected: usize },
}

impl Forest {
    /// A forest without trees.
    pub fn new(base: Vec<f32>, width: usize) -> Forest {
        Forest { base, width, ..Forest::default() }
    }

    /// Adds the tree that hangs on `nodes[root]`; nodes that do not hang on it are left out.
    pub fn grow(&mut self, target: usize, root: usize, nodes: &[TreeNode]) -> Result<(), TreeError> {
        let mut seen = vec![false; nodes.len()];
        // Nodes to visit, each with the split and the answer that lead to it.
        let mut open = vec![(root, None)];
        while let Some((at, from)) = open.pop() {
            let node = nodes.get(at).ok_or(TreeError::NoNode { child: at, nodes: nodes.len() })?;
            if std::mem::replace(&mut seen[at], true) {
                return Err(TreeError::NotATree { node: at });
            }
            let child = match node {
                TreeNode::Leaf(values) if values.len() != self.width => {
                    return Err(TreeError::LeafWidth { node: at, found: values.len(), expected: self.width });
                }
                TreeNode::Leaf(values) => {
                    self.leaves.extend(values);
                    Child::Leaf(self.leaves.len() / self.width.max(1) - 1)
                }
                TreeNode::Split(split) => {
                    let place = self.splits.len();
                    open.extend([(split.no, Some((place, false))), (split.yes, Some((place, true)))]);
                    // The children come later and say where they are.
                    let (yes, no) = (Child::Leaf(0), Child::Leaf(0));
                    let Split { feature, missing, zero_is_missing, .. } = *split;
                    self.splits.push(Split { feature, test: split.test.clone(), missing, zero_is_missing, yes, no });
                    Child::Split(place)
                }
            };
            match from {
                None => self.roots.push(Root { target, child }),
                Some((split, true)) => self.splits[split].yes = child,
                Some((split, false)) => self.splits[split].no = child,
            }
        }
        Ok(())
    }

    /// The leaf of a tree for one row.
    pub fn leaf(&self, root: &Root, row: &[f32]) -> usize {
        let mut child = root.child;
        loop {
            match child {
                Child::Leaf(leaf) => return leaf,
                Child::Split(i) => child = *self.splits[i].next(row[self.splits[i].feature]),
            }
        }
    }

    /// Adds the op and its constants to a graph; returns `f32[rows, base.len()]` for `x: f32[rows, features]`.
    pub fn push(&self, graph: &mut Graph, name: &str, x: ValueId) -> Result<ValueId, InferError> {
        let features = graph.ty(x).shape.last().copied().unwrap_or(0);
        self.check(features).map_err(|why| InferError { op: Op::TreeEnsemble.name(), why })?;
        let names = ["roots", "splits", "thresholds", "leaves", "base", "sets"];
        let constants = self.tensors();
        let constants = names.iter().zip(constants).map(|(what, t)| graph.constant(&format!("{name}.{what}"), t));
        let inputs: Vec<ValueId> = std::iter::once(x).chain(constants.collect::<Vec<_>>()).collect();
        graph.push(name, Op::TreeEnsemble, &inputs, None)
    }

    /// Whether every index leads somewhere and every walk ends, for rows of so many features.
    pub fn check(&self, features: usize) -> Result<(), String> {
        let leaves = self.leaves.len().checked_div(self.width).unwrap_or(0);
        let is_child = |child: Child, least: usize| match child {
            Child::Split(i) => least <= i && i < self.splits.len(),
            Child::Leaf(i) => i < leaves,
        };
        // A split with two parents would be two splits in an artifact, and those below it four.
        let mut seen = vec![false; self.splits.len()];
        let mut is_new = |child: Child| match child {
            Child::Split(i) => !std::mem::replace(&mut seen[i], true),
            Child::Leaf(_) => true,
        };
        for (i, root) in self.roots.iter().enumerate() {
            if root.target.checked_add(self.width).is_none_or(|end| end > self.base.len()) || !is_child(root.child, 0) {
                return Err(format!("tree {i} starts nowhere or adds to outputs that are not there"));
            }
            if !is_new(root.child) {
                return Err(format!("tree {i} starts within another"));
            }
        }
        for (i, split) in self.splits.iter().enumerate() {
            if split.feature >= features {
                return Err(format!("split {i} reads feature {}, there are {features}", split.feature));
            }
            if ![split.yes, split.no].into_iter().all(|child| is_child(child, i + 1)) {
                return Err(format!("a child of split {i} is not there, or not behind it"));
            }
            if !is_new(split.yes) || !is_new(split.no) {
                return Err(format!("a child of split {i} has another parent"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(feature: usize, test: Test, yes: usize, no: usize) -> TreeNode {
        TreeNode::Split(Split { feature, test, missing: true, zero_is_missing: false, yes, no })
    }

    /// Children before their parents, as some files have them.
    fn forest() -> Forest {
        let nodes = [
            TreeNode::Leaf(vec![1.0]),
            TreeNode::Leaf(vec![2.0]),
            split(1, Test::In([0b100].into()), 0, 1),
            TreeNode::Leaf(vec![3.0]),
            split(0, Test::Less(0.5), 2, 3),
        ];
        let mut forest = Forest::new(vec![0.0, 10.0], 1);
        forest.grow(1, 4, &nodes).unwrap();
        forest
    }

    #[test]
    fn a_forest_survives_its_constants() {
        let forest = forest();
        let tensors = forest.tensors();
        assert_eq!(Forest::read(&tensors.iter().collect::<Vec<_>>(), 2).unwrap(), forest);
        let value = |row: [f32; 2]| forest.leaves[forest.leaf(&forest.roots[0], &row)];
        assert_eq!(
            [value([0.4, 2.9]), value([0.4, 3.0]), value([0.5, 2.0]), value([f32::NAN; 2])],
            [1.0, 2.0, 3.0, 1.0]
        );
        assert!(Forest::read(&tensors.iter().collect::<Vec<_>>(), 1).unwrap_err().contains("feature 1"));
    }

    #[test]
    fn what_is_no_tree_is_refused() {
        let mut forest = Forest::new(vec![0.0], 1);
        let cycle = [split(0, Test::Less(0.0), 1, 2), split(0, Test::Less(0.0), 0, 2), TreeNode::Leaf(vec![0.0])];
        assert!(matches!(forest.grow(0, 0, &cycle), Err(TreeError::NotATree { .. })));
        let outside = [split(0, Test::Less(0.0), 1, 7), TreeNode::Leaf(vec![0.0])];
        assert_eq!(forest.grow(0, 0, &outside), Err(TreeError::NoNode { child: 7, nodes: 2 }));
        let wide = [TreeNode::Leaf(vec![0.0, 1.0])];
        assert!(matches!(forest.grow(0, 0, &wide), Err(TreeError::LeafWidth { .. })));
    }
}
