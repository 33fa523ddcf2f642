//! XGBoost: gradient-boosted trees on histograms.
//!
//! Chen & Guestrin, "XGBoost: A Scalable Tree Boosting System" (2016), arXiv:1603.02754. The model folder holds
//! `xgboost-model`, which Python's xgboost loads.

mod bins;
mod booster;
mod file;
mod histogram;
mod hyperparameters;
mod lower;
mod objective;
#[cfg(test)]
mod tests;
mod tree;

use std::fs;
use std::path::Path;

use sanderling_data::{Format, Matrix, Table};
use sanderling_ir::Module;
use serde::{Deserialize, Serialize};
use serde_json::json;

pub use booster::Booster;
pub use hyperparameters::{Eval, GrowPolicy, Hyperparameters};
pub use objective::Objective;
pub use tree::{Node, Split, Tree};

use crate::checkpoint::Checkpoints;
use crate::{Algorithm, Card, Channel, Event, Job, Metric, Observer, TrainError, Trained, store};
use booster::{Training, measure, metrics, predictions};

const NAME: &str = "xgboost";
/// The file of the trees.
const MODEL_FILE: &str = "xgboost-model";

const CARD: Card = Card {
    name: NAME,
    about: "Gradient-boosted trees for regression and classification, missing values included",
    hyperparameters: hyperparameters::TABLE,
    channels: &[
        Channel { name: "train", required: true, about: "CSV, label first, or libsvm" },
        Channel { name: "validation", required: false, about: "The same, for early stopping and metrics" },
    ],
};

/// The algorithm.
pub struct XgBoost;

impl Algorithm for XgBoost {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn train(&self, job: &Job, observer: &mut dyn Observer) -> Result<Box<dyn Trained>, TrainError> {
        let mut hyper: Hyperparameters = job.read(&CARD)?;
        hyper.check()?;
        if let Some(seed) = job.seed {
            hyper.seed = seed;
        }
        let of = |name: &str, path: &Path| read(path, job.format(name, path)?, name, &hyper);
        let train = of("train", job.channel("train")?)?;
        let validation = match job.channels.get("validation") {
            Some(path) => Some(of("validation", path)?),
            None if hyper.early_stopping_rounds.is_some() => {
                return Err(TrainError::NoChannel { channel: "validation" });
            }
            None => None,
        };
        if let Some(validation) = &validation {
            check_width(&train.features, &validation.features, "validation")?;
        }
        Ok(Box::new(boost(job, hyper, &train, validation.as_ref(), observer)?))
    }

    fn load(&self, folder: &Path) -> Result<Box<dyn Trained>, TrainError> {
        let hyper = store::load(&folder.join(store::MODEL), NAME)?;
        let path = folder.join(MODEL_FILE);
        let bytes = fs::read(&path).map_err(TrainError::io(&path))?;
        let booster = file::read(&bytes).or_else(|what| TrainError::model(&path, what))?;
        Ok(Box::new(XgBoostModel { hyper, booster }))
    }
}

/// A trained ensemble and what it was trained with.
pub struct XgBoostModel {
    pub hyper: Hyperparameters,
    pub booster: Booster,
}

impl Trained for XgBoostModel {
    fn save(&self, folder: &Path) -> Result<(), TrainError> {
        store::write(&folder.join(MODEL_FILE), &file::write(&self.booster))?;
        store::save(&folder.join(store::MODEL), NAME, &self.hyper)
    }

    fn evaluate(&self, data: &Path) -> Result<Vec<Metric>, TrainError> {
        let table = read(data, Format::of(data)?, "data", &self.hyper)?;
        let columns = table.features.columns();
        if matches!(table.features, Matrix::Dense { .. }) && columns != self.booster.features {
            return TrainError::unfit(
                "data",
                format!("it has {columns} features, the model {}", self.booster.features),
            );
        }
        Ok(metrics(&self.booster, &self.booster.predict(&table.features), &table))
    }

    fn lower(&self) -> Result<Module, TrainError> {
        lower::lower(&self.booster)
    }
}

/// What a checkpoint holds.
#[derive(Serialize, Deserialize)]
struct State {
    /// In XGBoost's format.
    booster: String,
    best: Option<Best>,
}

