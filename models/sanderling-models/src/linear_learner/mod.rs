//! Linear Learner: linear and logistic regression by gradient descent, several candidates side by side.
//!
//! After Liberty et al., "Elastic Machine Learning Algorithms in Amazon SageMaker" (SIGMOD 2020): candidates with different
//! step sizes and regularization share every batch; the best on the validation data is the model, with the threshold that
//! suits the criterion.

mod candidate;
mod group;
mod hyperparameters;
mod loss;
mod lower;
mod math;
mod model;
mod rows;
mod scaler;
#[cfg(test)]
mod tests;
mod threshold;
mod trainer;

use std::path::Path;

use rayon::prelude::*;
use sanderling_data::{Format, Matrix, Table};
use serde_json::json;

pub use hyperparameters::{Criterion, Hyperparameters, Loss, Optimizer, Predictor};
pub use model::LinearModel;

use crate::checkpoint::Checkpoints;
use crate::{Algorithm, Card, Channel, Event, Job, Metric, Observer, TrainError, Trained, store};
use candidate::Candidate;
use rows::Rows;
use scaler::Scaler;
use trainer::State;

const NAME: &str = "linear-learner";

const CARD: Card = Card {
    name: NAME,
    about: "Linear and logistic regression, binary and multiclass classification",
    hyperparameters: hyperparameters::TABLE,
    channels: &[
        Channel {
            name: "train",
            required: true,
            about: "Rows of numbers: CSV, label first, libsvm, RecordIO, JSON Lines, Parquet ...",
        },
        Channel {
            name: "validation",
            required: false,
            about: "The same; the best candidate and threshold are chosen by it",
        },
        Channel { name: "test", required: false, about: "The same; metrics at the end" },
    ],
};

/// The algorithm.
pub struct LinearLearner;

impl Algorithm for LinearLearner {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn train(&self, job: &Job, observer: &mut dyn Observer) -> Result<Box<dyn Trained>, TrainError> {
        let hyper: Hyperparameters = job.read(&CARD)?;
        hyper.check()?;
        let of = |name: &str, path: &Path, width| read(path, job.format(name, path)?, name, &hyper, width);
        let train = of("train", job.channel("train")?, hyper.feature_dim)?;
        let width = train.features.columns();
        let other = |name: &str| job.channels.get(name).map(|path| of(name, path, Some(width))).transpose();
        let (validation, test) = (other("validation")?, other("test")?);
        let model = learn(job, &hyper, &train, validation.as_ref(), observer)?;
        if let Some(test) = &test {
            for metric in model.judge(test) {
                let metric = Metric::new(format!("test:{}", metric.name), metric.value);
                observer.event(&Event::Metric { epoch: hyper.epochs as u64, metric });
            }
        }
        Ok(Box::new(model))
    }

    fn load(&self, folder: &Path) -> Result<Box<dyn Trained>, TrainError> {
        let path = folder.join(store::MODEL);
        let model: LinearModel = store::load(&path, NAME)?;
        let outputs = model.hyper.outputs();
        if model.features == 0 || model.biases.len() != outputs || model.weights.len() != outputs * model.features {
            return TrainError::model(&path, "its weights do not fit its features and classes");
        }
        Ok(Box::new(model))
    }
}

fn learn(
    job: &Job,
    hyper: &Hyperparameters,
    train: &Table,
    validation: Option<&Table>,
    observer: &mut dyn Observer,
) -> Result<LinearModel, TrainError> {
    let seed = job.seed.unwrap_or(0);
    let scaler = Scaler::new(hyper, train);
    let rows = Rows::new(train, &scaler, weights(hyper, train));
    let size = |table: &Table| [table.rows(), table.features.columns()];
    let fingerprint = json!({ "hyper": hyper, "seed": seed, "train": size(train), "validation": validation.map(size) });
    let mut checkpoints = Checkpoints::new(job, NAME, fingerprint)?;
    let mut state = match checkpoints.load::<State>()? {
        Some(state) => {
            observer.event(&Event::Resumed { epoch: state.epoch as u64 });
            state
        }
        None => State::new(hyper, train.features.columns(), seed),
    };
    let judge = validation.map(|table| Rows::new(table, &scaler, weights(hyper, table)));
    while state.epoch < hyper.epochs && !observer.is_cancelled() {
        let epoch = state.epoch as u64;
        let mut losses = trainer::epoch(hyper, &rows, seed, &mut state);
        let mut report = |channel: &str, losses: &[f64]| {
            let metric = Metric::new(format!("{channel}:objective_loss"), least(losses).1);
            observer.event(&Event::Metric { epoch, metric });
        };
        report("train", &losses);
        if let Some(rows) = &judge {
            losses = trainer::losses(hyper, rows, &state.candidates);
            report("validation", &losses);
        }
        observer.event(&Event::Progress { done: epoch + 1, total: hyper.epochs as u64 });
        let found = least(&losses).1;
        // A first epoch, or one that is better by more than the tolerance.
        if state.best.is_none_or(|(_, best)| found < best - best.abs() * hyper.early_stopping_tolerance) {
            state.best = Some((state.epoch, found));
        }
        let is_stuck = state.best.is_some_and(|(at, _)| state.epoch - at >= hyper.early_stopping_patience);
        if is_stuck {
            observer.event(&Event::EarlyStop { epoch });
            break;
        }
        if checkpoints.is_due() && checkpoints.save(&state)? {
            observer.event(&Event::Checkpoint { epoch });
        }
    }
    if state.epoch == 0 {
        return Err(TrainError::Cancelled);
    }
    if observer.is_cancelled() {
        checkpoints.save(&state)?;
    } else {
        checkpoints.finish()?;
    }
    let (table, rows) = validation.zip(judge.as_ref()).unwrap_or((train, &rows));
    Ok(choose(hyper, &scaler, &state.candidates, table, rows))
}

