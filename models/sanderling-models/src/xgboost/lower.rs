//! The graph of a booster: its trees, and what the objective makes of their sums.

use sanderling_ir::{self as ir, DType, Forest, Module, Op, Test, TreeNode, UnaryKind};

use super::{Booster, NAME, Objective, Tree};
use crate::{TrainError, lower};

/// Margins are those of [`Booster::margins`] to the last bit: the same trees, summed in the same order.
pub fn lower(booster: &Booster) -> Result<Module, TrainError> {
    let mut forest = Forest::new(vec![booster.objective.margin(booster.base_score); booster.groups], 1);
    for (at, tree) in booster.trees.iter().enumerate() {
        let grown = forest.grow(at % booster.groups, 0, &nodes(tree));
        grown.map_err(|why| TrainError::Lower { what: format!("tree {at}: {why}") })?;
    }
    let (mut graph, x) = lower::rows(booster.features);
    let margins = forest.push(&mut graph, "margins", x)?;
    let (name, op) = match booster.objective {
        Objective::SquaredError | Objective::LogitRaw => return Ok(lower::finish(graph, NAME, margins)),
        Objective::RegLogistic | Objective::BinaryLogistic => ("probability", Op::Unary { kind: UnaryKind::Sigmoid }),
        Objective::Softmax => ("label", Op::ArgMax { axis: 1, dtype: DType::I64 }),
        Objective::Softprob => ("probabilities", Op::Softmax { beta: 1.0 }),
    };
    let output = graph.push(name, op, &[margins], None)?;
    Ok(lower::finish(graph, NAME, output))
}

fn nodes(tree: &Tree) -> Vec<TreeNode> {
    let node = |node: &super::Node| match node.split {
        None => TreeNode::Leaf(vec![node.value]),
        Some(split) => TreeNode::Split(ir::Split {
            feature: split.feature as usize,
            test: Test::Less(split.threshold),
            missing: split.missing_left,
            zero_is_missing: false,
            yes: split.left as usize,
            no: split.right as usize,
        }),
    };
    tree.nodes.iter().map(node).collect()
}
