//! The trainers beside scikit-learn and XGBoost: with the same settings the same quality, to one part in a hundred.
//!
//! `peers.json` has the peers' figures and all settings; `cargo xtask bench trainers --record` measures and writes it. The
//! settings were chosen for the loss on the training rows to stand still, never by a test row.

mod tables;

use std::collections::BTreeMap;
use std::env;
use std::path::PathBuf;

use sanderling_models::{Job, Metric, find};
use serde::Deserialize;

/// A peer's training and ours.
#[derive(Deserialize)]
struct Pair {
    algorithm: String,
    table: String,
    /// Ours.
    hyperparameters: BTreeMap<String, String>,
    /// With its version.
    peer: String,
    /// The peer's.
    settings: String,
    metric: String,
    /// The peer's, on the test rows.
    figure: f64,
}

fn check(algorithm: &str) {
    let Some(data) = env::var_os("SANDERLING_DATA").map(PathBuf::from) else {
        eprintln!("skipped: {algorithm} beside its peer (SANDERLING_DATA is not set)");
        return;
    };
    let pairs: Vec<Pair> = serde_json::from_str(include_str!("peers.json")).unwrap();
    let pairs: Vec<&Pair> = pairs.iter().filter(|pair| pair.algorithm == algorithm).collect();
    assert_eq!(pairs.len(), 7);
    for pair in pairs {
        let ours = figure(&data.join("datasets/tabular").join(&pair.table), pair);
        let Pair { table, metric, peer, settings, figure, .. } = pair;
        println!("{algorithm} {table}: {metric} {ours:.4}, {peer} {figure:.4} ({settings})");
        assert!((ours / figure - 1.0).abs() <= 0.01, "{algorithm} {table}: {metric} {ours}, the peer's {figure}");
    }
}

/// The metric on the test rows of what is trained on the others.
fn figure(source: &std::path::Path, pair: &Pair) -> f64 {
    let folder = tempfile::tempdir().unwrap();
    tables::spread(source, folder.path());
    let channels = BTreeMap::from([("train".to_string(), folder.path().join("train.csv"))]);
    let job = Job { hyperparameters: pair.hyperparameters.clone(), channels, ..Job::default() };
    let model = find(&pair.algorithm).unwrap().train(&job, &mut ()).unwrap();
    let metrics = model.evaluate(&folder.path().join("test.csv")).unwrap();
    let of = |name: &str| metrics.iter().find(|metric| metric.name == name).map(|Metric { value, .. }| *value);
    let accuracy = || of("binary_classification_accuracy").or_else(|| of("multiclass_accuracy"));
    let error = || of("error").or_else(|| of("merror")).map(|error| 1.0 - error);
    of(&pair.metric).or_else(accuracy).or_else(error).unwrap()
}

#[test]
fn linear_learner_is_as_good_as_scikit_learn() {
    check("linear-learner");
}

#[test]
fn xgboost_is_as_good_as_xgboost() {
    check("xgboost");
}
