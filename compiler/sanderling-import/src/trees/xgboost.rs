//! XGBoost models as `Booster.save_model` writes them, in JSON or UBJSON.

use sanderling_ir::{Activation, BinaryKind, DType, Forest, Module, Op, Split, Tensor, TensorType, Test, TreeNode};
use serde_json::Value;

use super::{Builder, SET_WORDS_MOST, Site, Transform, bit_set, ubjson};
use crate::{ImportError, ImportOptions};

const FORMAT: &str = "XGBoost";
/// A child that is not there.
const NONE: i64 = -1;

/// Whether the bytes start as JSON or UBJSON with an object do.
pub(crate) fn recognises(bytes: &[u8]) -> bool {
    is_ubjson(bytes) || bytes.trim_ascii_start().first() == Some(&b'{')
}

/// In UBJSON the length of a name follows, with its type, where JSON has a quote.
fn is_ubjson(bytes: &[u8]) -> bool {
    matches!(bytes, [b'{', b'i' | b'U' | b'I' | b'l' | b'L' | b'#' | b'$', ..])
}

/// Reads a model.
pub(crate) fn import(bytes: &[u8], options: &ImportOptions) -> Result<Module, ImportError> {
    let file = match is_ubjson(bytes) {
        true => ubjson::read(bytes)?,
        false => serde_json::from_slice(bytes).map_err(|e| at("file").error(format!("it is not JSON: {e}")))?,
    };
    let learner = file.get("learner").ok_or_else(|| at("file").error("it has no learner; save it with save_model"))?;
    let parameters = member(learner, "learner_model_param", "learner")?;
    let features = count(parameters, "num_feature")?.unwrap_or(0);
    let outputs = count(parameters, "num_class")?.max(count(parameters, "num_target")?).unwrap_or(0).max(1);
    let objective = text(member(member(learner, "objective", "learner")?, "name", "objective")?, "objective")?;
    let (link, transform) = objective_of(objective)?;
    let base = base_scores(member(parameters, "base_score", "learner_model_param")?, outputs, link)?;
    let booster = member(learner, "gradient_booster", "learner")?;
    let mut builder = Builder::new(at("learner"), features, options)?;
    let name = text(member(booster, "name", "gradient_booster")?, "gradient_booster")?;
    let sums = match name {
        "gblinear" => linear(&mut builder, member(booster, "model", "gradient_booster")?, features, &base)?,
        "gbtree" => builder.forest(&forest(member(booster, "model", "gradient_booster")?, None, features, base)?)?,
        "dart" => {
            let inner = member(member(booster, "gbtree", "gradient_booster")?, "model", "gbtree")?;
            let weights = numbers(booster, "weight_drop", "gradient_booster")?;
            builder.forest(&forest(inner, Some(&weights), features, base)?)?
        }
        other => return at("gradient_booster").fail(format!("{other} is none of gbtree, dart, gblinear")),
    };
    let output = builder.transform(sums, transform)?;
    Ok(builder.finish("xgboost", output))
}

/// From a base score, which is a prediction, to the sum that it stands for.
#[derive(Clone, Copy, PartialEq)]
enum Link {
    Identity,
    Logit,
    Log,
}

fn objective_of(name: &str) -> Result<(Link, Transform), ImportError> {
    Ok(match name {
        "binary:logistic" | "reg:logistic" => (Link::Logit, Transform::Sigmoid(1.0)),
        "binary:logitraw" => (Link::Logit, Transform::Identity),
        "multi:softprob" => (Link::Identity, Transform::Softmax),
        "multi:softmax" => (Link::Identity, Transform::Class),
        "count:poisson" | "reg:gamma" | "reg:tweedie" | "survival:cox" | "survival:aft" => (Link::Log, Transform::Exp),
        "binary:hinge" => (Link::Identity, Transform::Step),
        "reg:squarederror"
        | "reg:linear"
        | "reg:squaredlogerror"
        | "reg:absoluteerror"
        | "reg:quantileerror"
        | "reg:pseudohubererror"
        | "rank:pairwise"
        | "rank:ndcg"
        | "rank:map" => (Link::Identity, Transform::Identity),
        other => {
            return at("objective").fail(format!("{other} is not known; its predictions are unlike those that are"));
        }
    })
}

