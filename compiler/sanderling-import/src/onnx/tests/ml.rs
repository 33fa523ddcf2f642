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
    let two = vec![reals("coefficients", &[1.0, 2.0]), list("classlabels_ints", &[0, 1, 2])];
    says(ml(&[1, 2], "LinearClassifier", "label y", two).error(), "3 labels do not match 1 rows");
    says(ml(&[1, 2], "CastMap", "y", vec![]).error(), "op CastMap is not supported");
    // Base values are added where a leaf said something: here only where x is small.
    let sparse = vec![list("target_ids", &[0, 1]), reals("target_weights", &[1.0, 2.0]), int("n_targets", 2)];
    let sparse = tree("BRANCH_LEQ", "target", [sparse, vec![reals("base_values", &[1.0, 1.0])]].concat());
    says(ml(&[1, 2], "TreeEnsembleRegressor", "y", sparse).error(), "no leaf has a weight of output 0");
    let known = vec![list("class_ids", &[1, 1]), reals("class_weights", &[1.0, 2.0]), reals("base_values", &[1.0])];
    let known = [known, vec![list("classlabels_int64s", &[0, 1])]].concat();
    let known = ml(&[1, 2], "TreeEnsembleClassifier", "label y", tree("BRANCH_LEQ", "class", known));
    says(known.error(), "base_values = 1 values is not supported");
}

/// A machine of three classes that gives probabilities.
fn machine() -> Vec<AttributeProto> {
    vec![
        text("kernel_type", "RBF"),
        reals("kernel_params", &[0.5, 0.0, 3.0]),
        reals("support_vectors", &[1.0, 0.0, 0.0, 1.0, 1.0, 1.0, -1.0, 0.0]),
        list("vectors_per_class", &[1, 2, 1]),
        reals("coefficients", &[0.5, -0.5, 0.25, -1.0, 1.0, 0.5, -0.5, -0.25]),
        reals("rho", &[0.1, 0.2, -0.1]),
        reals("prob_a", &[-1.0, -2.0, -1.5]),
        reals("prob_b", &[0.0, 0.1, -0.1]),
        list("classlabels_ints", &[3, 1, 7]),
    ]
}

#[test]
fn machines_of_several_classes() {
    let file = ml(&[2, 2], "SVMClassifier", "label y", machine());
    let graph = file.graph();
    let x = Tensor::from_f32(graph.ty(graph.inputs[0]).clone(), &[1.0, 0.2, -2.0, 0.0]);
    let outputs = Oracle::new(&graph).run(&[x]).unwrap();
    let (scores, labels) = (outputs[0].as_f32(), outputs[1].as_i64());
    assert_eq!(outputs[0].ty.shape, [2, 3]);
    assert!((scores[..3].iter().sum::<f32>() - 1.0).abs() < 1e-5, "{scores:?}");
    assert!(labels.iter().all(|label| [3, 1, 7].contains(label)), "{labels:?}");
    // Distances are summed up in parts, of which this takes two.
    let vectors: Vec<f32> = (0..2 * 3000).map(|i| (i % 97) as f32 / 97.0).collect();
    let coefficients: Vec<f32> = (0..3000).map(|i| if i % 2 == 0 { 1.0 } else { -0.5 }).collect();
    let expected: f64 = vectors.chunks(2).zip(&coefficients).fold(0.0, |sum, (v, c)| {
        let distance = f64::from(v[0] - 0.5).powi(2) + f64::from(v[1] - 0.25).powi(2);
        sum + f64::from(*c) * (-0.5 * distance).exp()
    });
    let large = vec![
        text("kernel_type", "RBF"),
        reals("kernel_params", &[0.5, 0.0, 3.0]),
        reals("support_vectors", &vectors),
        reals("coefficients", &coefficients),
        reals("rho", &[0.0]),
        int("n_supports", 3000),
    ];
    let found = ml(&[1, 2], "SVMRegressor", "y", large).run(&[&[0.5, 0.25]]).as_f32()[0];
    assert!((f64::from(found) - expected).abs() < 1e-4 * expected.abs(), "{found} should be {expected}");
}

