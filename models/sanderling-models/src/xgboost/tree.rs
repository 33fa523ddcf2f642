//! A tree, and how one grows on histograms (Chen & Guestrin 2016; LightGBM's sibling subtraction).

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use rayon::prelude::*;

use super::bins::Binned;
use super::histogram::{Histogram, Sum};
use super::hyperparameters::{GrowPolicy, Hyperparameters};
use super::objective::Gradient;
use crate::random::Random;

/// A binary tree; node 0 is the root, children stand behind their parents.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Tree {
    pub nodes: Vec<Node>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Node {
    /// `None` in leaves.
    pub split: Option<Split>,
    /// What a row that ends here gets.
    pub value: f32,
    /// Sum of second derivatives of the training rows.
    pub cover: f32,
}

/// Rows with `x[feature] < threshold` go to `left`, others to `right`, missing values where `missing_left` says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Split {
    pub feature: u32,
    pub threshold: f32,
    pub missing_left: bool,
    pub left: u32,
    pub right: u32,
    pub gain: f32,
}

impl Tree {
    /// The value of the leaf that a row ends in; `row` has NaN where a value is missing.
    pub fn predict(&self, row: &[f32]) -> f32 {
        let mut node = &self.nodes[0];
        while let Some(split) = &node.split {
            let x = row.get(split.feature as usize).copied().unwrap_or(f32::NAN);
            let goes_left = if x.is_nan() { split.missing_left } else { x < split.threshold };
            node = &self.nodes[if goes_left { split.left } else { split.right } as usize];
        }
        node.value
    }
}

/// Finds the trees of a training.
pub struct Grower<'a> {
    pub binned: &'a Binned,
    pub hyper: &'a Hyperparameters,
}

/// Fewer bins than this are not worth a second thread.
const PARALLEL_FROM: usize = 1 << 14;
/// Gains below are rounding.
const GAIN_MIN: f64 = 1e-6;

/// A tree that grows.
struct Growth<'a> {
    tree: Tree,
    /// Nodes that stay leaves, and their rows.
    leaves: Vec<(usize, Vec<u32>)>,
    queue: BinaryHeap<Queued>,
    features: Features,
    gradients: &'a [Gradient],
    random: &'a mut Random,
}

/// A node that may be split.
struct Candidate {
    node: usize,
    depth: usize,
    rows: Vec<u32>,
    sum: Sum,
    histogram: Histogram,
}

/// The best split of a node.
#[derive(Clone, Copy, Debug)]
struct Found {
    gain: f64,
    feature: usize,
    /// The last bin that goes left.
    bin: u8,
    missing_left: bool,
    left: Sum,
}

