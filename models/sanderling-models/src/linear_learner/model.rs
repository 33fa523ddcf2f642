//! A trained linear model on features as they come.

use std::path::Path;

use sanderling_data::{Format, Table};
use sanderling_ir::Module;
use serde::{Deserialize, Serialize};

use super::candidate::Candidate;
use super::hyperparameters::{Hyperparameters, Loss, Predictor};
use super::loss::differentiate;
use super::scaler::Scaler;
use super::{NAME, read};
use crate::metrics::{Metric, Scored, best};
use crate::{TrainError, Trained, store};

/// `score = weights x + bias`, the scaling of the training folded in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LinearModel {
    pub hyper: Hyperparameters,
    pub features: usize,
    /// One row of `features` weights for each output.
    pub weights: Vec<f32>,
    pub biases: Vec<f32>,
    /// Of binary classifiers, on the score before the sigmoid.
    pub threshold: f32,
}

impl LinearModel {
    /// From a candidate on scaled features.
    pub fn new(hyper: &Hyperparameters, scaler: &Scaler, candidate: &Candidate, threshold: f32) -> LinearModel {
        let features = scaler.shifts.len();
        let mut weights = Vec::with_capacity(candidate.weights.len());
        let mut biases = Vec::with_capacity(candidate.biases.len());
        for (row, bias) in candidate.weights.chunks(features).zip(&candidate.biases) {
            let mut folded = f64::from(*bias);
            for ((w, shift), scale) in row.iter().zip(&scaler.shifts).zip(&scaler.scales) {
                weights.push(w / scale * scaler.label_scale);
                folded -= f64::from(*w) * f64::from(*shift) / f64::from(*scale);
            }
            biases.push((folded * f64::from(scaler.label_scale) + f64::from(scaler.label_shift)) as f32);
        }
        LinearModel { hyper: hyper.clone(), features, weights, biases, threshold }
    }

    /// The scores of all rows, before sigmoid and softmax.
    pub fn scores(&self, table: &Table) -> Vec<f32> {
        let mut scores = Vec::with_capacity(table.rows() * self.biases.len());
        for row in 0..table.rows() {
            for (weights, bias) in self.weights.chunks(self.features).zip(&self.biases) {
                let mut sum = f64::from(*bias);
                table.features.each(row, |column, value| {
                    sum += weights.get(column).map_or(0.0, |&w| f64::from(w) * f64::from(value));
                });
                scores.push(sum as f32);
            }
        }
        scores
    }

    /// The metrics on a table that fits.
    pub(super) fn judge(&self, table: &Table) -> Vec<Metric> {
        let mut scores = self.scores(table);
        let scored = Scored { scores: &scores, labels: &table.labels, weights: table.weights.as_deref() };
        let mut metrics = match self.hyper.predictor_type {
            Predictor::BinaryClassifier => self.binary(&scored),
            Predictor::MulticlassClassifier => self.multiclass(&scored),
            Predictor::Regressor => {
                let (mse, mae) = (scored.mean_squared_error(), scored.mean_absolute_error());
                vec![
                    Metric::new("mse", mse),
                    Metric::new("rmse", mse.sqrt()),
                    Metric::new("absolute_loss", mae),
                    Metric::new("r2", scored.r2()),
                ]
            }
        };
        let rows = scores.chunks_mut(self.biases.len()).zip(table.labels.chunks(1));
        let sum: f64 = rows.map(|(scores, label)| differentiate(&self.hyper, scores, label, &[1.0])).sum();
        metrics.push(Metric::new("objective_loss", sum / table.rows() as f64));
        if self.hyper.loss() == Loss::Logistic {
            metrics.push(Metric::new("threshold", 1.0 / (1.0 + (-f64::from(self.threshold)).exp())));
        }
        metrics
    }

    fn binary(&self, scored: &Scored) -> Vec<Metric> {
        let [precision, recall, f_beta] = scored.f_beta(self.threshold, self.hyper.f_beta);
        vec![
            Metric::new("binary_classification_accuracy", 1.0 - scored.error(self.threshold)),
            Metric::new("binary_f_beta", f_beta),
            Metric::new("precision", precision),
            Metric::new("recall", recall),
            Metric::new("roc_auc_score", scored.auc()),
        ]
    }

    fn multiclass(&self, scored: &Scored) -> Vec<Metric> {
        let classes = self.biases.len();
        let rows: Vec<&[f32]> = scored.scores.chunks(classes).collect();
        let is_in_top = |(scores, &label): (&&[f32], &f32)| {
            let own = scores[label as usize];
            scores.iter().filter(|&&s| s > own).count() < self.hyper.accuracy_top_k
        };
        let top = rows.iter().zip(scored.labels).filter(|&pair| is_in_top(pair)).count() as f64 / rows.len() as f64;
        let mut means = [0.0; 3];
        for class in 0..classes {
            let of = |value: usize| f32::from(u8::from(value == class));
            let predicted: Vec<f32> = rows.iter().map(|scores| of(best(scores))).collect();
            let labels: Vec<f32> = scored.labels.iter().map(|&label| of(label as usize)).collect();
            let own = Scored { scores: &predicted, labels: &labels, ..*scored }.f_beta(0.5, self.hyper.f_beta);
            means.iter_mut().zip(own).for_each(|(mean, value)| *mean += value / classes as f64);
        }
        vec![
            Metric::new("multiclass_accuracy", 1.0 - scored.class_error(classes)),
            Metric::new("multiclass_top_k_accuracy", top),
            Metric::new("macro_f_beta", means[2]),
            Metric::new("macro_precision", means[0]),
            Metric::new("macro_recall", means[1]),
        ]
    }
}

impl Trained for LinearModel {
    fn lower(&self) -> Result<Module, TrainError> {
        super::lower::lower(self)
    }

    fn save(&self, folder: &Path) -> Result<(), TrainError> {
        store::save(&folder.join(store::MODEL), NAME, self)
    }

    fn evaluate(&self, data: &Path) -> Result<Vec<Metric>, TrainError> {
        Ok(self.judge(&read(data, Format::of(data)?, "data", &self.hyper, Some(self.features))?))
    }
}