#[test]
fn broken_machines_are_refused_by_name() {
    let with = |value: AttributeProto| {
        let mut attributes = machine();
        let at = attributes.iter().position(|a| a.name == value.name).unwrap();
        attributes[at] = value;
        ml(&[1, 2], "SVMClassifier", "label y", attributes).error()
    };
    let says = |value: AttributeProto, words: &str| {
        let found = with(value);
        assert!(found.contains("SVMClassifier \"label\"") && found.contains(words), "{found}");
    };
    says(text("kernel_type", "COSINE"), "kernel_type = COSINE is not supported");
    says(reals("kernel_params", &[1.0]), "1 values of kernel_params should be 3");
    says(reals("support_vectors", &[1.0; 7]), "7 values of support_vectors are not 4 vectors of 2");
    says(list("vectors_per_class", &[2, 2]), "2 values of vectors_per_class do not fit 3 labels");
    says(list("vectors_per_class", &[i64::MAX, 1, 1]), "vectors_per_class = 9223372036854775807 is not supported");
    says(list("vectors_per_class", &[-1, 1, 1]), "vectors_per_class = -1");
    says(list("vectors_per_class", &[0, 0, 0]), "8 values of coefficients do not fit 3 rows of 2");
    says(reals("coefficients", &[1.0; 4]), "4 values of coefficients should be 2 rows of 4");
    says(reals("rho", &[0.0]), "1 values of rho should be 3");
    says(reals("prob_a", &[1.0]), "1 values of prob_a should be 3");
    says(reals("prob_b", &[]), "0 values of prob_b should be 3");
    says(list("classlabels_ints", &[1]), "do not fit 1 labels");
    says(list("rho", &[1]), "attribute rho is not of type FLOATS");
}

/// A forest of the fifth version: one split that asks for members, one for a threshold.
fn ensemble(more: Vec<AttributeProto>) -> Vec<AttributeProto> {
    let tensor = |name: &str, t: TensorProto| AttributeProto { t: Some(t), ..attribute(name, AttributeType::Tensor) };
    let mut attributes = vec![
        list("tree_roots", &[0]),
        tensor("nodes_modes", bytes("", &[2], DataType::Uint8, &[6, 0])),
        list("nodes_featureids", &[0, 1]),
        tensor("nodes_splits", floats("", &[2], &[0.0, 0.5])),
        list("nodes_truenodeids", &[1, 0]),
        list("nodes_trueleafs", &[0, 1]),
        list("nodes_falsenodeids", &[2, 1]),
        list("nodes_falseleafs", &[1, 1]),
        list("leaf_targetids", &[0, 0, 0]),
        tensor("leaf_weights", floats("", &[3], &[1.0, 2.0, 3.0])),
        tensor("membership_values", floats("", &[3], &[-1.5, 2.0, f32::NAN])),
    ];
    attributes.retain(|a| more.iter().all(|other| other.name != a.name));
    [attributes, more].concat()
}

#[test]
fn members_are_numbers_of_any_kind() {
    let rows = [-1.5, 0.0, -1.5, 1.0, 2.0, 0.5, 1.0, 0.0, 2.5, 0.0, f32::NAN, 0.0];
    let file = ml(&[6, 2], "TreeEnsemble", "y", ensemble(vec![]));
    assert_eq!(file.run(&[&rows]).as_f32(), [1.0, 2.0, 1.0, 3.0, 3.0, 3.0]);
    let tracks = ensemble(vec![list("nodes_missing_value_tracks_true", &[1, 0])]);
    assert_eq!(ml(&[6, 2], "TreeEnsemble", "y", tracks).run(&[&rows]).as_f32()[5], 1.0);
    // The standard's numbers: 1 is a softmax, 2 a logistic function.
    let targets = || vec![list("leaf_targetids", &[0, 0, 1]), int("n_targets", 2)];
    let run = |transform| {
        let more = [targets(), vec![int("post_transform", transform)]].concat();
        ml(&[6, 2], "TreeEnsemble", "y", ensemble(more)).run(&[&rows]).as_f32()
    };
    let (softmax, logistic) = (run(1), run(2));
    assert!((softmax[0] + softmax[1] - 1.0).abs() < 1e-6, "{softmax:?}");
    assert!((logistic[0] - 1.0 / (1.0 + (-1f32).exp())).abs() < 1e-6 && logistic[1] == 0.5, "{logistic:?}");
}