/// One number, or a list of them, in a text such as `[5E-1,2E-1]`.
fn base_scores(value: &Value, outputs: usize, link: Link) -> Result<Vec<f32>, ImportError> {
    let number = value.as_f64().map(|v| v.to_string());
    let text = number.as_deref().map_or_else(|| text(value, "base_score"), Ok)?;
    let parsed: Result<Vec<f32>, _> = text.trim_matches(['[', ']']).split(',').map(|v| v.trim().parse()).collect();
    let mut scores = parsed.or_else(|_| at("base_score").fail(format!("{text} is no list of numbers")))?;
    if scores.len() == 1 {
        scores = vec![scores[0]; checked_outputs(outputs)?];
    }
    if scores.len() != outputs {
        return at("base_score").fail(format!("there are {} scores for {outputs} classes", scores.len()));
    }
    let margin = |score: f32| match link {
        Link::Identity => score,
        Link::Logit => -(1.0 / score - 1.0).ln(),
        Link::Log => score.ln(),
    };
    Ok(scores.into_iter().map(margin).collect())
}

fn checked_outputs(outputs: usize) -> Result<usize, ImportError> {
    if outputs > 1 << 20 {
        return at("learner_model_param").fail(format!("{outputs} classes are more than any model has"));
    }
    Ok(outputs)
}

fn forest(model: &Value, weights: Option<&[f64]>, features: usize, base: Vec<f32>) -> Result<Forest, ImportError> {
    let trees = member(model, "trees", "model")?.as_array().ok_or_else(|| at("model").error("trees is no list"))?;
    let outputs = base.len();
    let targets = indices(model, "tree_info", "model")?;
    if targets.len() != trees.len() || weights.is_some_and(|weights| weights.len() != trees.len()) {
        return at("tree_info").fail(format!("it should have an element for each of the {} trees", trees.len()));
    }
    let mut forest = Forest::new(base, 1);
    let mut set_words = SET_WORDS_MOST;
    for (i, (tree, &target)) in trees.iter().zip(&targets).enumerate() {
        let place = format!("tree {i}");
        let site = at(&place);
        if target < 0 || target as usize >= outputs {
            return site.fail(format!("it is of class {target}, there are {outputs}"));
        }
        let weight = weights.map_or(1.0, |weights| weights[i] as f32);
        let nodes = nodes(tree, site, weight, features, &mut set_words)?;
        forest.grow(target as usize, 0, &nodes).map_err(|e| site.error(e.to_string()))?;
    }
    Ok(forest)
}

/// The nodes of a tree; leaves times `weight`.
fn nodes(
    tree: &Value,
    site: Site,
    weight: f32,
    features: usize,
    set_words: &mut usize,
) -> Result<Vec<TreeNode>, ImportError> {
    if let Some(width) = tree.get("tree_param").map(|p| count(p, "size_leaf_vector")).transpose()?.flatten()
        && width > 1
    {
        return site.fail(format!("its leaves have {width} values; train with multi_strategy=one_output_per_tree"));
    }
    let conditions = numbers(tree, "split_conditions", site.place)?;
    let all = |name: &str| {
        let found = indices(tree, name, site.place)?;
        match found.len() == conditions.len() {
            true => Ok(found),
            false => site.fail(format!("{name} has {} elements, there are {} nodes", found.len(), conditions.len())),
        }
    };
    let [left, right, feature, default_left] =
        [all("left_children")?, all("right_children")?, all("split_indices")?, all("default_left")?];
    // Files of early versions know no categories.
    let kinds = if tree.get("split_type").is_some() { all("split_type")? } else { vec![0; conditions.len()] };
    let categories = Categories::read(tree, site)?;
    let mut nodes = Vec::with_capacity(conditions.len());
    for (i, &condition) in conditions.iter().enumerate() {
        let condition = condition as f32;
        if left[i] == NONE && right[i] == NONE {
            nodes.push(TreeNode::Leaf(vec![condition * weight]));
            continue;
        }
        let child =
            |child: i64| usize::try_from(child).or_else(|_| site.fail(format!("node {i} has the child {child}")));
        let feature = usize::try_from(feature[i]).ok().filter(|&f| f < features);
        let feature =
            feature.ok_or_else(|| site.error(format!("node {i} reads a feature that is not one of {features}")))?;
        let (left, right, missing_left) = (child(left[i])?, child(right[i])?, default_left[i] != 0);
        // Values below a threshold go left, categories of the set go right.
        let (test, yes, no, missing) = match kinds[i] {
            0 if condition.is_nan() => return site.fail(format!("the threshold of node {i} is no number")),
            0 => (Test::Less(condition), left, right, missing_left),
            1 => {
                let set = bit_set(&categories.of(i, site)?, set_words).map_err(|why| site.error(why))?;
                (Test::In(set.into()), right, left, !missing_left)
            }
            other => return site.fail(format!("node {i} has the split type {other}")),
        };
        nodes.push(TreeNode::Split(Split { feature, test, missing, zero_is_missing: false, yes, no }));
    }
    Ok(nodes)
}

