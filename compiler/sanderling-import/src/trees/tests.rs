//! Small forests by hand, and files that are broken in every way.

use sanderling_ir::{DType, Tensor, TensorType};
use sanderling_oracle::Oracle;
use serde_json::{Value, json};

use crate::{ImportError, ImportOptions, import};

fn run(bytes: &[u8], rows: &[&[f32]]) -> Vec<f32> {
    let shape = vec![rows.len(), rows[0].len()];
    let options = ImportOptions { shapes: [("input".to_string(), shape.clone())].into() };
    let module = import(bytes, &options).unwrap();
    let x = Tensor::from_f32(TensorType::new(DType::F32, &shape), &rows.concat());
    let outputs = Oracle::new(&module.functions[0]).run(&[x]).unwrap();
    match outputs[0].ty.dtype {
        DType::I64 => outputs[0].as_i64().into_iter().map(|v| v as f32).collect(),
        _ => outputs[0].as_f32(),
    }
}

/// One numeric split on feature 1, one categorical on feature 0 below it.
fn tree() -> Value {
    json!({
        "tree_param": { "num_nodes": "5", "size_leaf_vector": "1" },
        "left_children": [1, -1, 3, -1, -1], "right_children": [2, -1, 4, -1, -1],
        "split_indices": [1, 0, 0, 0, 0], "split_conditions": [0.5, 1.0, 0.0, 2.0, 4.0],
        "default_left": [false, false, true, false, false], "split_type": [0, 0, 1, 0, 0],
        "categories": [1, 40], "categories_nodes": [2], "categories_segments": [0], "categories_sizes": [2],
    })
}

fn xgboost(objective: &str, classes: usize, booster: Value) -> Value {
    json!({ "version": [3, 0, 0], "learner": {
        "learner_model_param": { "base_score": "5E-1", "num_class": classes.to_string(), "num_feature": "2" },
        "objective": { "name": objective }, "gradient_booster": booster,
    }})
}

fn gbtree() -> Value {
    xgboost("reg:squarederror", 0, json!({ "name": "gbtree", "model": { "tree_info": [0], "trees": [tree()] } }))
}

fn bytes(value: &Value) -> Vec<u8> {
    value.to_string().into_bytes()
}

/// As XGBoost writes it: typed arrays of reals, big endian.
fn ubjson(value: &Value, out: &mut Vec<u8>) {
    let text = |text: &str, out: &mut Vec<u8>| {
        out.push(b'L');
        out.extend((text.len() as i64).to_be_bytes());
        out.extend(text.as_bytes());
    };
    match value {
        Value::Null => out.push(b'Z'),
        Value::Bool(b) => out.push(if *b { b'T' } else { b'F' }),
        Value::Number(n) if n.is_i64() => {
            out.push(b'l');
            out.extend((n.as_i64().unwrap() as i32).to_be_bytes());
        }
        Value::Number(n) => {
            out.push(b'd');
            out.extend((n.as_f64().unwrap() as f32).to_be_bytes());
        }
        Value::String(s) => {
            out.push(b'S');
            text(s, out);
        }
        Value::Array(list) if !list.is_empty() && list.iter().all(Value::is_f64) => {
            out.extend(b"[$d#L");
            out.extend((list.len() as i64).to_be_bytes());
            list.iter().for_each(|v| out.extend((v.as_f64().unwrap() as f32).to_be_bytes()));
        }
        Value::Array(list) => {
            out.push(b'[');
            list.iter().for_each(|v| ubjson(v, out));
            out.push(b']');
        }
        Value::Object(map) => {
            out.push(b'{');
            for (key, value) in map {
                text(key, out);
                ubjson(value, out);
            }
            out.push(b'}');
        }
    }
}

const ROWS: [&[f32]; 6] = [&[1.0, 0.4], &[1.0, 0.5], &[40.9, 9.0], &[2.0, 9.0], &[f32::NAN, 9.0], &[-3.0, f32::NAN]];

