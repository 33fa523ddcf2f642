//! `trainers`: our trainers beside scikit-learn and XGBoost, on the public tables with the same settings.
//!
//! A peer's script turns a data set into CSV files of numbers and trains on them; our command line trains on the same files.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::row::Row;
use super::{Bench, case, peers};
use crate::process;

/// The median of so many trainings counts.
const RUNS: usize = 3;
/// What the test of the trainers compares with.
const PAIRS: &str = "models/sanderling-models/tests/peers/peers.json";
/// Data set, classes, rows of training.
const TABLES: [(&str, u32, u32); 7] = [
    ("breast_cancer", 2, 426),
    ("digits", 10, 1347),
    ("wine", 3, 133),
    ("iris", 3, 112),
    ("adult", 2, 24_420),
    ("higgs_small", 2, 7000),
    ("diabetes", 0, 331),
];

/// A trainer of ours and its peer.
struct Trainer {
    name: &'static str,
    peer: &'static str,
    hyperparameters: fn(classes: u32, rows: u32) -> Vec<String>,
}

const TRAINERS: [Trainer; 2] = [
    Trainer { name: "linear-learner", peer: "scikit-learn", hyperparameters: linear },
    Trainer { name: "xgboost", peer: "XGBoost", hyperparameters: xgboost },
];

/// What the peer minimizes, `C = 1` or `alpha = 1`: one candidate with its regularization, of the mean loss where the peer's is of
/// the sum, for so many steps that the loss on the training rows stands still.
fn linear(classes: u32, rows: u32) -> Vec<String> {
    let batch = rows.min(256);
    let epochs = 2000 / rows.div_ceil(batch);
    // The peer halves the penalty of classes, and not that of regression.
    let wd = if classes == 0 { 2.0 } else { 1.0 } / f64::from(rows);
    let mut all = vec![format!("wd={wd}"), format!("mini_batch_size={batch}"), format!("epochs={epochs}")];
    all.extend(["l1=0".to_owned(), "num_models=1".to_owned(), format!("early_stopping_patience={epochs}")]);
    match classes {
        0 => all.push("predictor_type=regressor".into()),
        2 => all.push("predictor_type=binary_classifier".into()),
        n => all.extend(["predictor_type=multiclass_classifier".to_owned(), format!("num_classes={n}")]),
    }
    all
}

fn xgboost(classes: u32, _: u32) -> Vec<String> {
    let mut all = ["num_round=100", "max_depth=6", "eta=0.1"].map(str::to_owned).to_vec();
    match classes {
        0 => all.push("objective=reg:squarederror".into()),
        2 => all.push("objective=binary:logistic".into()),
        n => all.extend(["objective=multi:softprob".to_owned(), format!("num_class={n}")]),
    }
    all
}

