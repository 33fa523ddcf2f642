//! `TreeEnsemble`: trees whose splits and leaves are lists of their own, with sets among the tests.

use sanderling_ir::{Activation, BinaryKind, DType, Op, Split, Tensor, Test, TreeNode, ValueId};

use super::forest::{Aggregate, OUTPUTS_MOST, Trees, Weight};
use super::transform::of_targets;
use crate::ImportError;
use crate::onnx::builder::Builder;
use crate::onnx::call::{Call, One};

/// The modes of splits, by number; what is true where a test is not has its children swapped.
const LEQ: u8 = 0;
const LT: u8 = 1;
const GTE: u8 = 2;
const GT: u8 = 3;
const EQ: u8 = 4;
const NEQ: u8 = 5;
const MEMBER: u8 = 6;

/// Words that all sets may take.
const SET_WORDS_MOST: usize = 1 << 22;
const AGGREGATES: [Aggregate; 4] = [Aggregate::Average, Aggregate::Sum, Aggregate::Min, Aggregate::Max];
/// In the order of the standard; onnxruntime 1.32 takes 1 for LOGISTIC and 2 for SOFTMAX.
const TRANSFORMS: [&str; 5] = ["NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT"];

pub(super) fn ensemble(b: &mut Builder, call: &Call) -> One {
    let outputs = call.size("n_targets", call.int("n_targets", 1)?)?;
    let pick =
        |name: &str, default: i64| call.int(name, default).map(|i| (i, usize::try_from(i).unwrap_or(usize::MAX)));
    let (number, place) = pick("aggregate_function", 1)?;
    let Some(&aggregate) = AGGREGATES.get(place) else {
        return call.refuse("aggregate_function", number, "0 (average), 1 (sum), 2 (min) and 3 (max) work");
    };
    let (number, place) = pick("post_transform", 0)?;
    let Some(&transform) = TRANSFORMS.get(place) else {
        return call.refuse("post_transform", number, "0 to 4 work");
    };
    let mut splits = Splits::read(b, call)?;
    let (targets, weights) = (splits.list("leaf_targetids")?, floats(b, call, "leaf_weights")?);
    if targets.len() != weights.len() {
        return call.fail(format!("{} leaf_targetids do not match {} leaf_weights", targets.len(), weights.len()));
    }
    if !(1..=OUTPUTS_MOST).contains(&outputs) || weights.is_empty() {
        return call.fail(format!("{outputs} outputs and {} leaf_weights make no model", weights.len()));
    }
    let sets = splits.sets(b)?;
    let x = members(b, call, &mut splits, &sets)?;
    let (trees, leaves) = splits.trees(weights.len())?;
    let mut shares = Vec::with_capacity(leaves.len());
    for (node, leaf) in leaves {
        let output = usize::try_from(targets[leaf]).ok().filter(|&output| output < outputs);
        let Some(output) = output else {
            return call.fail(format!("leaf_targetids: leaf {leaf} is of output {} of {outputs}", targets[leaf]));
        };
        shares.push(Weight { node, output, value: weights[leaf] });
    }
    let y = trees.evaluate(b, call, x, &shares, (outputs, aggregate), &[])?;
    of_targets(b, call, y, transform)
}

/// The numbers in a tensor attribute; whatever its type is, it rounds to `f32`, as the inputs do.
fn floats(b: &mut Builder, call: &Call, name: &str) -> Result<Vec<f32>, ImportError> {
    match call.constant(name)? {
        Some(tensor) => {
            let id = b.constant(call, tensor);
            b.known_floats(call, id, name)
        }
        None => Ok(Vec::new()),
    }
}

/// The lists of the splits, each as long as there are splits.
struct Splits<'a, 'c> {
    call: &'c Call<'a>,
    features: Vec<usize>,
    values: Vec<f32>,
    modes: Vec<u8>,
    /// Where a true and a false answer lead, and whether to a leaf.
    next: [(&'a [i64], &'a [i64]); 2],
    tracks: &'a [i64],
    roots: &'a [i64],
    tests: Vec<Option<Test>>,
}