#[test]
fn broken_ensembles_are_refused_by_name() {
    let says = |value: AttributeProto, words: &str| {
        let found = ml(&[1, 2], "TreeEnsemble", "y", ensemble(vec![value])).error();
        assert!(found.contains("TreeEnsemble \"y\"") && found.contains(words), "{found}");
    };
    let tensor = |name: &str, t: TensorProto| AttributeProto { t: Some(t), ..attribute(name, AttributeType::Tensor) };
    says(list("nodes_trueleafs", &[0]), "nodes_trueleafs has 1 values, nodes_modes 2");
    says(list("nodes_featureids", &[0, 7]), "reads feature 7, there are 3");
    says(list("nodes_featureids", &[9, 1]), "reads feature 9, there are 2");
    says(list("nodes_featureids", &[-1, 1]), "nodes_featureids = -1");
    says(list("nodes_truenodeids", &[5, 0]), "leads to node 5, which is not there");
    says(list("nodes_falsenodeids", &[3, 1]), "leads to leaf 3, which is not there");
    says(list("nodes_truenodeids", &[0, 0]), "two parents, or is its own ancestor");
    says(list("tree_roots", &[2]), "tree_roots: node 2 is not there");
    says(list("tree_roots", &[1]), "node 0 is under none of the tree_roots");
    says(list("leaf_targetids", &[0, 0, 1]), "leaf 2 is of output 1 of 1");
    says(list("leaf_targetids", &[0]), "1 leaf_targetids do not match 3 leaf_weights");
    says(tensor("nodes_modes", bytes("", &[2], DataType::Uint8, &[6, 9])), "nodes_modes = 9 is not supported");
    says(tensor("membership_values", floats("", &[0], &[])), "membership_values has 0 sets for 1 splits");
    says(int("aggregate_function", 4), "aggregate_function = 4");
    says(int("post_transform", -1), "post_transform = -1");
    says(int("n_targets", i64::MAX), "n_targets = 9223372036854775807");
}

/// An input of texts that a OneHotEncoder and a LabelEncoder read; the labels that come out are texts too.
fn words() -> File {
    let mut file = File::new(17)
        .input("x", &[3, 1])
        .node("OneHotEncoder", "x", "hot", vec![texts("cats_strings", &["oak", "elm"])])
        .node(
            "LabelEncoder",
            "x",
            "y",
            vec![
                texts("keys_strings", &["ash", "oak"]),
                texts("values_strings", &["soft", "hard"]),
                text("default_string", "none"),
            ],
        )
        .output("hot")
        .output("y");
    file.graph.input[0] = info("x", DataType::String, &fixed(&[3, 1]));
    file.graph.node.iter_mut().for_each(|node| node.domain = "ai.onnx.ml".into());
    file
}

