//! LightGBM models as `Booster.save_model` writes them: lines of `key=value`, a block for each tree.
//!
//! LightGBM compares and sums in `f64`. Inputs are `f32` here, so a threshold becomes the largest `f32` that is not above
//! it, which leads every `f32` the same way. One within a few last digits above a decimal, such as 1.1050000000000002, is
//! different: there the data were decimals, and inputs of just that decimal round to `f32`, perhaps upwards. So does such
//! a threshold. Leaves round to `f32`, and so does each sum.

use std::collections::HashMap;

use sanderling_ir::{Forest, Module, Split, Test, TreeNode};

use super::{Builder, SET_WORDS_MOST, Site, Transform};
use crate::{ImportError, ImportOptions};

const FORMAT: &str = "LightGBM";

/// Whether the bytes start as LightGBM's text does.
pub(crate) fn recognises(bytes: &[u8]) -> bool {
    bytes.starts_with(b"tree\n") || bytes.starts_with(b"tree\r\n")
}

/// Reads a model.
pub(crate) fn import(bytes: &[u8], options: &ImportOptions) -> Result<Module, ImportError> {
    let text = std::str::from_utf8(bytes).map_err(|e| at("file").error(format!("it is not text: {e}")))?;
    let mut blocks = Vec::new();
    let mut block = Block { place: "header".into(), fields: HashMap::new() };
    let mut ended = false;
    for line in text.lines().map(str::trim) {
        if line == "end of trees" {
            ended = true;
            break;
        }
        let (key, value) = line.split_once('=').unwrap_or((line, ""));
        if key == "Tree" {
            let next = Block { place: format!("tree {}", blocks.len()), fields: HashMap::new() };
            blocks.push(std::mem::replace(&mut block, next));
        }
        block.fields.insert(key, value);
    }
    blocks.push(block);
    if !ended {
        return at("file").fail("it is cut short: `end of trees` is missing");
    }
    let header = blocks.remove(0);
    let outputs: usize = header.number("num_tree_per_iteration")?;
    if outputs == 0 || !blocks.len().is_multiple_of(outputs) || outputs > 1 << 20 {
        let why = format!("{} trees do not make whole iterations of {outputs}", blocks.len());
        return header.site().fail(why);
    }
    let classes: usize = header.number("num_class")?;
    if classes != outputs {
        return header.site().fail(format!("num_class={classes} does not match num_tree_per_iteration={outputs}"));
    }
    let features = header.number::<usize>("max_feature_idx")?.saturating_add(1);
    let transform = transform(&header)?;
    let mut forest = Forest::new(vec![0.0; outputs], 1);
    let mut set_words = SET_WORDS_MOST;
    for (i, block) in blocks.iter().enumerate() {
        let nodes = block.nodes(features, &mut set_words)?;
        forest.grow(i % outputs, 0, &nodes).map_err(|e| block.site().error(e.to_string()))?;
    }
    let mut builder = Builder::new(header.site(), features, options)?;
    let mut sums = builder.forest(&forest)?;
    if header.fields.contains_key("average_output") && !blocks.is_empty() {
        sums = builder.times("mean", sums, 1.0 / (blocks.len() / outputs) as f32)?;
    }
    let output = builder.transform(sums, transform)?;
    Ok(builder.finish("lightgbm", output))
}

/// What the objective makes of the sums.
fn transform(header: &Block) -> Result<Transform, ImportError> {
    // A model of a custom objective has none.
    let mut words = header.fields.get("objective").copied().unwrap_or("custom").split_ascii_whitespace();
    let name = words.next().unwrap_or("custom");
    let mut sigmoid = 1.0;
    let mut is_root = false;
    for word in words {
        if let Some(value) = word.strip_prefix("sigmoid:") {
            sigmoid = value.parse().map_err(|_| header.site().error(format!("{word} is no number")))?;
        }
        is_root |= word == "sqrt";
    }
    Ok(match name {
        "binary" | "multiclassova" | "multiclass_ova" | "ova" | "ovr" => Transform::Sigmoid(sigmoid),
        "cross_entropy" | "xentropy" => Transform::Sigmoid(1.0),
        "cross_entropy_lambda" | "xentlambda" => Transform::Softplus,
        "multiclass" | "softmax" => Transform::Softmax,
        "poisson" | "gamma" | "tweedie" => Transform::Exp,
        "regression" | "regression_l2" | "l2" if is_root => Transform::SignedSquare,
        "regression" | "regression_l2" | "l2" | "regression_l1" | "l1" | "huber" | "fair" | "quantile" | "mape"
        | "lambdarank" | "rank_xendcg" | "custom" => Transform::Identity,
        other => return header.site().fail(format!("objective {other} is not known")),
    })
}

/// The lines of the header or of a tree.
struct Block<'a> {
    place: String,
    fields: HashMap<&'a str, &'a str>,
}

