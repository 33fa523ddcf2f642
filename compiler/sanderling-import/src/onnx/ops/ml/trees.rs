//! Tree ensembles as attributes of their own lists: `TreeEnsembleClassifier` and `TreeEnsembleRegressor`.

use std::collections::HashMap;

use sanderling_ir::{BinaryKind, Split, Test, TreeNode};

use super::forest::{Aggregate, OUTPUTS_MOST, Trees, Weight};
use super::labels::Labels;
use super::transform::{First, both_classes, of_targets, post_transform};
use super::{reals, rows};
use crate::ImportError;
use crate::onnx::builder::Builder;
use crate::onnx::call::{Call, Many, One};

/// The nodes of all trees in one list, and how they are called.
struct Nodes {
    trees: Trees,
    places: HashMap<(i64, i64), usize>,
}

pub(super) fn regressor(b: &mut Builder, call: &Call) -> One {
    let outputs = call.size("n_targets", call.int("n_targets", 1)?)?;
    let (trees, weights) = read(b, call, "target", outputs)?;
    let x = rows(b, call)?;
    let Some(aggregate) = Aggregate::of(&call.text("aggregate_function", "SUM")?) else {
        let found = call.text("aggregate_function", "SUM")?;
        return call.refuse("aggregate_function", found, "SUM, AVERAGE, MIN and MAX work");
    };
    let base = reals(b, call, "base_values")?;
    let y = trees.evaluate(b, call, x, &weights, (outputs, aggregate), &base)?;
    let transform = call.text("post_transform", "NONE")?;
    of_targets(b, call, y, &transform)
}

pub(super) fn classifier(b: &mut Builder, call: &Call) -> Many {
    let labels = Labels::read(call, "classlabels_int64s")?;
    let outputs = labels.len();
    let (trees, weights) = read(b, call, "class", outputs)?;
    let x = rows(b, call)?;
    let base = reals(b, call, "base_values")?;
    // Two classes, of which the leaves know one: its score decides alone.
    let known = weights[0].output;
    if outputs == 2 && weights.iter().all(|w| w.output == known) {
        if base.len() > 1 - known {
            let hint = "leaves of one class have at most one base value, and those of the second none";
            return call.refuse("base_values", format!("{} values", base.len()), hint);
        }
        let all_positive = weights.iter().all(|w| w.value >= 0.0);
        let weights: Vec<Weight> = weights.into_iter().map(|w| Weight { output: 0, ..w }).collect();
        let score = trees.evaluate(b, call, x, &weights, (1, Aggregate::Sum), &base)?;
        let limit = b.scalar(call, score, if all_positive { 0.5 } else { 0.0 })?;
        let second = b.binary(call, BinaryKind::Greater, score, limit)?;
        let label = labels.of_two(b, call, second)?;
        if known == 1 {
            let none = b.filled(call, score, &b.shape(score), 0.0)?;
            let both = b.concat(call, &[none, score], 1)?;
            return Ok(vec![label, post_transform(b, call, both)?]);
        }
        // Where no weight is negative, scores are probabilities.
        let first = if all_positive { First::Complement } else { First::Opposite };
        return Ok(vec![label, both_classes(b, call, score, first)?]);
    }
    let scores = trees.evaluate(b, call, x, &weights, (outputs, Aggregate::Sum), &base)?;
    let label = labels.best(b, call, scores)?;
    Ok(vec![label, post_transform(b, call, scores)?])
}

/// The nodes and the weights of the leaves; those of `class` or `target`.
fn read(b: &mut Builder, call: &Call, what: &str, outputs: usize) -> Result<(Trees, Vec<Weight>), ImportError> {
    let nodes = nodes(b, call)?;
    let list = |name: &str| Ok::<_, ImportError>(call.ints(&format!("{what}_{name}"))?.unwrap_or_default());
    let (trees, places, ids) = (list("treeids")?, list("nodeids")?, list("ids")?);
    let values = reals(b, call, &format!("{what}_weights"))?;
    if [trees.len(), places.len(), ids.len()] != [values.len(); 3] {
        return call.fail(format!("the lists of {what}_treeids, _nodeids, _ids and _weights differ in length"));
    }
    if !(1..=OUTPUTS_MOST).contains(&outputs) || values.is_empty() {
        return call.fail(format!("{outputs} outputs and {} weights make no model", values.len()));
    }
    let mut weights = Vec::with_capacity(values.len());
    for (i, &value) in values.iter().enumerate() {
        let node = nodes.places.get(&(trees[i], places[i])).copied();
        let node = node.map_or_else(|| call.fail(format!("weight {i} is of a node that is not there")), Ok)?;
        let output = usize::try_from(ids[i]).ok().filter(|&id| id < outputs);
        let output =
            output.map_or_else(|| call.fail(format!("weight {i} is of output {} of {outputs}", ids[i])), Ok)?;
        weights.push(Weight { node, output, value });
    }
    Ok((nodes.trees, weights))
}