impl Grower<'_> {
    /// Grows a tree on these rows; the second result is the value of each of them.
    pub fn grow(&self, rows: Vec<u32>, gradients: &[Gradient], random: &mut Random) -> (Tree, Vec<(u32, f32)>) {
        let sum = rows.iter().fold(Sum::default(), |sum, &row| {
            let g = gradients[row as usize];
            sum.add(Sum { first: f64::from(g.first), second: f64::from(g.second) })
        });
        let all: Vec<usize> = (0..self.binned.features).collect();
        let features = Features { of_tree: sample(&all, self.hyper.colsample_bytree, random), of_levels: Vec::new() };
        let tree = Tree { nodes: vec![self.leaf(sum)] };
        let mut growth = Growth { tree, leaves: Vec::new(), queue: BinaryHeap::new(), features, gradients, random };
        let histogram = Histogram::new(self.binned, &rows, gradients);
        self.consider(&mut growth, Candidate { node: 0, depth: 0, rows, sum, histogram });
        let mut leaf_count = 1;
        while let Some(Queued { candidate, best, .. }) = growth.queue.pop() {
            if self.hyper.max_leaves > 0 && leaf_count >= self.hyper.max_leaves {
                growth.leaves.push((candidate.node, candidate.rows));
                continue;
            }
            leaf_count += 1;
            self.split(&mut growth, candidate, best);
        }
        let Growth { tree, leaves, .. } = growth;
        let values = leaves.into_iter().flat_map(|(node, rows)| {
            let value = tree.nodes[node].value;
            rows.into_iter().map(move |row| (row, value))
        });
        let values = values.collect();
        (tree, values)
    }

    fn leaf(&self, sum: Sum) -> Node {
        let value = (self.weight(sum) * self.hyper.eta) as f32;
        Node { split: None, value, cover: sum.second as f32 }
    }

    /// Puts a node into the queue with its best split, or, if none is worth it, among the leaves.
    fn consider(&self, growth: &mut Growth, candidate: Candidate) {
        let features = growth.features.of_node(candidate.depth, self.hyper, growth.random);
        let best = self.best(&candidate.histogram, candidate.sum, &features);
        if best.gain <= GAIN_MIN || best.gain < self.hyper.gamma {
            growth.leaves.push((candidate.node, candidate.rows));
            return;
        }
        let rank = match self.hyper.grow_policy {
            GrowPolicy::Depthwise => -(candidate.depth as f64),
            GrowPolicy::Lossguide => best.gain,
        };
        growth.queue.push(Queued { rank, candidate, best });
    }

    fn split(&self, growth: &mut Growth, candidate: Candidate, best: Found) {
        let Candidate { node, depth, rows, sum, histogram } = candidate;
        let goes_left = |row: &u32| match self.binned.bin(*row as usize, best.feature) {
            Some(bin) => bin <= best.bin,
            None => best.missing_left,
        };
        let (left_rows, right_rows): (Vec<u32>, Vec<u32>) = rows.iter().partition(|row| goes_left(row));
        let (left, right) = (best.left, sum.less(best.left));
        let at = growth.tree.nodes.len();
        growth.tree.nodes[node].split = Some(Split {
            feature: best.feature as u32,
            threshold: self.binned.cuts[best.feature][usize::from(best.bin)],
            missing_left: best.missing_left,
            left: at as u32,
            right: at as u32 + 1,
            gain: best.gain as f32,
        });
        growth.tree.nodes.extend([self.leaf(left), self.leaf(right)]);
        let depth = depth + 1;
        if self.hyper.max_depth > 0 && depth >= self.hyper.max_depth {
            growth.leaves.extend([(at, left_rows), (at + 1, right_rows)]);
            return;
        }
        // The smaller child is counted, the larger one is what is left.
        let left_is_small = left_rows.len() <= right_rows.len();
        let small = Histogram::new(self.binned, if left_is_small { &left_rows } else { &right_rows }, growth.gradients);
        let large = histogram.sibling(&small);
        let (left_histogram, right_histogram) = if left_is_small { (small, large) } else { (large, small) };
        self.consider(growth, Candidate { node: at, depth, rows: left_rows, sum: left, histogram: left_histogram });
        let (node, rows, histogram) = (at + 1, right_rows, right_histogram);
        self.consider(growth, Candidate { node, depth, rows, sum: right, histogram });
    }

    /// The best split among features, the first of equals.
    fn best(&self, histogram: &Histogram, sum: Sum, features: &[usize]) -> Found {
        let none = Found { gain: 0.0, feature: 0, bin: 0, missing_left: false, left: Sum::default() };
        let better = |a: Found, b: Found| match b.gain.total_cmp(&a.gain) {
            Ordering::Greater => b,
            Ordering::Equal if b.feature < a.feature && b.gain > 0.0 => b,
            _ => a,
        };
        let of_feature = |&feature: &usize| self.best_of(histogram, sum, feature);
        if self.binned.starts[self.binned.features] < PARALLEL_FROM {
            return features.iter().map(of_feature).fold(none, better);
        }
        features.par_iter().with_min_len(16).map(of_feature).reduce(|| none, better)
    }

    fn best_of(&self, histogram: &Histogram, sum: Sum, feature: usize) -> Found {
        let (bins, cuts) = (histogram.feature(self.binned, feature), self.binned.cuts[feature].len());
        let parent = self.gain(sum);
        let missing = bins[cuts + 1];
        let mut best = Found { gain: 0.0, feature, bin: 0, missing_left: false, left: Sum::default() };
        let mut consider = |bin: usize, missing_left: bool, left: Sum| {
            let right = sum.less(left);
            if left.second < self.hyper.min_child_weight || right.second < self.hyper.min_child_weight {
                return;
            }
            let gain = self.gain(left) + self.gain(right) - parent;
            if gain > best.gain {
                best = Found { gain, feature, bin: bin as u8, missing_left, left };
            }
        };
        let mut left = Sum::default();
        for (bin, sum) in bins[..cuts].iter().enumerate() {
            left = left.add(*sum);
            consider(bin, false, left);
            if self.binned.has_missing[feature] {
                consider(bin, true, left.add(missing));
            }
        }
        best
    }

    /// The value of a leaf before the step size.
    fn weight(&self, sum: Sum) -> f64 {
        if sum.second < self.hyper.min_child_weight || sum.second <= 0.0 {
            return 0.0;
        }
        let weight = -threshold(sum.first, self.hyper.alpha) / (sum.second + self.hyper.lambda);
        match self.hyper.max_delta_step {
            0.0 => weight,
            most => weight.clamp(-most, most),
        }
    }

    /// How much the loss falls with a leaf for these rows, doubled.
    fn gain(&self, sum: Sum) -> f64 {
        if sum.second < self.hyper.min_child_weight || sum.second <= 0.0 {
            return 0.0;
        }
        let first = threshold(sum.first, self.hyper.alpha);
        if self.hyper.max_delta_step == 0.0 {
            return first * first / (sum.second + self.hyper.lambda);
        }
        let weight = self.weight(sum);
        -(2.0 * first * weight + (sum.second + self.hyper.lambda) * weight * weight)
    }
}

fn threshold(first: f64, alpha: f64) -> f64 {
    if first > alpha {
        first - alpha
    } else if first < -alpha {
        first + alpha
    } else {
        0.0
    }
}

/// The features that a tree, its levels and its nodes look at.
struct Features {
    of_tree: Vec<usize>,
    of_levels: Vec<Vec<usize>>,
}

impl Features {
    fn of_node(&mut self, depth: usize, hyper: &Hyperparameters, random: &mut Random) -> Vec<usize> {
        while self.of_levels.len() <= depth {
            self.of_levels.push(sample(&self.of_tree, hyper.colsample_bylevel, random));
        }
        sample(&self.of_levels[depth], hyper.colsample_bynode, random)
    }
}

/// A share of features, at least one, ascending.
fn sample(features: &[usize], share: f64, random: &mut Random) -> Vec<usize> {
    if share >= 1.0 {
        return features.to_vec();
    }
    let count = ((features.len() as f64 * share) as usize).max(1);
    random.choose(features.len(), count).into_iter().map(|i| features[i]).collect()
}

/// Ordered by rank, the earlier node first among equals.
struct Queued {
    rank: f64,
    candidate: Candidate,
    best: Found,
}

impl Ord for Queued {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank.total_cmp(&other.rank).then(other.candidate.node.cmp(&self.candidate.node))
    }
}

impl PartialOrd for Queued {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Queued {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Queued {}