const LIGHTGBM: &str = "tree
version=v4
num_class=1
num_tree_per_iteration=1
max_feature_idx=1
objective=regression

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

Tree=1
num_leaves=1
num_cat=0
leaf_value=0.5

end of trees
";

#[test]
fn xgboost_splits_lead_where_xgboost_goes() {
    // Categories 1 and 40 go right; what is missing goes left there, and right at the first split.
    let expected = [1.5, 4.5, 4.5, 2.5, 2.5, 2.5];
    assert_eq!(run(&bytes(&gbtree()), &ROWS), expected);
    let mut binary = Vec::new();
    ubjson(&gbtree(), &mut binary);
    assert_eq!(run(&binary, &ROWS), expected);
}

#[test]
fn xgboost_boosters_and_objectives() {
    let dart = json!({ "name": "dart", "weight_drop": [0.5],
        "gbtree": { "model": { "tree_info": [0], "trees": [tree()] } } });
    assert_eq!(run(&bytes(&xgboost("reg:squarederror", 0, dart)), &ROWS[..2]), [1.0, 2.5]);
    let linear = json!({ "name": "gblinear", "model": { "weights": [2.0, 3.0, 0.25] } });
    let linear = bytes(&xgboost("reg:squarederror", 0, linear));
    assert_eq!(run(&linear, &[&[1.0, 2.0], &[f32::NAN, 1.0]]), [8.75, 3.75]);
    let classes = json!({ "name": "gbtree", "model": { "tree_info": [1, 0], "trees": [tree(), tree()] } });
    assert_eq!(run(&bytes(&xgboost("multi:softmax", 2, classes)), &ROWS[..2]), [0.0, 0.0]);
    let leaf = json!({ "name": "gbtree", "model": { "tree_info": [], "trees": [] } });
    let p = run(&bytes(&xgboost("binary:logistic", 0, leaf.clone())), &ROWS[..1]);
    assert!((p[0] - 0.5).abs() < 1e-6);
    assert!((run(&bytes(&xgboost("count:poisson", 0, leaf)), &ROWS[..1])[0] - 0.5).abs() < 1e-6);
}

#[test]
fn lightgbm_splits_lead_where_lightgbm_goes() {
    // Nothing is missing in feature 1: NaN is zero. 0.1 is a decimal, and the input 0.1 is at most that.
    let rows: [&[f32]; 5] = [&[1.0, 0.099], &[1.0, 0.1], &[40.0, 9.0], &[2.0, 9.0], &[1.0, f32::NAN]];
    let with = |threshold: &str| LIGHTGBM.replace("0.1 0", &format!("{threshold} 0"));
    assert_eq!(run(LIGHTGBM.as_bytes(), &rows), [1.5, 1.5, 2.5, 4.5, 1.5]);
    assert_eq!(run(with("0.10000000000000002").as_bytes(), &rows[1..2]), [1.5]);
    // A number between two f32 is below the second, which is what 0.1 becomes.
    assert_eq!(run(with("0.100000001").as_bytes(), &rows[1..2]), [2.5]);
    // Missing values of kind zero go to the right, and so does zero.
    let zero = LIGHTGBM.replace("decision_type=0 1", "decision_type=4 1");
    assert_eq!(run(zero.replace("0.1 0", "0.5 0").as_bytes(), &[&[2.0, 0.0]]), [4.5]);
    let mean = LIGHTGBM.replace("num_class=1", "num_class=1\naverage_output");
    assert_eq!(run(mean.as_bytes(), &rows[..1]), [0.75]);
}