impl Block<'_> {
    fn site(&self) -> Site<'_> {
        at(&self.place)
    }

    fn field(&self, name: &str) -> Result<&str, ImportError> {
        self.fields.get(name).copied().ok_or_else(|| self.site().error(format!("it has no {name}")))
    }

    fn number<T: std::str::FromStr>(&self, name: &str) -> Result<T, ImportError> {
        let text = self.field(name)?;
        text.parse().map_err(|_| self.site().error(format!("{name}={text} is no count")))
    }

    /// A list of exactly `count` numbers.
    fn list<T: std::str::FromStr>(&self, name: &str, count: usize) -> Result<Vec<T>, ImportError> {
        let words = self.field(name)?.split_ascii_whitespace();
        let list: Result<Vec<T>, _> = words.map(str::parse).collect();
        match list {
            Ok(list) if list.len() == count => Ok(list),
            Ok(list) => self.site().fail(format!("{name} has {} numbers, not {count}", list.len())),
            Err(_) => self.site().fail(format!("{name} is no list of numbers")),
        }
    }

    /// The splits, then the leaves.
    fn nodes(&self, features: usize, set_words: &mut usize) -> Result<Vec<TreeNode>, ImportError> {
        let site = self.site();
        let leaves: usize = self.number("num_leaves")?;
        let splits = leaves.checked_sub(1).ok_or_else(|| site.error("it has no leaves"))?;
        if self.fields.get("is_linear").is_some_and(|v| *v != "0") {
            return site.fail("its leaves are linear models; train with linear_tree=false");
        }
        let values: Vec<f64> = self.list("leaf_value", leaves)?;
        let mut nodes = Vec::new();
        if splits > 0 {
            let feature: Vec<usize> = self.list("split_feature", splits)?;
            let threshold: Vec<f64> = self.list("threshold", splits)?;
            let kind: Vec<u8> = self.list("decision_type", splits)?;
            let left: Vec<i64> = self.list("left_child", splits)?;
            let right: Vec<i64> = self.list("right_child", splits)?;
            let sets = self.sets()?;
            // Children below zero are leaves: -1 the first.
            let child = |c: i64| if c < 0 { splits.saturating_add((-1 - c) as usize) } else { c as usize };
            for i in 0..splits {
                if feature[i] >= features {
                    return site.fail(format!("split {i} reads feature {}, there are {features}", feature[i]));
                }
                let (is_category, default_left, missing_kind) = (kind[i] & 1 != 0, kind[i] & 2 != 0, kind[i] >> 2 & 3);
                let mut zero_is_missing = false;
                let (test, missing) = if is_category {
                    let set = sets.get(threshold[i] as usize).filter(|_| threshold[i] >= 0.0);
                    let set = set.ok_or_else(|| site.error(format!("the categories of split {i} are not there")))?;
                    *set_words = set_words
                        .checked_sub(set.len())
                        .ok_or_else(|| site.error("its sets of categories are larger than any model has"))?;
                    (Test::In(set[..].into()), false)
                } else {
                    if threshold[i].is_nan() {
                        return site.fail(format!("the threshold of split {i} is no number"));
                    }
                    zero_is_missing = missing_kind == 1;
                    // Where nothing is missing, NaN counts as zero.
                    let missing = if missing_kind == 0 { 0.0 <= threshold[i] } else { default_left };
                    (Test::AtMost(rounded(threshold[i])), missing)
                };
                let (yes, no) = (child(left[i]), child(right[i]));
                nodes.push(TreeNode::Split(Split { feature: feature[i], test, missing, zero_is_missing, yes, no }));
            }
        }
        nodes.extend(values.into_iter().map(|value| TreeNode::Leaf(vec![value as f32])));
        Ok(nodes)
    }

    /// The bit sets of the categorical splits.
    fn sets(&self) -> Result<Vec<Vec<u32>>, ImportError> {
        let sets: usize = if self.fields.contains_key("num_cat") { self.number("num_cat")? } else { 0 };
        if sets == 0 {
            return Ok(Vec::new());
        }
        let ends: Vec<usize> = self.list("cat_boundaries", sets.saturating_add(1))?;
        let words: Vec<u32> = self.list("cat_threshold", ends.last().copied().unwrap_or(0))?;
        let set = |pair: &[usize]| words.get(pair[0]..pair[1]).map(<[u32]>::to_vec);
        let sets: Option<Vec<Vec<u32>>> = ends.windows(2).map(set).collect();
        sets.ok_or_else(|| self.site().error("cat_boundaries do not ascend"))
    }
}

/// The largest `f32` that is not above a threshold, or the nearest where the threshold is just above a short decimal.
fn rounded(t: f64) -> f32 {
    let near = t as f32;
    let decimal: f64 = format!("{t:.6e}").parse().unwrap_or(f64::NAN);
    let is_decimal = (0.0..=4.0 * f64::EPSILON * t.abs()).contains(&(t - decimal));
    if f64::from(near) > t && !is_decimal { near.next_down() } else { near }
}

fn at(place: &str) -> Site<'_> {
    Site { format: FORMAT, place }
}
