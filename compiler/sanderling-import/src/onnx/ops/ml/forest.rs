//! Trees whose leaves give shares of outputs, however a file writes them. As in onnxruntime the leaves come together first, in
//! `f32`, and base values last.

use std::collections::{HashMap, HashSet};

use sanderling_ir::{BinaryKind, Forest, Op, ReduceKind, TreeNode, ValueId};

use crate::ImportError;
use crate::onnx::builder::Builder;
use crate::onnx::call::{Call, One};

/// More outputs than any model has.
pub(super) const OUTPUTS_MOST: usize = 1 << 20;

/// A leaf's share of an output.
pub(super) struct Weight {
    pub node: usize,
    pub output: usize,
    pub value: f32,
}

/// What becomes of the shares that the trees give to an output.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Aggregate {
    Sum,
    Average,
    Min,
    Max,
}

impl Aggregate {
    pub(super) fn of(name: &str) -> Option<Aggregate> {
        Some(match name {
            "SUM" => Aggregate::Sum,
            "AVERAGE" => Aggregate::Average,
            "MIN" => Aggregate::Min,
            "MAX" => Aggregate::Max,
            _ => return None,
        })
    }
}

/// The nodes of all trees in one list.
pub(super) struct Trees {
    pub nodes: Vec<TreeNode>,
    /// The root of each tree, in the order of the file.
    pub roots: Vec<usize>,
    /// Which of the roots a node is under.
    pub under: Vec<usize>,
}

impl Trees {
    /// What the trees together say about each output, `f32[rows, outputs]`, plus its base value.
    pub(super) fn evaluate(
        mut self,
        b: &mut Builder,
        call: &Call,
        x: ValueId,
        weights: &[Weight],
        (outputs, aggregate): (usize, Aggregate),
        base: &[f32],
    ) -> One {
        let picks = matches!(aggregate, Aggregate::Min | Aggregate::Max);
        if !base.is_empty() && base.len() != outputs {
            return call.fail(format!("{} base_values do not match {outputs} outputs", base.len()));
        }
        if picks || base.iter().any(|&v| v != 0.0) {
            self.check_certain(call, weights, outputs)?;
        }
        // What no leaf of a tree says must not be chosen.
        let silent = match aggregate {
            Aggregate::Min => f32::MAX,
            Aggregate::Max => f32::MIN,
            Aggregate::Sum | Aggregate::Average => 0.0,
        };
        let (width, targets) = self.fill(b, call, weights, outputs, silent)?;
        let is_narrow = width < outputs;
        let trees = self.roots.len();
        // Those of which one is chosen come side by side first.
        let slots = if picks { trees.saturating_mul(outputs) } else { outputs };
        if slots > OUTPUTS_MOST {
            return call.fail(format!("{trees} trees of {outputs} outputs are too many for this aggregate_function"));
        }
        b.charge(slots)?;
        let mut forest = Forest::new(vec![if picks && is_narrow { silent } else { 0.0 }; slots], width);
        for (tree, &root) in self.roots.iter().enumerate() {
            let first = if picks { tree * outputs } else { 0 };
            let target = first + if is_narrow { targets[tree] } else { 0 };
            if picks {
                forest.base[target] = 0.0;
            }
            forest.grow(target, root, &self.nodes).or_else(|why| call.fail(format!("tree {tree}: {why}")))?;
        }
        if forest.splits.len() + forest.leaves.len() / width < self.nodes.len() {
            return call.fail("some of its nodes are their own ancestors");
        }
        let name = format!("{}.trees", call.site.name);
        let mut y = forest.push(&mut b.graph, &name, x).map_err(|e| call.infer_error(e))?;
        match aggregate {
            Aggregate::Sum => {}
            Aggregate::Average => {
                let count = b.scalar(call, y, trees as f64)?;
                y = b.binary(call, BinaryKind::Div, y, count)?;
            }
            Aggregate::Min | Aggregate::Max => {
                let kind = if aggregate == Aggregate::Min { ReduceKind::Min } else { ReduceKind::Max };
                let apart = b.reshape(call, y, &[b.shape(x)[0], trees, outputs])?;
                y = b.push(call, Op::Reduce { kind, axes: vec![1], keep_dims: false }, &[apart])?;
            }
        }
        add(b, call, y, base)
    }

    /// Gives the leaves their values, `silent` where they have none; how many each has, and the target of each tree where that
    /// is one.
    fn fill(
        &mut self,
        b: &mut Builder,
        call: &Call,
        weights: &[Weight],
        outputs: usize,
        silent: f32,
    ) -> Result<(usize, Vec<usize>), ImportError> {
        // Where the leaves of each tree know one output each, they need no more than one value.
        let mut targets: Vec<Option<usize>> = vec![None; self.roots.len()];
        let is_narrow = weights.iter().all(|w| *targets[self.under[w.node]].get_or_insert(w.output) == w.output);
        let width = if is_narrow { 1 } else { outputs };
        b.charge(self.nodes.len().saturating_mul(width))?;
        for node in &mut self.nodes {
            if let TreeNode::Leaf(values) = node {
                *values = vec![silent; width];
            }
        }
        for weight in weights {
            let TreeNode::Leaf(values) = &mut self.nodes[weight.node] else {
                return call.fail(format!("node {} has a weight, but is no leaf", weight.node));
            };
            let value = &mut values[if is_narrow { 0 } else { weight.output }];
            *value = if *value == silent { weight.value } else { *value + weight.value };
        }
        Ok((width, targets.into_iter().map(|target| target.unwrap_or(0)).collect()))
    }

    /// Refuses outputs of which, for some row, no tree says anything: they are 0 then in onnxruntime, without their base value.
    fn check_certain(&self, call: &Call, weights: &[Weight], outputs: usize) -> Result<(), ImportError> {
        let mut leaves = vec![0usize; self.roots.len()];
        for (at, _) in self.nodes.iter().enumerate().filter(|(_, node)| matches!(node, TreeNode::Leaf(_))) {
            leaves[self.under[at]] += 1;
        }
        let said: HashSet<(usize, usize)> = weights.iter().map(|w| (w.node, w.output)).collect();
        let mut counts: HashMap<(usize, usize), usize> = HashMap::new();
        said.iter().for_each(|&(node, output)| *counts.entry((self.under[node], output)).or_default() += 1);
        let certain: HashSet<usize> = counts
            .iter()
            .filter(|((tree, _), count)| leaves[*tree] == **count)
            .map(|((_, output), _)| *output)
            .collect();
        match (0..outputs).find(|output| !certain.contains(output)) {
            Some(output) => call.fail(format!(
                "for some rows no leaf has a weight of output {output}: with base_values, and with aggregate_function MIN \
                 or MAX, give all leaves of a tree one, 0 where it says nothing"
            )),
            None => Ok(()),
        }
    }
}

fn add(b: &mut Builder, call: &Call, y: ValueId, base: &[f32]) -> One {
    if base.is_empty() {
        return Ok(y);
    }
    let base = b.floats(call, &[base.len()], base);
    b.binary(call, BinaryKind::Add, y, base)
}
