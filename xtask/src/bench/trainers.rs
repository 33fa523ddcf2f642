//! `trainers`: our trainers beside scikit-learn and XGBoost, on the public tables with the same settings.
//!
//! A peer's script turns a data set into CSV files of numbers and trains on them; our command line trains on the same files.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::row::Row;
use super::{Bench, case, peers};

/// The median of so many trainings counts.
const RUNS: usize = 3;
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

/// What the peer minimizes, `C = 1` or `alpha = 1`: one candidate with its regularization, stepping less and less until it
/// stands still.
fn linear(classes: u32, rows: u32) -> Vec<String> {
    let batch = rows.min(1000);
    let epochs = (2000 / rows.div_ceil(batch)).clamp(50, 300);
    let mut all = vec![format!("wd={}", 1.0 / f64::from(rows))];
    all.extend([format!("mini_batch_size={batch}"), format!("epochs={epochs}")]);
    all.extend(["l1=0", "num_models=1", "learning_rate=0.1", "lr_scheduler_step=10"].map(str::to_owned));
    all.extend([format!("early_stopping_patience={epochs}"), "early_stopping_tolerance=0".to_owned()]);
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
    let mut rows = Vec::new();
    for (table, classes, count) in TABLES {
        let folder = bench.folder.path().join(table);
        let source = data.join("datasets/tabular").join(table);
        let _: Prepared = ask(script(&python).arg("prepare").arg(&source).arg(&folder))?;
        for trainer in &TRAINERS {
            bar.set_message(format!("{} {table}", trainer.name));
            rows.extend(beside(bench, &python, trainer, (table, classes, count), &folder)?);
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    Ok(rows)
}

/// What `trainers.py prepare` says.
#[derive(Deserialize)]
struct Prepared {}

/// What `trainers.py train` says.
#[derive(Deserialize)]
#[serde(untagged)]
enum Peer {
    Trained { name: String, accuracy: Option<f64>, rmse: Option<f64>, seconds: f64 },
    Missing {},
}

fn beside(
    bench: &Bench,
    python: &Path,
    trainer: &Trainer,
    (table, classes, count): (&str, u32, u32),
    folder: &Path,
) -> Result<Vec<Row>> {
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
        if let Peer::Trained { name: said, accuracy, rmse, seconds } = peer {
            peers.0.push(accuracy.or(rmse).context("the peer measured nothing")?);
            peers.1.push(seconds);
            name = Some(said);
        }
    }
    let case = format!("{} {table}", trainer.name);
    let metric = if classes == 0 { "rmse" } else { "accuracy" };
    let row = |metric, unit, ours: &[f64], peers: &[f64]| {
        let row = Row::new(&case, metric, unit, median(ours));
        match &name {
            Some(name) => row.beside(name, median(peers)),
            None => row.beside_missing(trainer.peer),
        }
    };
    Ok(vec![row(metric, metric, &ours.0, &peers.0), row("training", "s", &ours.1, &peers.1)])
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