/// Which categories go right, for the nodes that have some.
struct Categories {
    all: Vec<i64>,
    nodes: Vec<i64>,
    segments: Vec<i64>,
    sizes: Vec<i64>,
}

impl Categories {
    fn read(tree: &Value, site: Site) -> Result<Categories, ImportError> {
        let list = |name: &str| match tree.get(name) {
            Some(_) => indices(tree, name, site.place),
            None => Ok(Vec::new()),
        };
        let (all, nodes) = (list("categories")?, list("categories_nodes")?);
        Ok(Categories { all, nodes, segments: list("categories_segments")?, sizes: list("categories_sizes")? })
    }

    fn of(&self, node: usize, site: Site) -> Result<Vec<usize>, ImportError> {
        let list = || -> Option<Vec<usize>> {
            let at = self.nodes.binary_search(&(node as i64)).ok()?;
            let (start, size) =
                (usize::try_from(*self.segments.get(at)?).ok()?, usize::try_from(*self.sizes.get(at)?).ok()?);
            let list = self.all.get(start..start.checked_add(size)?)?;
            list.iter().map(|&c| usize::try_from(c).ok().filter(|&c| c < 1 << 24)).collect()
        };
        list().ok_or_else(|| site.error(format!("the categories of node {node} are not there")))
    }
}

/// `x w + bias`, without the features that are missing.
fn linear(
    builder: &mut Builder,
    model: &Value,
    features: usize,
    base: &[f32],
) -> Result<sanderling_ir::ValueId, ImportError> {
    let weights = numbers(model, "weights", "model")?;
    let outputs = base.len();
    let Some(wanted) = features.checked_add(1).and_then(|n| n.checked_mul(outputs)).filter(|&n| n == weights.len())
    else {
        let why = format!("{} weights do not fit {features} features and {outputs} classes", weights.len());
        return at("model").fail(why);
    };
    let weights: Vec<f32> = weights.into_iter().map(|w| w as f32).collect();
    let rows: Vec<f32> =
        (0..outputs).flat_map(|o| (0..features).map(move |f| f * outputs + o)).map(|i| weights[i]).collect();
    let biases: Vec<f32> = weights[wanted - outputs..].iter().zip(base).map(|(bias, base)| bias + base).collect();
    let real = |shape: &[usize], values: &[f32]| Tensor::from_f32(TensorType::new(DType::F32, shape), values);
    let x = builder.x;
    let known = builder.binary("known", BinaryKind::Equal, x, x)?;
    let zero = builder.number("zero", 0.0);
    let x = builder.push("present", Op::Select, &[known, x, zero])?;
    let w = builder.graph.constant("weights", real(&[outputs, features], &rows));
    let bias = builder.graph.constant("biases", real(&[outputs], &biases));
    builder.push("sums", Op::FullyConnected { activation: Activation::None }, &[x, w, bias])
}

fn at(place: &str) -> Site<'_> {
    Site { format: FORMAT, place }
}

fn member<'v>(value: &'v Value, name: &str, place: &str) -> Result<&'v Value, ImportError> {
    value.get(name).ok_or_else(|| at(place).error(format!("it has no {name}")))
}

fn text<'v>(value: &'v Value, place: &str) -> Result<&'v str, ImportError> {
    value.as_str().ok_or_else(|| at(place).error("it should be a text"))
}

/// A count, which the file has as a text; `None` where it has none.
fn count(parameters: &Value, name: &str) -> Result<Option<usize>, ImportError> {
    let Some(value) = parameters.get(name) else { return Ok(None) };
    let number = value.as_str().and_then(|text| text.parse().ok()).or(value.as_u64());
    match number.and_then(|n| usize::try_from(n).ok()) {
        Some(n) => Ok(Some(n)),
        None => at(name).fail(format!("{value} is no count")),
    }
}

fn numbers(value: &Value, name: &str, place: &str) -> Result<Vec<f64>, ImportError> {
    let list = member(value, name, place)?.as_array();
    let number = |v: &Value| v.as_f64().or_else(|| v.as_bool().map(f64::from));
    let numbers = list.and_then(|list| list.iter().map(number).collect());
    numbers.ok_or_else(|| at(place).error(format!("{name} is no list of numbers")))
}

fn indices(value: &Value, name: &str, place: &str) -> Result<Vec<i64>, ImportError> {
    let list = member(value, name, place)?.as_array();
    let index = |v: &Value| v.as_i64().or_else(|| v.as_bool().map(i64::from));
    let indices = list.and_then(|list| list.iter().map(index).collect());
    indices.ok_or_else(|| at(place).error(format!("{name} is no list of integers")))
}