/// The round whose validation was best.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Best {
    round: usize,
    value: f64,
}

fn boost(
    job: &Job,
    hyper: Hyperparameters,
    train: &Table,
    validation: Option<&Table>,
    observer: &mut dyn Observer,
) -> Result<XgBoostModel, TrainError> {
    let size = |table: &Table| [table.rows(), table.features.columns()];
    let fingerprint = json!({ "hyper": hyper, "train": size(train), "validation": validation.map(size) });
    let mut checkpoints = Checkpoints::new(job, NAME, fingerprint)?;
    let mut best: Option<Best> = None;
    let mut start = None;
    if let Some(State { booster, best: known }) = checkpoints.load()? {
        let booster = file::read(booster.as_bytes());
        let booster = booster.or_else(|what| TrainError::unfit("checkpoint", what))?;
        observer.event(&Event::Resumed { epoch: booster.rounds() as u64 });
        (start, best) = (Some(booster), known);
    }
    let mut training = Training::new(&hyper, train, start);
    let mut margins = validation.map(|table| training.booster.margins(&table.features)).unwrap_or_default();
    for round in training.booster.rounds()..hyper.num_round {
        if observer.is_cancelled() {
            break;
        }
        training.round();
        let mut report = |name: &str, value| {
            let metric = Metric::new(format!("{name}:{}", hyper.eval().name()), value);
            observer.event(&Event::Metric { epoch: round as u64, metric });
        };
        report("train", measure(hyper.eval(), &training.booster, &training.predictions(), train));
        if let Some(table) = validation {
            training.booster.add_margins(&table.features, round..round + 1, &mut margins);
            let value = measure(hyper.eval(), &training.booster, &predictions(&training.booster, &margins), table);
            report("validation", value);
            let is_better = |best: Best| if hyper.eval().rises() { value > best.value } else { value < best.value };
            if best.is_none_or(is_better) {
                best = Some(Best { round, value });
            }
        }
        observer.event(&Event::Progress { done: round as u64 + 1, total: hyper.num_round as u64 });
        if checkpoints.is_due() && checkpoints.save(state(&training.booster, best))? {
            observer.event(&Event::Checkpoint { epoch: round as u64 });
        }
        if let (Some(patience), Some(best)) = (hyper.early_stopping_rounds, best)
            && round - best.round >= patience
        {
            observer.event(&Event::EarlyStop { epoch: round as u64 });
            training.booster.trees.truncate((best.round + 1) * training.booster.groups);
            break;
        }
    }
    if training.booster.trees.is_empty() {
        return Err(TrainError::Cancelled);
    }
    if observer.is_cancelled() {
        checkpoints.save(state(&training.booster, best))?;
    } else {
        checkpoints.finish()?;
    }
    let booster = training.booster;
    Ok(XgBoostModel { hyper, booster })
}

fn state(booster: &Booster, best: Option<Best>) -> State {
    State { booster: String::from_utf8_lossy(&file::write(booster)).into_owned(), best }
}

/// Reads rows and checks their labels.
fn read(path: &Path, format: Format, channel: &str, hyper: &Hyperparameters) -> Result<Table, TrainError> {
    let format = match format {
        Format::Csv { labels, .. } => Format::Csv { labels, weights: hyper.csv_weights },
        other => other,
    };
    let table = Table::read(path, format)?;
    if table.labels.is_empty() {
        return TrainError::unfit(channel, "its rows have no labels");
    }
    for (row, &label) in table.labels.iter().enumerate() {
        if let Some(what) = hyper.objective.refuses(label, hyper.groups()) {
            return TrainError::unfit(channel, format!("row {}: {what}", row + 1));
        }
    }
    if let Some(row) = table.weights.iter().flatten().position(|&weight| weight < 0.0) {
        return TrainError::unfit(channel, format!("row {}: its weight is negative", row + 1));
    }
    Ok(table)
}

fn check_width(train: &Matrix, other: &Matrix, channel: &str) -> Result<(), TrainError> {
    match (train, other) {
        (Matrix::Dense { columns, .. }, Matrix::Dense { columns: found, .. }) if columns != found => {
            TrainError::unfit(channel, format!("it has {found} features, channel train {columns}"))
        }
        _ => Ok(()),
    }
}
