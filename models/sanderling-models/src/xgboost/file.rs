//! XGBoost's JSON model format, as its `Booster.load_model` reads it and this crate writes it.
//!
//! Numbers stand in it as strings in some places; the names of fields are XGBoost's.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::booster::Booster;
use super::objective::Objective;
use super::tree::{Node, Split, Tree};

/// A child that is not there.
const NONE: i64 = -1;
/// The parent of the root.
const NO_PARENT: i64 = 2_147_483_647;

/// The arrays of a tree, an element for each node.
#[derive(Serialize, Deserialize)]
struct TreeFile {
    base_weights: Vec<f32>,
    categories: Vec<i64>,
    categories_nodes: Vec<i64>,
    categories_segments: Vec<i64>,
    categories_sizes: Vec<i64>,
    default_left: Vec<u8>,
    id: usize,
    left_children: Vec<i64>,
    loss_changes: Vec<f32>,
    parents: Vec<i64>,
    right_children: Vec<i64>,
    /// Thresholds; in leaves their values.
    split_conditions: Vec<f32>,
    split_indices: Vec<u32>,
    split_type: Vec<u8>,
    sum_hessian: Vec<f32>,
    tree_param: Map<String, Value>,
}

/// The file of a booster.
pub fn write(booster: &Booster) -> Vec<u8> {
    let trees: Vec<TreeFile> = booster.trees.iter().enumerate().map(|(id, t)| tree_file(t, id, booster)).collect();
    let (rounds, groups) = (booster.rounds(), booster.groups);
    let info: Vec<usize> = (0..booster.trees.len()).map(|tree| tree % groups).collect();
    let parameters = match booster.objective {
        Objective::Softmax | Objective::Softprob => {
            ("softmax_multiclass_param", json!({ "num_class": groups.to_string() }))
        }
        _ => ("reg_loss_param", json!({ "scale_pos_weight": "1" })),
    };
    let mut objective = Map::from_iter([("name".to_string(), json!(booster.objective.name()))]);
    objective.insert(parameters.0.into(), parameters.1);
    let file = json!({
        "version": [2, 1, 4],
        "learner": {
            "attributes": {},
            "feature_names": booster.names,
            "feature_types": vec!["float"; booster.names.len()],
            "gradient_booster": {
                "name": "gbtree",
                "model": {
                    "gbtree_model_param": {
                        "num_parallel_tree": "1",
                        "num_trees": booster.trees.len().to_string(),
                    },
                    "iteration_indptr": (0..=rounds).map(|round| round * groups).collect::<Vec<_>>(),
                    "tree_info": info,
                    "trees": trees,
                },
            },
            "learner_model_param": {
                "base_score": format!("{:E}", booster.base_score),
                "boost_from_average": "1",
                "num_class": if booster.objective.is_of_classes() { groups } else { 0 }.to_string(),
                "num_feature": booster.features.to_string(),
                "num_target": "1",
            },
            "objective": objective,
        },
    });
    format!("{file}\n").into_bytes()
}

fn tree_file(tree: &Tree, id: usize, booster: &Booster) -> TreeFile {
    let nodes = &tree.nodes;
    let mut parents = vec![NO_PARENT; nodes.len()];
    for (at, node) in nodes.iter().enumerate() {
        if let Some(split) = &node.split {
            parents[split.left as usize] = at as i64;
            parents[split.right as usize] = at as i64;
        }
    }
    let of = |f: fn(&Split) -> i64| nodes.iter().map(|n| n.split.as_ref().map_or(NONE, f)).collect();
    TreeFile {
        base_weights: nodes.iter().map(|n| n.value).collect(),
        categories: Vec::new(),
        categories_nodes: Vec::new(),
        categories_segments: Vec::new(),
        categories_sizes: Vec::new(),
        default_left: nodes.iter().map(|n| n.split.is_some_and(|s| s.missing_left).into()).collect(),
        id,
        left_children: of(|split| split.left.into()),
        loss_changes: nodes.iter().map(|n| n.split.map_or(0.0, |s| s.gain)).collect(),
        parents,
        right_children: of(|split| split.right.into()),
        split_conditions: nodes.iter().map(|n| n.split.map_or(n.value, |s| s.threshold)).collect(),
        split_indices: nodes.iter().map(|n| n.split.map_or(0, |s| s.feature)).collect(),
        split_type: vec![0; nodes.len()],
        sum_hessian: nodes.iter().map(|n| n.cover).collect(),
        tree_param: Map::from_iter([
            ("num_deleted".to_string(), json!("0")),
            ("num_feature".to_string(), json!(booster.features.to_string())),
            ("num_nodes".to_string(), json!(nodes.len().to_string())),
            ("size_leaf_vector".to_string(), json!("1")),
        ]),
    }
}

/// Reads a file that [`write`] wrote; other files of XGBoost's go through the importer.
pub fn read(bytes: &[u8]) -> Result<Booster, String> {
    let file: Value = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    let learner = &file["learner"];
    let text = |value: &Value, what: &str| value.as_str().map(str::to_string).ok_or_else(|| format!("no {what}"));
    let number = |name: &str| {
        let text = text(&learner["learner_model_param"][name], name)?;
        text.parse::<f32>().map_err(|_| format!("{name} is {text}, not a number"))
    };
    let name = &learner["objective"]["name"];
    let objective: Objective = serde_json::from_value(name.clone())
        .map_err(|_| format!("objective {name} is not one of {}", Objective::NAMES.join(", ")))?;
    let features = number("num_feature")? as usize;
    let trees = learner["gradient_booster"]["model"]["trees"].as_array().ok_or("no trees")?;
    let trees: Result<Vec<Tree>, String> = trees
        .iter()
        .enumerate()
        .map(|(at, tree)| {
            let file: TreeFile = serde_json::from_value(tree.clone()).map_err(|e| format!("tree {at}: {e}"))?;
            tree_of(&file, features).ok_or_else(|| format!("tree {at}: its arrays contradict each other"))
        })
        .collect();
    let (trees, groups) = (trees?, (number("num_class")? as usize).max(1));
    if !trees.len().is_multiple_of(groups) {
        return Err(format!("{} trees do not make whole rounds of {groups} classes", trees.len()));
    }
    let names: Vec<String> = serde_json::from_value(learner["feature_names"].clone()).unwrap_or_default();
    Ok(Booster { objective, base_score: number("base_score")?, features, names, groups, trees })
}

/// `None` where the arrays do not make a tree whose children stand behind their parents.
fn tree_of(file: &TreeFile, features: usize) -> Option<Tree> {
    let count = file.split_conditions.len();
    let node = |at: usize| {
        let (left, right) = (*file.left_children.get(at)?, *file.right_children.get(at)?);
        let is_child = |child: i64| (at as i64) < child && (child as usize) < count;
        let condition = file.split_conditions[at];
        let split = match (left, right) {
            (NONE, NONE) => None,
            _ => Some(Split {
                feature: file.split_indices.get(at).copied().filter(|&f| (f as usize) < features)?,
                threshold: condition,
                missing_left: *file.default_left.get(at)? != 0,
                left: is_child(left).then_some(left as u32)?,
                right: is_child(right).then_some(right as u32)?,
                gain: *file.loss_changes.get(at)?,
            }),
        };
        let value = if split.is_some() { *file.base_weights.get(at)? } else { condition };
        Some(Node { split, value, cover: *file.sum_hessian.get(at)? })
    };
    let nodes: Vec<Node> = (0..count).map(node).collect::<Option<_>>()?;
    (count > 0).then_some(Tree { nodes })
}