impl<'a, 'c> Splits<'a, 'c> {
    fn read(b: &mut Builder, call: &'c Call<'a>) -> Result<Splits<'a, 'c>, ImportError> {
        let list = |name: &str| Ok::<_, ImportError>(call.ints(name)?.unwrap_or_default());
        let modes = match call.constant("nodes_modes")? {
            Some(Tensor { ty, data }) if ty.dtype == DType::U8 => data,
            Some(Tensor { ty, .. }) => return call.fail(format!("nodes_modes: {ty} should be u8")),
            None => return call.fail("nodes_modes is missing"),
        };
        let (features, values) = (list("nodes_featureids")?, floats(b, call, "nodes_splits")?);
        let next = [
            (list("nodes_truenodeids")?, list("nodes_trueleafs")?),
            (list("nodes_falsenodeids")?, list("nodes_falseleafs")?),
        ];
        let (tracks, roots) = (list("nodes_missing_value_tracks_true")?, list("tree_roots")?);
        let lists = [
            ("nodes_featureids", features.len()),
            ("nodes_splits", values.len()),
            ("nodes_truenodeids", next[0].0.len()),
            ("nodes_trueleafs", next[0].1.len()),
            ("nodes_falsenodeids", next[1].0.len()),
            ("nodes_falseleafs", next[1].1.len()),
        ];
        let optional = [("nodes_missing_value_tracks_true", tracks.len())].into_iter().filter(|(_, len)| *len > 0);
        if let Some((name, len)) = lists.into_iter().chain(optional).find(|(_, len)| *len != modes.len()) {
            return call.fail(format!("{name} has {len} values, nodes_modes {}", modes.len()));
        }
        let features = features.iter().map(|&f| call.size("nodes_featureids", f)).collect::<Result<_, _>>()?;
        let tests = vec![None; modes.len()];
        Ok(Splits { call, features, values, modes, next, tracks, roots, tests })
    }

    fn list(&self, name: &str) -> Result<&'a [i64], ImportError> {
        Ok(self.call.ints(name)?.unwrap_or_default())
    }

    /// The members of each split that asks for them: one list, with a NaN behind each set.
    fn sets(&self, b: &mut Builder) -> Result<Vec<(usize, Vec<f32>)>, ImportError> {
        let values = floats(b, self.call, "membership_values")?;
        let asking = (0..self.modes.len()).filter(|&i| self.modes[i] == MEMBER);
        let mut sets: Vec<Vec<f32>> = values.split(|v| v.is_nan()).map(<[f32]>::to_vec).collect();
        // The last NaN may be there or not.
        if sets.last().is_some_and(Vec::is_empty) {
            sets.pop();
        }
        let asking: Vec<usize> = asking.collect();
        match asking.len() == sets.len() {
            true => Ok(asking.into_iter().zip(sets).collect()),
            false => self.call.fail(format!(
                "membership_values has {} sets for {} splits of mode BRANCH_MEMBER",
                sets.len(),
                asking.len()
            )),
        }
    }

    /// The nodes as trees, and the leaves among them: the place of each and its number in the file.
    fn trees(&self, leaves: usize) -> Result<(Trees, Vec<(usize, usize)>), ImportError> {
        let (call, count) = (self.call, self.modes.len());
        let (mut nodes, mut found) = (Vec::with_capacity(2 * count), Vec::new());
        for i in 0..count {
            // Leaves stand behind all splits, once for each that leads to them.
            let mut child = |(ids, is_leaf): (&[i64], &[i64])| {
                let most = if is_leaf[i] != 0 { leaves } else { count };
                let id = usize::try_from(ids[i]).ok().filter(|&id| id < most);
                let Some(id) = id else {
                    let what = if is_leaf[i] != 0 { "leaf" } else { "node" };
                    return call.fail(format!("node {i} leads to {what} {}, which is not there", ids[i]));
                };
                if is_leaf[i] == 0 {
                    return Ok(id);
                }
                found.push((count + found.len(), id));
                Ok(count + found.len() - 1)
            };
            let (on_true, on_false) = (child(self.next[0])?, child(self.next[1])?);
            let (t, tracks) = (self.values[i], self.tracks.get(i).is_some_and(|&t| t != 0));
            let (test, missing, swapped) = match (&self.tests[i], self.modes[i]) {
                (Some(test), _) => (test.clone(), tracks, false),
                (_, LEQ) => (Test::AtMost(t), tracks, false),
                (_, LT) => (Test::Less(t), tracks, false),
                (_, EQ) => (Test::Equal(t), tracks, false),
                (_, GT) => (Test::AtMost(t), !tracks, true),
                (_, GTE) => (Test::Less(t), !tracks, true),
                // NaN differs from everything.
                (_, NEQ) => (Test::Equal(t), false, true),
                (_, other) => return call.refuse("nodes_modes", other, "0 to 6 work"),
            };
            let (yes, no) = if swapped { (on_false, on_true) } else { (on_true, on_false) };
            let feature = self.features[i];
            nodes.push(TreeNode::Split(Split { feature, test, missing, zero_is_missing: false, yes, no }));
        }
        nodes.extend(found.iter().map(|_| TreeNode::Leaf(Vec::new())));
        let roots: Vec<usize> = self.roots.iter().map(|&r| call.size("tree_roots", r)).collect::<Result<_, _>>()?;
        let under = under(call, &nodes, &roots, count)?;
        Ok((Trees { nodes, roots, under }, found))
    }
}

