//! All candidates over the same batches, epoch after epoch.

use ndarray::{ArrayView2, ArrayViewMut2, linalg::general_mat_mul};
use rayon::prelude::*;
use sanderling_data::Table;
use serde::{Deserialize, Serialize};

use super::candidate::{Candidate, settings};
use super::hyperparameters::Hyperparameters;
use super::loss::differentiate;
use super::scaler::Scaler;
use crate::random::Random;

/// A training between two epochs.
#[derive(Serialize, Deserialize)]
pub struct State {
    pub epoch: usize,
    pub candidates: Vec<Candidate>,
    /// The least loss so far and the epoch in which it was reached.
    pub best: Option<(usize, f64)>,
}

impl State {
    pub fn new(hyper: &Hyperparameters, features: usize, seed: u64) -> State {
        let settings = settings(hyper).into_iter().enumerate();
        let candidate = |(index, setting)| {
            Candidate::new(hyper, setting, features, &mut Random::part(seed, 1 << 32 | index as u64))
        };
        State { epoch: 0, candidates: settings.map(candidate).collect(), best: None }
    }
}

/// What stays the same during a training.
pub struct Trainer<'a> {
    pub hyper: &'a Hyperparameters,
    pub table: &'a Table,
    pub scaler: &'a Scaler,
    pub weights: Vec<f32>,
    pub seed: u64,
}

impl Trainer<'_> {
    /// One pass over the rows in an order that depends on seed and epoch; the mean loss of each candidate on the way.
    pub fn epoch(&self, state: &mut State) -> Vec<f64> {
        let mut order: Vec<usize> = (0..self.table.rows()).collect();
        Random::part(self.seed, state.epoch as u64).shuffle(&mut order);
        let mut losses = vec![0.0; state.candidates.len()];
        for rows in order.chunks(self.hyper.mini_batch_size) {
            let batch = Batch::new(self.table, self.scaler, rows);
            let weights: Vec<f32> = rows.iter().map(|&row| self.weights[row]).collect();
            let total: f32 = weights.iter().sum();
            state.candidates.par_iter_mut().zip(&mut losses).for_each(|(candidate, loss)| {
                let mut scores = batch.scores(candidate);
                let outputs = self.hyper.outputs();
                for ((scores, &label), &weight) in scores.chunks_mut(outputs).zip(&batch.labels).zip(&weights) {
                    *loss += f64::from(differentiate(self.hyper, scores, label) * weight);
                    scores.iter_mut().for_each(|derivative| *derivative *= weight / total);
                }
                let (weights, biases) = batch.derivatives(&scores, outputs);
                candidate.step(self.hyper, &weights, &biases);
            });
        }
        state.epoch += 1;
        let total: f64 = self.weights.iter().map(|&w| f64::from(w)).sum();
        losses.iter_mut().for_each(|loss| *loss /= total);
        losses
    }
}

/// The mean loss of a candidate on a table.
pub fn loss(hyper: &Hyperparameters, scaler: &Scaler, candidate: &Candidate, table: &Table, weights: &[f32]) -> f64 {
    let (mut sum, mut total) = (0.0, 0.0);
    for_batches(scaler, table, |rows, batch| {
        let mut scores = batch.scores(candidate);
        for ((scores, &label), &row) in scores.chunks_mut(hyper.outputs()).zip(&batch.labels).zip(rows) {
            sum += f64::from(differentiate(hyper, scores, label) * weights[row]);
            total += f64::from(weights[row]);
        }
    });
    sum / total
}

/// The scores of a candidate for all rows of a table.
pub fn scores(scaler: &Scaler, candidate: &Candidate, table: &Table) -> Vec<f32> {
    let mut all = Vec::new();
    for_batches(scaler, table, |_, batch| all.extend(batch.scores(candidate)));
    all
}

fn for_batches(scaler: &Scaler, table: &Table, mut see: impl FnMut(&[usize], &Batch)) {
    let order: Vec<usize> = (0..table.rows()).collect();
    for rows in order.chunks(1024) {
        see(rows, &Batch::new(table, scaler, rows));
    }
}

/// Scaled rows.
struct Batch {
    x: Vec<f32>,
    features: usize,
    labels: Vec<f32>,
}

impl Batch {
    fn new(table: &Table, scaler: &Scaler, rows: &[usize]) -> Batch {
        let features = scaler.shifts.len();
        let mut x = vec![0.0; rows.len() * features];
        x.par_chunks_mut(features).zip(rows).for_each(|(x, &row)| scaler.row(&table.features, row, x));
        let labels = rows.iter().map(|&row| scaler.label(table.labels[row])).collect();
        Batch { x, features, labels }
    }

    fn rows(&self) -> ArrayView2<'_, f32> {
        matrix(&self.x, self.labels.len(), self.features)
    }

    /// `x w^T + b`, row after row.
    fn scores(&self, candidate: &Candidate) -> Vec<f32> {
        let (rows, outputs) = (self.labels.len(), candidate.biases.len());
        let mut scores: Vec<f32> = candidate.biases.iter().copied().cycle().take(rows * outputs).collect();
        let weights = matrix(&candidate.weights, outputs, self.features);
        general_mat_mul(1.0, &self.rows(), &weights.t(), 1.0, &mut matrix_mut(&mut scores, rows, outputs));
        scores
    }

    /// The derivatives by weights and by biases from those by scores.
    fn derivatives(&self, by_scores: &[f32], outputs: usize) -> (Vec<f32>, Vec<f32>) {
        let mut weights = vec![0.0; outputs * self.features];
        let by = matrix(by_scores, self.labels.len(), outputs);
        general_mat_mul(1.0, &by.t(), &self.rows(), 0.0, &mut matrix_mut(&mut weights, outputs, self.features));
        (weights, by.columns().into_iter().map(|column| column.sum()).collect())
    }
}

fn matrix(values: &[f32], rows: usize, columns: usize) -> ArrayView2<'_, f32> {
    ArrayView2::from_shape((rows, columns), values).expect("as many values as rows times columns")
}

fn matrix_mut(values: &mut [f32], rows: usize, columns: usize) -> ArrayViewMut2<'_, f32> {
    ArrayViewMut2::from_shape((rows, columns), values).expect("as many values as rows times columns")
}
