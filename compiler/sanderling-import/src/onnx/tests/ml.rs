//! The operators of `ai.onnx.ml`, by hand.

use super::*;

fn reals(name: &str, values: &[f32]) -> AttributeProto {
    AttributeProto { floats: values.to_vec(), ..attribute(name, AttributeType::Floats) }
}

fn texts(name: &str, values: &[&str]) -> AttributeProto {
    AttributeProto { strings: values.iter().map(|v| (*v).into()).collect(), ..attribute(name, AttributeType::Strings) }
}

/// One node of the domain between `x` and `y`; its second output, if it has one, comes first.
fn ml(dims: &[i64], op: &str, outputs: &str, attributes: Vec<AttributeProto>) -> File {
    let mut file = File::new(17).input("x", dims).node(op, "x", outputs, attributes);
    file.graph.node[0].domain = "ai.onnx.ml".into();
    outputs.split_whitespace().rev().fold(file, File::output)
}

/// A tree of one split on the second feature, children before their parent.
fn tree(mode: &str, what: &str, more: Vec<AttributeProto>) -> Vec<AttributeProto> {
    let lists = [
        list("nodes_treeids", &[4, 4, 4]),
        list("nodes_nodeids", &[1, 2, 0]),
        list("nodes_featureids", &[0, 0, 1]),
        list("nodes_truenodeids", &[0, 0, 1]),
        list("nodes_falsenodeids", &[0, 0, 2]),
        reals("nodes_values", &[0.0, 0.0, 0.5]),
        texts("nodes_modes", &["LEAF", "LEAF", mode]),
        list(&format!("{what}_treeids"), &[4, 4]),
        list(&format!("{what}_nodeids"), &[1, 2]),
    ];
    [lists.to_vec(), more].concat()
}

fn regressor(mode: &str, more: Vec<AttributeProto>) -> File {
    let weights = vec![list("target_ids", &[0, 0]), reals("target_weights", &[1.0, 2.0])];
    ml(&[4, 2], "TreeEnsembleRegressor", "y", tree(mode, "target", [weights, more].concat()))
}

#[test]
fn every_mode_of_a_split() {
    let rows = [0.0, 0.4, 0.0, 0.5, 0.0, 0.6, 0.0, f32::NAN];
    for (mode, expected) in [
        ("BRANCH_LEQ", [1.0, 1.0, 2.0, 2.0]),
        ("BRANCH_LT", [1.0, 2.0, 2.0, 2.0]),
        ("BRANCH_GT", [2.0, 2.0, 1.0, 2.0]),
        ("BRANCH_GTE", [2.0, 1.0, 1.0, 2.0]),
        ("BRANCH_EQ", [2.0, 1.0, 2.0, 2.0]),
        ("BRANCH_NEQ", [1.0, 2.0, 1.0, 1.0]),
    ] {
        assert_eq!(regressor(mode, vec![]).run(&[&rows]).as_f32(), expected, "{mode}");
        let tracks = vec![list("nodes_missing_value_tracks_true", &[0, 0, 1])];
        assert_eq!(regressor(mode, tracks).run(&[&rows]).as_f32()[3], 1.0, "{mode}");
    }
    let average = vec![text("aggregate_function", "AVERAGE"), reals("base_values", &[0.5])];
    assert_eq!(regressor("BRANCH_LEQ", average).run(&[&rows]).as_f32(), [1.5, 1.5, 2.5, 2.5]);
}

#[test]
fn two_classes_of_which_leaves_know_one() {
    let classifier = |weights: &[f32], post: &str| {
        let more = vec![
            list("class_ids", &[0, 0]),
            reals("class_weights", weights),
            list("classlabels_int64s", &[3, 7]),
            text("post_transform", post),
        ];
        ml(&[2, 2], "TreeEnsembleClassifier", "label y", tree("BRANCH_LEQ", "class", more))
    };
    let rows: &[f32] = &[0.0, 0.4, 0.0, 0.6];
    let run = |file: File| {
        let graph = file.graph();
        let x = Tensor::from_f32(graph.ty(graph.inputs[0]).clone(), rows);
        let outputs = Oracle::new(&graph).run(&[x]).unwrap();
        (outputs[0].as_f32(), outputs[1].as_i64())
    };
    assert_eq!(run(classifier(&[0.25, 0.75], "NONE")), (vec![0.75, 0.25, 0.25, 0.75], vec![3, 7]));
    assert_eq!(run(classifier(&[-0.25, 0.75], "NONE")), (vec![0.25, -0.25, -0.75, 0.75], vec![3, 7]));
    let (scores, _) = run(classifier(&[-0.25, 0.75], "LOGISTIC"));
    assert!((scores[3] - 1.0 / (1.0 + (-0.75f32).exp())).abs() < 1e-6, "{scores:?}");
}