fn refused(bytes: &[u8]) -> String {
    match import(bytes, &ImportOptions::default()) {
        Ok(_) => panic!("it was not refused"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn broken_forests_are_refused_by_name() {
    let with = |path: &str, value: Value| {
        let mut file = gbtree();
        *file.pointer_mut(path).unwrap() = value;
        refused(&bytes(&file))
    };
    let tree = |name: &str, value: Value| with(&format!("/learner/gradient_booster/model/trees/0/{name}"), value);
    let says = |found: String, words: &str| assert!(found.contains(words), "{found}");
    says(tree("left_children", json!([1, -1, 0, -1, -1])), "node 0 has two parents, or is its own ancestor");
    says(tree("left_children", json!([1, -1, 9, -1, -1])), "tree 0: child 9 is not one of the 5 nodes");
    says(tree("left_children", json!([1, -1])), "left_children has 2 elements, there are 5 nodes");
    says(tree("split_indices", json!([7, 0, 0, 0, 0])), "node 0 reads a feature that is not one of 2");
    says(tree("categories_sizes", json!([3])), "the categories of node 2 are not there");
    says(tree("categories", json!([1, 16_000_000_000u64])), "categories");
    says(tree("tree_param", json!({ "size_leaf_vector": "3" })), "its leaves have 3 values");
    says(with("/learner/gradient_booster/model/tree_info", json!([1])), "it is of class 1, there are 1");
    says(with("/learner/gradient_booster/model/tree_info", json!([])), "tree_info");
    says(with("/learner/learner_model_param/num_feature", json!("0")), "0 features");
    says(with("/learner/learner_model_param/base_score", json!("[1,2]")), "2 scores for 1 classes");
    says(with("/learner/objective/name", json!("mine")), "mine is not known");
    says(refused(b"{\"algorithm\": \"xgboost\"}"), "no learner");
    says(refused(b"{ not json"), "it is not JSON");
    let mut binary = Vec::new();
    ubjson(&gbtree(), &mut binary);
    says(refused(&binary[..binary.len() / 2]), "cut short");
    let huge = [&b"{i\x01a[$U#L"[..], &i64::MAX.to_be_bytes()].concat();
    says(refused(&huge), "cut short");
    says(refused(&[&b"{i\x01a"[..], &[b'['; 1000]].concat()), "nest too deep");
    let text = |from: &str, to: &str| refused(LIGHTGBM.replace(from, to).as_bytes());
    says(text("right_child=1 -3", "right_child=1 -9"), "tree 0: child 10 is not one of the 5 nodes");
    says(text("right_child=1 -3", "right_child=0 -3"), "its own ancestor");
    says(text("split_feature=1 0", "split_feature=2 0"), "tree 0: split 0 reads feature 2, there are 2");
    says(text("num_class=1", "num_class=3"), "num_class=3 does not match");
    says(text("num_tree_per_iteration=1", "num_tree_per_iteration=3"), "2 trees do not make whole iterations of 3");
    says(text("cat_boundaries=0 2", "cat_boundaries=3 2"), "cat_boundaries do not ascend");
    says(text("end of trees\n", ""), "cut short");
    says(text("is_linear=0", "is_linear=1"), "linear models");
}

#[test]
fn mutated_files_never_panic() {
    let mut binary = Vec::new();
    ubjson(&gbtree(), &mut binary);
    let mut seed = 1u32;
    let mut number = |below: usize| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) as usize % below.max(1)
    };
    let mut read = 0;
    for file in [bytes(&gbtree()), binary, LIGHTGBM.as_bytes().to_vec()] {
        for _ in 0..20_000 {
            let mut broken = file.clone();
            for _ in 0..1 + number(3) {
                let at = number(broken.len());
                match number(4) {
                    0 => broken[at] = number(256) as u8,
                    1 => broken[at] = b"0123456789-.,]}["[number(16)],
                    2 => drop(broken.drain(at..(at + 1 + number(8)).min(file.len()).min(broken.len()).max(at))),
                    _ => broken.truncate(at.max(1)),
                }
                if broken.is_empty() {
                    break;
                }
            }
            match import(&broken, &ImportOptions::default()) {
                Ok(_) => read += 1,
                Err(ImportError::Verify { source, .. }) => panic!("an importer made a broken graph: {source}"),
                Err(_) => {}
            }
        }
    }
    // Some changes are harmless, so that what comes after parsing is reached.
    assert!(read > 100, "{read}");
}