fn nodes(b: &mut Builder, call: &Call) -> Result<Nodes, ImportError> {
    let list = |name: &str| Ok::<_, ImportError>(call.ints(&format!("nodes_{name}"))?.unwrap_or_default());
    let (trees, ids, features) = (list("treeids")?, list("nodeids")?, list("featureids")?);
    let (on_true, on_false, tracks) = (list("truenodeids")?, list("falsenodeids")?, list("missing_value_tracks_true")?);
    let (values, modes) = (reals(b, call, "nodes_values")?, call.texts("nodes_modes")?);
    let count = trees.len();
    let lengths = [ids.len(), features.len(), on_true.len(), on_false.len(), values.len(), modes.len()];
    if lengths != [count; 6] || !(tracks.is_empty() || tracks.len() == count) {
        return call.fail("the lists of its nodes differ in length");
    }
    let mut places = HashMap::new();
    for i in 0..count {
        if places.insert((trees[i], ids[i]), i).is_some() {
            return call.fail(format!("node {} of tree {} is there twice", ids[i], trees[i]));
        }
    }
    let mut is_child = vec![false; count];
    let mut nodes = Vec::with_capacity(count);
    for i in 0..count {
        if modes[i] == "LEAF" {
            nodes.push(TreeNode::Leaf(Vec::new()));
            continue;
        }
        let mut child = |id: i64| match places.get(&(trees[i], id)) {
            Some(&place) => {
                is_child[place] = true;
                Ok(place)
            }
            None => call.fail(format!("node {} of tree {} has the child {id}, which is not there", ids[i], trees[i])),
        };
        let (on_true, on_false) = (child(on_true[i])?, child(on_false[i])?);
        let feature =
            usize::try_from(features[i]).or_else(|_| call.fail(format!("feature {} of node {i}", features[i])))?;
        let (t, tracks) = (values[i], tracks.get(i).is_some_and(|&t| t != 0));
        // What is true where a test is not has its children swapped.
        let (test, missing, swapped) = match modes[i].as_str() {
            "BRANCH_LEQ" => (Test::AtMost(t), tracks, false),
            "BRANCH_LT" => (Test::Less(t), tracks, false),
            "BRANCH_EQ" => (Test::Equal(t), tracks, false),
            "BRANCH_GT" => (Test::AtMost(t), !tracks, true),
            "BRANCH_GTE" => (Test::Less(t), !tracks, true),
            // NaN differs from everything.
            "BRANCH_NEQ" => (Test::Equal(t), false, true),
            other => return call.refuse("nodes_modes", other, "LEAF and BRANCH_LEQ, LT, GT, GTE, EQ, NEQ work"),
        };
        let (yes, no) = if swapped { (on_false, on_true) } else { (on_true, on_false) };
        nodes.push(TreeNode::Split(Split { feature, test, missing, zero_is_missing: false, yes, no }));
    }
    let roots: Vec<usize> = (0..count).filter(|&i| !is_child[i]).collect();
    let of_tree: HashMap<i64, usize> = roots.iter().enumerate().map(|(at, &root)| (trees[root], at)).collect();
    let under: Option<Vec<usize>> = trees.iter().map(|tree| of_tree.get(tree).copied()).collect();
    match under {
        Some(under) if of_tree.len() == roots.len() => Ok(Nodes { trees: Trees { nodes, roots, under }, places }),
        _ => call.fail("one of its trees has no root, or several: a node with no parent"),
    }
}