#[test]
fn texts_are_places_in_lists() {
    let module = words().import().unwrap();
    assert_eq!(module.texts["x"], ["oak", "elm", "ash"]);
    assert_eq!(module.texts["y"], ["soft", "hard", "none"]);
    let graph = &module.functions[0];
    let x = Tensor::from_i64(graph.ty(graph.inputs[0]).clone(), &[0, 2, -1]);
    let outputs = Oracle::new(graph).run(&[x]).unwrap();
    assert_eq!(outputs[0].as_f32(), [1.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    assert_eq!(outputs[1].as_i64(), [1, 0, 2]);
    // A constant of texts follows the list of what it is compared with, or joined to.
    let strings = TensorProto {
        name: "c".into(),
        dims: vec![1],
        data_type: DataType::String as i32,
        string_data: vec!["ash".into()],
        ..TensorProto::default()
    };
    let mut file = words().constant(strings).node("Equal", "x c", "is", vec![]).output("is");
    let graph = file.graph();
    let x = Tensor::from_i64(graph.ty(graph.inputs[0]).clone(), &[0, 2, -1]);
    assert_eq!(Oracle::new(&graph).run(&[x]).unwrap()[2].data, [0, 1, 0]);
    file.graph.node.push(node("Neg", "x", "negative", vec![]));
    let found = file.error();
    assert!(found.contains("node 3 (Neg \"negative\")") && found.contains("it computes with texts"), "{found}");
    file.graph.node.pop();
    file.graph.node.push(node("Cast", "x", "number", vec![int("to", 1)]));
    assert!(file.error().contains("to = FLOAT is not supported; texts and numbers do not"));
}

#[test]
fn texts_of_two_lists_do_not_mix() {
    let encode = |file: File, x: &str, categories: &[&str]| {
        let mut file = file.node("OneHotEncoder", x, &format!("hot {x}"), vec![texts("cats_strings", categories)]);
        file.graph.node.last_mut().unwrap().domain = "ai.onnx.ml".into();
        file.graph.node.last_mut().unwrap().output.truncate(1);
        file
    };
    let inputs = || {
        let mut file = File::new(17).input("a", &[2, 1]).input("b", &[2, 1]);
        file.graph.input.iter_mut().for_each(|x| *x = info(&x.name, DataType::String, &fixed(&[2, 1])));
        file
    };
    let late = encode(inputs().node("Concat", "a b", "ab", vec![int("axis", 1)]), "ab", &["p", "q"]).output("hot");
    assert_eq!(late.import().unwrap().texts["b"], ["p", "q"]);
    let mut early = encode(encode(inputs(), "a", &["p"]), "b", &["q"]);
    early.graph.node[1].output[0] = "other".into();
    let early = early.node("Concat", "a b", "ab", vec![int("axis", 1)]).output("ab");
    assert!(early.error().contains("compared with different lists before"), "{}", early.error());
}

/// Attributes cut short, changed or gone: an error or a model, whatever they say.
#[test]
fn spoiled_attributes_never_panic() {
    let mut seed = 7u64;
    let mut next = |n: usize| {
        seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (seed >> 33) as usize % n.max(1)
    };
    let nodes = [
        ("SVMClassifier", "label y", machine()),
        ("TreeEnsemble", "y", ensemble(vec![])),
        (
            "TreeEnsembleRegressor",
            "y",
            tree("BRANCH_LEQ", "target", vec![list("target_ids", &[0, 0]), reals("target_weights", &[1.0, 2.0])]),
        ),
    ];
    for (op, outputs, attributes) in nodes {
        for _ in 0..1500 {
            let mut attributes = attributes.clone();
            let strange = [-1, 0, 1, 2, 3, 1 << 20, i64::from(i32::MAX), 1 << 40, i64::MAX, i64::MIN];
            for _ in 0..1 + next(2) {
                let at = next(attributes.len());
                let a = &mut attributes[at];
                match next(5) {
                    0 => a.floats.truncate(next(a.floats.len())),
                    1 if !a.ints.is_empty() => {
                        let at = next(a.ints.len());
                        a.ints[at] = strange[next(strange.len())];
                    }
                    2 => a.ints.extend([1; 3]),
                    3 => a.t.iter_mut().for_each(|t| t.float_data.push(next(9) as f32)),
                    _ => drop(attributes.remove(at)),
                }
            }
            let more = [("n_targets", 1), ("aggregate_function", 2)];
            attributes
                .extend(more.map(|(name, i)| int(name, if next(4) == 0 { strange[next(strange.len())] } else { i })));
            let _ = ml(&[2, 2], op, outputs, attributes).import();
        }
    }
}
