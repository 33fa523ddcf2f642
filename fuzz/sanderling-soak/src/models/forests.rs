//! Small forests as XGBoost and LightGBM write them, for the fuzzer to start from.

use serde_json::json;

/// A file for each of the two formats: target, name, bytes.
pub fn files() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    vec![("xgboost", "json", xgboost()), ("lightgbm", "text", LIGHTGBM.into())]
}

/// A numeric split, and a categorical one below it, in two classes.
fn xgboost() -> Vec<u8> {
    let tree = json!({
        "tree_param": { "num_nodes": "5", "size_leaf_vector": "1" },
        "left_children": [1, -1, 3, -1, -1], "right_children": [2, -1, 4, -1, -1],
        "split_indices": [1, 0, 0, 0, 0], "split_conditions": [0.5, 1.0, 0.0, 2.0, 4.0],
        "default_left": [0, 0, 1, 0, 0], "split_type": [0, 0, 1, 0, 0],
        "categories": [1, 40], "categories_nodes": [2], "categories_segments": [0], "categories_sizes": [2],
    });
    let model = json!({ "version": [3, 0, 0], "learner": {
        "learner_model_param": { "base_score": "5E-1", "num_class": "2", "num_feature": "2" },
        "objective": { "name": "multi:softprob" },
        "gradient_booster": { "name": "gbtree", "model": { "tree_info": [0, 1], "trees": [tree, tree] } },
    }});
    model.to_string().into_bytes()
}

/// Without its first line, which is the same in all.
const LIGHTGBM: &str = "version=v4
num_class=1
num_tree_per_iteration=1
max_feature_idx=1
objective=binary sigmoid:1

Tree=0
num_leaves=3
num_cat=1
split_feature=1 0
threshold=0.1 0
decision_type=0 1
left_child=-1 -2
right_child=1 -3
leaf_value=1 2 4
cat_boundaries=0 2
cat_threshold=2 256
is_linear=0

end of trees
";

#[cfg(test)]
mod tests {
    use sanderling_import::{ImportOptions, import};

    #[test]
    fn the_files_import() {
        for (target, _, bytes) in super::files() {
            let bytes = if target == "lightgbm" { [b"tree\n", &bytes[..]].concat() } else { bytes };
            let module = import(&bytes, &ImportOptions::default());
            module.unwrap_or_else(|error| panic!("{target}: {error}"));
        }
    }
}
