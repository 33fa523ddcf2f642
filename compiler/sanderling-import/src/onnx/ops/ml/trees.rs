//! Tree ensembles. As in onnxruntime the leaves add up first, in `f32`, and base values come last.

use std::collections::HashMap;

use sanderling_ir::{BinaryKind, DType, Forest, Op, Split, Test, TreeNode, UnaryKind, ValueId};

use super::{best, label, labels, post_transform, reals, rows};
use crate::ImportError;
use crate::onnx::builder::Builder;
use crate::onnx::call::{Call, Many, One};

/// A leaf's share of an output.
struct Weight {
    node: usize,
    output: usize,
    value: f32,
}

/// The nodes of all trees in one list, and how they are called.
struct Nodes {
    nodes: Vec<TreeNode>,
    places: HashMap<(i64, i64), usize>,
    /// The root of each tree, in the order of the file.
    roots: Vec<usize>,
    /// Which of the roots a node is under, by its tree.
    trees: Vec<usize>,
}

pub(super) fn regressor(b: &mut Builder, call: &Call) -> One {
    let outputs = call.size("n_targets", call.int("n_targets", 1)?)?;
    let (nodes, weights) = read(b, call, "target", outputs)?;
    let mut y = sum(b, call, nodes, &weights, outputs)?;
    match call.text("aggregate_function", "SUM")?.as_str() {
        "SUM" => {}
        "AVERAGE" => {
            let trees = b.scalar(call, y.0, y.1 as f64)?;
            y.0 = b.binary(call, BinaryKind::Div, y.0, trees)?;
        }
        other => return call.refuse("aggregate_function", other, "SUM and AVERAGE work"),
    }
    let base = reals(b, call, "base_values")?;
    let y = add_base(b, call, y.0, &base, outputs)?;
    post_transform(b, call, y)
}

pub(super) fn classifier(b: &mut Builder, call: &Call) -> Many {
    let labels = labels(call, "classlabels_int64s")?;
    let outputs = labels.len();
    let (nodes, weights) = read(b, call, "class", outputs)?;
    let base = reals(b, call, "base_values")?;
    // Two classes, of which the leaves know one: its score decides alone.
    let is_binary = outputs == 2 && weights.iter().all(|w| w.output == weights[0].output);
    if is_binary {
        let all_positive = weights.iter().all(|w| w.value >= 0.0);
        let weights: Vec<Weight> = weights.into_iter().map(|w| Weight { output: 0, ..w }).collect();
        let (sums, _) = sum(b, call, nodes, &weights, 1)?;
        let base = base.last().map_or(&[][..], std::slice::from_ref);
        let score = add_base(b, call, sums, base, 1)?;
        return binary(b, call, labels, score, all_positive);
    }
    let (sums, _) = sum(b, call, nodes, &weights, outputs)?;
    let scores = add_base(b, call, sums, &base, outputs)?;
    let label = best(b, call, labels, scores)?;
    Ok(vec![label, post_transform(b, call, scores)?])
}

/// Label and scores of both classes from the score of the second: a probability where no weight is negative.
fn binary(b: &mut Builder, call: &Call, labels: &[i64], score: ValueId, is_probability: bool) -> Many {
    let limit = b.scalar(call, score, if is_probability { 0.5 } else { 0.0 })?;
    let second = b.binary(call, BinaryKind::Greater, score, limit)?;
    let index = b.cast(call, second, DType::I64)?;
    let rows = b.shape(index)[0];
    let index = b.reshape(call, index, &[rows])?;
    let label = label(b, call, labels, index)?;
    let first = if is_probability {
        let one = b.scalar(call, score, 1.0)?;
        b.binary(call, BinaryKind::Sub, one, score)?
    } else {
        b.unary(call, UnaryKind::Neg, score)?
    };
    let both = b.push(call, Op::Concat { axis: 1 }, &[first, score])?;
    let is_logistic = call.text("post_transform", "NONE")? == "LOGISTIC";
    let scores = if is_logistic && is_probability { both } else { post_transform(b, call, both)? };
    Ok(vec![label, scores])
}

fn add_base(b: &mut Builder, call: &Call, sums: ValueId, base: &[f32], outputs: usize) -> One {
    if base.is_empty() {
        return Ok(sums);
    }
    if base.len() != outputs {
        return call.fail(format!("{} base values do not match {outputs} outputs", base.len()));
    }
    let base = b.floats(call, &[outputs], base);
    b.binary(call, BinaryKind::Add, sums, base)
}

/// The sums of the leaves, and the number of trees.
fn sum(
    b: &mut Builder,
    call: &Call,
    mut nodes: Nodes,
    weights: &[Weight],
    outputs: usize,
) -> Result<(ValueId, usize), ImportError> {
    let x = rows(b, call)?;
    // Where the leaves of each tree know one output each, they need no more than one value.
    let mut targets: Vec<Option<usize>> = vec![None; nodes.roots.len()];
    let is_narrow = weights.iter().all(|w| *targets[nodes.trees[w.node]].get_or_insert(w.output) == w.output);
    let width = if is_narrow { 1 } else { outputs };
    b.charge(nodes.nodes.len().saturating_mul(width))?;
    for node in &mut nodes.nodes {
        if let TreeNode::Leaf(values) = node {
            *values = vec![0.0; width];
        }
    }
    for weight in weights {
        match &mut nodes.nodes[weight.node] {
            TreeNode::Leaf(values) => values[if is_narrow { 0 } else { weight.output }] += weight.value,
            TreeNode::Split(_) => return call.fail(format!("node {} has a weight, but is no leaf", weight.node)),
        }
    }
    let mut forest = Forest::new(vec![0.0; outputs], width);
    for (tree, &root) in nodes.roots.iter().enumerate() {
        let target = if is_narrow { targets[tree].unwrap_or(0) } else { 0 };
        forest.grow(target, root, &nodes.nodes).or_else(|why| call.fail(format!("tree {tree}: {why}")))?;
    }
    if forest.splits.len() + forest.leaves.len() / width < nodes.nodes.len() {
        return call.fail("some of its nodes are their own ancestors");
    }
    let name = format!("{}.trees", call.site.name);
    let sums = forest.push(&mut b.graph, &name, x).map_err(|e| call.infer_error(e))?;
    Ok((sums, nodes.roots.len()))
}

/// The nodes and the weights of the leaves; those of `class` or `target`.
fn read(b: &mut Builder, call: &Call, what: &str, outputs: usize) -> Result<(Nodes, Vec<Weight>), ImportError> {
    let nodes = nodes(b, call)?;
    let list = |name: &str| Ok::<_, ImportError>(call.ints(&format!("{what}_{name}"))?.unwrap_or_default());
    let (trees, places, ids) = (list("treeids")?, list("nodeids")?, list("ids")?);
    let values = reals(b, call, &format!("{what}_weights"))?;
    if [trees.len(), places.len(), ids.len()] != [values.len(); 3] {
        return call.fail(format!("the lists of {what}_treeids, _nodeids, _ids and _weights differ in length"));
    }
    if outputs == 0 || outputs > 1 << 20 || values.is_empty() {
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
    Ok((nodes, weights))
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
        Some(trees) if of_tree.len() == roots.len() => Ok(Nodes { nodes, places, roots, trees }),
        _ => call.fail("one of its trees has no root, or several: a node with no parent"),
    }
}