/// Which of the roots each node is under.
fn under(call: &Call, nodes: &[TreeNode], roots: &[usize], splits: usize) -> Result<Vec<usize>, ImportError> {
    let mut under: Vec<Option<usize>> = vec![None; nodes.len()];
    for (tree, &root) in roots.iter().enumerate() {
        if root >= splits {
            return call.fail(format!("tree_roots: node {root} is not there"));
        }
        let mut open = vec![root];
        while let Some(at) = open.pop() {
            if under[at].replace(tree).is_some() {
                return call.fail(format!("node {at} has two parents, or is its own ancestor"));
            }
            if let TreeNode::Split(split) = &nodes[at] {
                open.extend([split.yes, split.no]);
            }
        }
    }
    match under.iter().position(Option::is_none) {
        Some(at) if at < splits => call.fail(format!("node {at} is under none of the tree_roots")),
        Some(_) => call.fail("a leaf is under none of the tree_roots"),
        None => Ok(under.into_iter().flatten().collect()),
    }
}

/// The rows, with a feature more for each that is looked for in sets: the place of its value among all their members, -1
/// elsewhere. So fractions and negative numbers are members too, and what lies between two members is none.
fn members(b: &mut Builder, call: &Call, splits: &mut Splits, sets: &[(usize, Vec<f32>)]) -> One {
    let x = super::rows(b, call)?;
    let count = b.shape(x)[1];
    let asked: Vec<usize> = sets.iter().map(|&(split, _)| splits.features[split]).collect();
    let mut features = asked.clone();
    features.sort_unstable();
    features.dedup();
    let (mut columns, mut left) = (vec![x], SET_WORDS_MOST);
    for (at, &feature) in features.iter().enumerate() {
        if feature >= count {
            return call.fail(format!("nodes_featureids: a split reads feature {feature}, there are {count}"));
        }
        let own = || sets.iter().zip(&asked).filter(|(_, asked)| **asked == feature).map(|(set, _)| set);
        // Adding 0 makes one zero of two.
        let mut known: Vec<f32> = own().flat_map(|(_, set)| set).map(|v| v + 0.0).collect();
        known.sort_unstable_by(f32::total_cmp);
        known.dedup();
        let words = known.len().div_ceil(32);
        let set_words = words.saturating_mul(own().count());
        b.charge(set_words.saturating_add(known.len()))?;
        left = match left.checked_sub(set_words) {
            Some(left) => left,
            None => return call.fail("membership_values: its sets are larger than any model has"),
        };
        for (split, set) in own() {
            let mut bits = vec![0u32; words];
            let places = set.iter().filter_map(|v| known.binary_search_by(|k| k.total_cmp(&(v + 0.0))).ok());
            places.for_each(|place| bits[place / 32] |= 1 << (place % 32));
            splits.tests[*split] = Some(Test::In(bits.into()));
            splits.features[*split] = count + at;
        }
        columns.push(places(b, call, x, feature, &known)?);
    }
    b.concat(call, &columns, 1)
}

/// For each row the place of a feature's value among these, -1 where it is none of them, NaN where it is NaN: `[rows, 1]`.
fn places(b: &mut Builder, call: &Call, x: ValueId, feature: usize, known: &[f32]) -> One {
    let column = b.part(call, x, 1, feature, 1)?;
    if known.is_empty() {
        let none = b.scalar(call, x, -1.0)?;
        let same = b.binary(call, BinaryKind::Equal, column, column)?;
        return b.push(call, Op::Select, &[same, none, column]);
    }
    let values = b.floats(call, &[known.len()], known);
    let hits = b.binary(call, BinaryKind::Equal, column, values)?;
    let hits = b.cast(call, hits, DType::F32)?;
    let numbers: Vec<f32> = (1..=known.len()).map(|i| i as f32).collect();
    let weights = b.floats(call, &[1, known.len()], &numbers);
    let bias = b.floats(call, &[1], &[-1.0]);
    let place = b.push(call, Op::FullyConnected { activation: Activation::None }, &[hits, weights, bias])?;
    let same = b.binary(call, BinaryKind::Equal, column, column)?;
    b.push(call, Op::Select, &[same, place, column])
}