#[test]
fn features_are_scaled_normalized_and_spread() {
    let scaler = vec![reals("offset", &[1.0, 2.0]), reals("scale", &[2.0])];
    assert_eq!(ml(&[1, 2], "Scaler", "y", scaler).run(&[&[2.0, 5.0]]).as_f32(), [2.0, 6.0]);
    let normalized =
        |norm: &str| ml(&[2, 2], "Normalizer", "y", vec![text("norm", norm)]).run(&[&[3.0, -4.0, 0.0, 0.0]]).as_f32();
    assert_eq!(normalized("L2"), [0.6, -0.8, 0.0, 0.0]);
    assert_eq!(normalized("L1"), [3.0 / 7.0, -4.0 / 7.0, 0.0, 0.0]);
    let hot = ml(&[1, 2], "OneHotEncoder", "y", vec![list("cats_int64s", &[5, 3])]).run(&[&[3.0, 4.0]]);
    assert_eq!((hot.as_f32(), hot.ty.shape), (vec![0.0, 1.0, 0.0, 0.0], vec![1, 2, 2]));
}

#[test]
fn support_vectors() {
    let svr = |kernel: &str| {
        let attributes = vec![
            text("kernel_type", kernel),
            reals("kernel_params", &[0.5, 1.0, 2.0]),
            reals("support_vectors", &[1.0, 0.0, 0.0, 1.0]),
            reals("coefficients", &[2.0, -1.0]),
            reals("rho", &[0.25]),
            int("n_supports", 2),
        ];
        ml(&[1, 2], "SVMRegressor", "y", attributes).run(&[&[1.0, 2.0]]).as_f32()[0]
    };
    let near = |a: f32, b: f32| assert!((a - b).abs() < 1e-5, "{a} should be {b}");
    near(svr("LINEAR"), 2.0 - 2.0 + 0.25);
    near(svr("RBF"), 2.0 * (-2f32).exp() - (-1f32).exp() + 0.25);
    near(svr("POLY"), 2.0 * 2.25 - 4.0 + 0.25);
    near(svr("SIGMOID"), 2.0 * 1.5f32.tanh() - 2f32.tanh() + 0.25);
}

/// The body of a loop over rows: `op` of what the node before it gives.
fn distances(op: &str, axis: i64) -> File {
    let body = GraphProto {
        input: vec![info("a", DataType::Float, &[]), info("row", DataType::Float, &[])],
        output: vec![info("same", DataType::Float, &[]), info("d", DataType::Float, &[])],
        node: vec![
            node("Identity", "a", "same", vec![]),
            node("Sub", "a row", "s", vec![]),
            node(op, "s", "r", vec![list("axes", &[axis]), int("keepdims", 0)]),
            node("Identity", "r", "d", vec![]),
        ],
        ..GraphProto::default()
    };
    File::new(12)
        .input("x", &[2, 2])
        .constant(floats("rows", &[3, 2], &[0.0, 0.0, 1.0, 1.0, 3.0, 4.0]))
        .node("Scan", "x rows", "same y", vec![branch("body", body), int("num_scan_inputs", 1)])
        .output("y")
}

#[test]
fn a_scan_over_rows_gives_their_distances() {
    let found = distances("ReduceSumSquare", 1).run(&[&[0.0, 0.0, 1.0, 2.0]]);
    assert_eq!((found.as_f32(), found.ty.shape), (vec![0.0, 5.0, 2.0, 1.0, 25.0, 8.0], vec![3, 2]));
    for other in [distances("ReduceSum", 1), distances("ReduceSumSquare", 0)] {
        assert!(other.error().contains("op Scan is not supported"));
    }
}

#[test]
fn broken_models_are_refused_by_name() {
    let with = |name: &str, value: AttributeProto| {
        let mut file = regressor("BRANCH_LEQ", vec![]);
        let attributes = &mut file.graph.node[0].attribute;
        *attributes.iter_mut().find(|a| a.name == name).unwrap() = value;
        file.error()
    };
    let says = |found: String, words: &str| assert!(found.contains(words), "{found}");
    says(with("nodes_truenodeids", list("nodes_truenodeids", &[0, 0, 9])), "has the child 9, which is not there");
    says(with("nodes_truenodeids", list("nodes_truenodeids", &[0, 0, 0])), "their own ancestors");
    says(with("nodes_truenodeids", list("nodes_truenodeids", &[0, 0, 2])), "has no root, or several");
    says(with("nodes_nodeids", list("nodes_nodeids", &[1, 1, 0])), "is there twice");
    says(with("nodes_featureids", list("nodes_featureids", &[0, 0, 2])), "reads feature 2, there are 2");
    says(with("nodes_values", reals("nodes_values", &[0.5])), "differ in length");
    says(with("target_ids", list("target_ids", &[0, 1])), "weight 1 is of output 1 of 1");
    says(with("target_nodeids", list("target_nodeids", &[1, 5])), "a node that is not there");
    says(with("target_nodeids", list("target_nodeids", &[1, 0])), "is no leaf");
    says(regressor("BRANCH_MEMBER", vec![]).error(), "BRANCH_MEMBER");
    let labels = vec![texts("classlabels_strings", &["a", "b"])];
    says(ml(&[1, 2], "LinearClassifier", "label y", labels).error(), "classlabels_strings");
    let two = vec![reals("coefficients", &[1.0, 2.0]), list("classlabels_ints", &[0, 1])];
    says(ml(&[1, 2], "LinearClassifier", "label y", two).error(), "2 labels do not match 1 rows");
    says(ml(&[1, 2], "SVMClassifier", "label y", vec![]).error(), "votes");
}