/// The best candidate on a table, whose rows are `rows`, with its threshold.
fn choose(
    hyper: &Hyperparameters,
    scaler: &Scaler,
    candidates: &[Candidate],
    table: &Table,
    rows: &Rows,
) -> LinearModel {
    if hyper.predictor_type != Predictor::BinaryClassifier {
        let (best, _) = least(&trainer::losses(hyper, rows, candidates));
        return LinearModel::new(hyper, scaler, &candidates[best], 0.0);
    }
    let (losses, scores) = trainer::scores(hyper, rows, candidates);
    let threshold = |scores: &Vec<f32>| threshold::choose(hyper, scores, &table.labels, &rows.weights);
    let found: Vec<(f32, f64)> = scores.par_iter().map(threshold).collect();
    let by_loss = hyper.binary_classifier_model_selection_criteria == Criterion::LossFunction;
    // Among equals of a coarse criterion the one with the smaller loss.
    let badness = |(&(_, value), &loss): (&(f32, f64), &f64)| if by_loss { loss } else { 1e-6 * loss.min(1e5) - value };
    let (best, _) = least(&found.iter().zip(&losses).map(badness).collect::<Vec<f64>>());
    LinearModel::new(hyper, scaler, &candidates[best], found[best].0)
}

/// The index of the least value and the value; NaN is never it.
fn least(values: &[f64]) -> (usize, f64) {
    let key = |value: f64| if value.is_nan() { f64::INFINITY } else { value };
    let at = (0..values.len()).min_by(|&a, &b| key(values[a]).total_cmp(&key(values[b]))).unwrap_or(0);
    (at, values[at])
}

/// The weight of each row, that of its class included.
fn weights(hyper: &Hyperparameters, table: &Table) -> Vec<f32> {
    let mut of_class = vec![1.0; hyper.outputs()];
    if hyper.balance_multiclass_weights && hyper.predictor_type == Predictor::MulticlassClassifier {
        let mut counts = vec![0usize; of_class.len()];
        table.labels.iter().for_each(|&label| counts[label as usize] += 1);
        let mean = table.rows() as f32 / of_class.len() as f32;
        of_class = counts.iter().map(|&count| mean / count.max(1) as f32).collect();
    }
    let of_row = |(row, &label): (usize, &f32)| {
        let class = match hyper.predictor_type {
            Predictor::BinaryClassifier if label > 0.5 => hyper.positive_example_weight_mult,
            Predictor::MulticlassClassifier => of_class[label as usize],
            _ => 1.0,
        };
        table.weight(row) * class
    };
    table.labels.iter().enumerate().map(of_row).collect()
}

/// Reads rows, checks their labels, and that no value is missing.
fn read(
    path: &Path,
    format: Format,
    channel: &str,
    hyper: &Hyperparameters,
    width: Option<usize>,
) -> Result<Table, TrainError> {
    let mut table = Table::read(path, format)?;
    if table.labels.is_empty() {
        return TrainError::unfit(channel, "its rows have no labels");
    }
    for (row, &label) in table.labels.iter().enumerate() {
        let what = match hyper.predictor_type {
            Predictor::BinaryClassifier if label != 0.0 && label != 1.0 => "is neither 0 nor 1".to_string(),
            Predictor::MulticlassClassifier
                if label.fract() != 0.0 || !(0.0..hyper.outputs() as f32).contains(&label) =>
            {
                format!("is no class from 0 to {}; num_classes says how many there are", hyper.outputs() - 1)
            }
            _ => continue,
        };
        return TrainError::unfit(channel, format!("row {}: label {label} {what}", row + 1));
    }
    let found = table.features.columns();
    match (&mut table.features, width) {
        (Matrix::Dense { .. }, Some(width)) if width != found => {
            return TrainError::unfit(channel, format!("it has {found} features, {width} are expected"));
        }
        // Rows that leave out the last features still have them.
        (Matrix::Sparse(rows), Some(width)) => rows.width = width.max(rows.width),
        _ => {}
    }
    if let Matrix::Dense { values, columns } = &table.features
        && let Some(at) = values.iter().position(|v| v.is_nan())
    {
        let (row, column) = (at / columns + 1, at % columns + 1);
        return TrainError::unfit(
            channel,
            format!("row {row}: feature {column} is missing; fill it in, or use xgboost"),
        );
    }
    Ok(table)
}