pub fn rows(bench: &Bench) -> Result<Vec<Row>> {
    let Some(data) = case::data() else {
        eprintln!("skipped: the public tables (SANDERLING_DATA is not set)");
        return Ok(Vec::new());
    };
    let python = peers::install().context("the tables are prepared in Python")?;
    let bar = bench.bar(TABLES.len() * TRAINERS.len());
    let (mut rows, mut pairs) = (Vec::new(), Vec::new());
    for (table, classes, count) in TABLES {
        let folder = bench.folder.path().join(table);
        let source = data.join("datasets/tabular").join(table);
        let _: Prepared = ask(script(&python).arg("prepare").arg(&source).arg(&folder))?;
        for trainer in &TRAINERS {
            bar.set_message(format!("{} {table}", trainer.name));
            let (own, pair) = beside(bench, &python, trainer, (table, classes, count), &folder)?;
            rows.extend(own);
            pairs.extend(pair);
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    if bench.record && pairs.len() == TABLES.len() * TRAINERS.len() {
        let path = process::root().join(PAIRS);
        let text = serde_json::to_string_pretty(&pairs)? + "\n";
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(rows)
}

/// A peer's training and ours, as the test of the trainers reads it.
#[derive(Serialize)]
struct Pair {
    algorithm: &'static str,
    table: &'static str,
    hyperparameters: BTreeMap<String, String>,
    peer: String,
    settings: String,
    metric: &'static str,
    figure: f64,
}

/// What `trainers.py prepare` says.
#[derive(Deserialize)]
struct Prepared {}

/// What `trainers.py train` says.
#[derive(Deserialize)]
#[serde(untagged)]
enum Peer {
    Trained { name: String, settings: String, accuracy: Option<f64>, rmse: Option<f64>, seconds: f64 },
    Missing {},
}

fn beside(
    bench: &Bench,
    python: &Path,
    trainer: &Trainer,
    (table, classes, count): (&'static str, u32, u32),
    folder: &Path,
) -> Result<(Vec<Row>, Option<Pair>)> {
    let hyperparameters = (trainer.hyperparameters)(classes, count);
    let mut ours = (Vec::new(), Vec::new());
    let mut peers = (Vec::new(), Vec::new());
    let mut name = None;
    for _ in 0..RUNS {
        let model = folder.join(trainer.name);
        let start = Instant::now();
        bench.cli.train(trainer.name, &folder.join("train.csv"), &hyperparameters, &model)?;
        ours.1.push(start.elapsed().as_secs_f64());
        let metrics = bench.cli.evaluate(&model, &folder.join("test.csv"))?;
        ours.0.push(quality(&metrics, classes).context("evaluate lacks the metric")?);
        let peer = ask(script(python).args(["train", trainer.name]).arg(folder))?;
        if let Peer::Trained { name: said, settings, accuracy, rmse, seconds } = peer {
            peers.0.push(accuracy.or(rmse).context("the peer measured nothing")?);
            peers.1.push(seconds);
            name = Some((said, settings));
        }
    }
    let case = format!("{} {table}", trainer.name);
    let metric = if classes == 0 { "rmse" } else { "accuracy" };
    let row = |metric, unit, ours: &[f64], peers: &[f64]| {
        let row = Row::new(&case, metric, unit, median(ours));
        match &name {
            Some((name, _)) => row.beside(name, median(peers)),
            None => row.beside_missing(trainer.peer),
        }
    };
    let rows = vec![row(metric, metric, &ours.0, &peers.0), row("training", "s", &ours.1, &peers.1)];
    let pair = name.zip(median(&peers.0)).map(|((peer, settings), figure)| Pair {
        algorithm: trainer.name,
        table,
        hyperparameters: hyperparameters.iter().filter_map(|pair| pair.split_once('=')).map(owned).collect(),
        peer,
        settings,
        metric,
        figure,
    });
    Ok((rows, pair))
}

fn owned((key, value): (&str, &str)) -> (String, String) {
    (key.to_owned(), value.to_owned())
}

/// The accuracy of classes, or the root of the mean squared error.
fn quality(metrics: &Map<String, Value>, classes: u32) -> Option<f64> {
    let first = |names: &[&str]| names.iter().find_map(|name| metrics.get(*name)?.as_f64());
    match classes {
        0 => first(&["rmse"]),
        _ => first(&["binary_classification_accuracy", "multiclass_accuracy"])
            .or_else(|| first(&["error", "merror"]).map(|error| 1.0 - error)),
    }
}

fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied()
}

fn script(python: &Path) -> Command {
    let mut command = Command::new(python);
    command.arg(peers::scripts().join("trainers.py")).stdin(Stdio::null()).stderr(Stdio::inherit());
    command
}

/// The object that a script prints.
fn ask<T: DeserializeOwned>(command: &mut Command) -> Result<T> {
    let output = command.output().with_context(|| format!("cannot start {command:?}"))?;
    ensure!(output.status.success(), "{command:?} failed");
    serde_json::from_slice(&output.stdout).with_context(|| format!("{command:?} printed something else than JSON"))
}
