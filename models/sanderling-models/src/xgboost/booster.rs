//! Boosting: round after round a tree for each class, each against what the trees before it leave wrong.

use rayon::prelude::*;
use sanderling_data::{Matrix, Table};

use super::bins::Binned;
use super::hyperparameters::{Eval, Hyperparameters};
use super::objective::{Gradient, Objective};
use super::tree::{Grower, Tree};
use crate::metrics::{Metric, Scored};
use crate::random::Random;

/// A trained ensemble.
#[derive(Clone, Debug, PartialEq)]
pub struct Booster {
    pub objective: Objective,
    /// What a row is predicted before the first tree, as a prediction and not as a margin.
    pub base_score: f32,
    pub features: usize,
    /// Names of the features, or none.
    pub names: Vec<String>,
    /// Trees of a round, one for each class.
    pub groups: usize,
    /// Round after round.
    pub trees: Vec<Tree>,
}

impl Booster {
    pub fn rounds(&self) -> usize {
        self.trees.len() / self.groups
    }

    /// Adds the trees of these rounds to margins, in their order; rows are those of the matrix.
    pub fn add_margins(&self, matrix: &Matrix, rounds: std::ops::Range<usize>, margins: &mut [f32]) {
        let trees = &self.trees[rounds.start * self.groups..rounds.end * self.groups];
        margins.par_chunks_mut(self.groups).enumerate().for_each_init(
            || vec![f32::NAN; self.features.max(matrix.columns())],
            |buffer, (row, margins)| {
                matrix.copy_row(row, f32::NAN, &mut buffer[..matrix.columns()]);
                for (tree, group) in trees.iter().zip((0..self.groups).cycle()) {
                    margins[group] += tree.predict(buffer);
                }
            },
        );
    }

    /// The margins of all rows, class by class within a row.
    pub fn margins(&self, matrix: &Matrix) -> Vec<f32> {
        let mut margins = vec![self.objective.margin(self.base_score); matrix.rows() * self.groups];
        self.add_margins(matrix, 0..self.rounds(), &mut margins);
        margins
    }

    /// Probabilities, values or margins of all rows, as the objective has it.
    pub fn predict(&self, matrix: &Matrix) -> Vec<f32> {
        let mut margins = self.margins(matrix);
        margins.par_chunks_mut(self.groups).for_each(|margins| self.objective.transform(margins));
        margins
    }
}

/// A training between two rounds.
pub struct Training<'a> {
    hyper: &'a Hyperparameters,
    train: &'a Table,
    binned: Binned,
    margins: Vec<f32>,
    gradients: Vec<Gradient>,
    pub booster: Booster,
}

impl<'a> Training<'a> {
    /// Starts from nothing, or goes on from a booster of the same job.
    pub fn new(hyper: &'a Hyperparameters, train: &'a Table, start: Option<Booster>) -> Self {
        let binned = Binned::new(&train.features, hyper.max_bin);
        let booster = start.unwrap_or_else(|| {
            let estimate = || hyper.objective.base_score(&train.labels, |row| train.weight(row));
            Booster {
                objective: hyper.objective,
                base_score: hyper.base_score.unwrap_or_else(estimate),
                features: train.features.columns(),
                names: train.names.clone(),
                groups: hyper.groups(),
                trees: Vec::new(),
            }
        });
        let margins = booster.margins(&train.features);
        let gradients = vec![Gradient::default(); margins.len()];
        Training { hyper, train, binned, margins, gradients, booster }
    }

    /// Grows the trees of one round. The random choices depend on the seed and the number of the round alone.
    pub fn round(&mut self) {
        let (groups, rows) = (self.booster.groups, self.train.rows());
        let mut random = Random::part(self.hyper.seed, self.booster.rounds() as u64);
        self.differentiate();
        let sampled: Vec<u32> = match self.hyper.subsample {
            1.0 => (0..rows as u32).collect(),
            share => (0..rows as u32).filter(|_| random.unit() < share).collect(),
        };
        let mut of_group = vec![Gradient::default(); rows];
        for group in 0..groups {
            of_group.iter_mut().enumerate().for_each(|(row, g)| *g = self.gradients[row * groups + group]);
            let grower = Grower { binned: &self.binned, hyper: self.hyper };
            let (tree, values) = grower.grow(sampled.clone(), &of_group, &mut random);
            if values.len() == rows {
                for (row, value) in values {
                    self.margins[row as usize * groups + group] += value;
                }
            } else {
                self.add(&tree, group);
            }
            self.booster.trees.push(tree);
        }
    }

    /// Predictions of the training rows so far.
    pub fn predictions(&self) -> Vec<f32> {
        predictions(&self.booster, &self.margins)
    }

    fn differentiate(&mut self) {
        let groups = self.booster.groups;
        let (objective, scale, train) = (self.hyper.objective, self.hyper.scale_pos_weight, self.train);
        let margins = self.margins.par_chunks(groups);
        self.gradients.par_chunks_mut(groups).zip(margins).enumerate().for_each(|(row, (out, margins))| {
            let label = train.labels[row];
            let scale = if label == 1.0 { scale } else { 1.0 };
            objective.gradients(margins, label, train.weight(row) * scale, out);
        });
    }

    /// Adds a tree to all rows, those that it did not see too.
    fn add(&mut self, tree: &Tree, group: usize) {
        let (groups, matrix) = (self.booster.groups, &self.train.features);
        self.margins.par_chunks_mut(groups).enumerate().for_each_init(
            || vec![f32::NAN; matrix.columns()],
            |buffer, (row, margins)| {
                matrix.copy_row(row, f32::NAN, buffer);
                margins[group] += tree.predict(buffer);
            },
        );
    }
}

/// Predictions from margins.
pub fn predictions(booster: &Booster, margins: &[f32]) -> Vec<f32> {
    let mut predictions = margins.to_vec();
    predictions.chunks_mut(booster.groups).for_each(|margins| booster.objective.transform(margins));
    predictions
}

/// Every metric that fits an objective.
pub fn metrics(booster: &Booster, predictions: &[f32], table: &Table) -> Vec<Metric> {
    let evals: &[Eval] = match booster.objective {
        Objective::SquaredError => &[Eval::Rmse, Eval::Mae],
        Objective::RegLogistic => &[Eval::Rmse, Eval::Logloss],
        Objective::BinaryLogistic | Objective::LogitRaw => &[Eval::Logloss, Eval::Error, Eval::Auc],
        Objective::Softmax | Objective::Softprob => &[Eval::Mlogloss, Eval::Merror],
    };
    evals.iter().map(|&eval| Metric::new(eval.name(), measure(eval, booster, predictions, table))).collect()
}

/// One metric.
pub fn measure(eval: Eval, booster: &Booster, predictions: &[f32], table: &Table) -> f64 {
    let mut scores = predictions.to_vec();
    if booster.objective == Objective::LogitRaw && matches!(eval, Eval::Logloss | Eval::Error) {
        scores.iter_mut().for_each(|margin| *margin = super::objective::sigmoid(*margin));
    }
    let scored = Scored { scores: &scores, labels: &table.labels, weights: table.weights.as_deref() };
    match eval {
        Eval::Rmse => scored.mean_squared_error().sqrt(),
        Eval::Mae => scored.mean_absolute_error(),
        Eval::Logloss => scored.log_loss(),
        Eval::Error => scored.error(0.5),
        Eval::Auc => scored.auc(),
        Eval::Merror => scored.class_error(booster.groups),
        Eval::Mlogloss => scored.class_log_loss(booster.groups),
    }
}
