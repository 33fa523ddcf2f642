//! How good predictions are.

use serde::{Deserialize, Serialize};

/// A named figure, such as `validation:auc`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    pub name: String,
    pub value: f64,
}

impl Metric {
    pub fn new(name: impl Into<String>, value: f64) -> Metric {
        Metric { name: name.into(), value }
    }
}

/// Predictions of several rows, their true values and weights.
#[derive(Clone, Copy)]
pub struct Scored<'a> {
    /// One a row, or, of classes, `classes` a row.
    pub scores: &'a [f32],
    pub labels: &'a [f32],
    /// One a row, or none.
    pub weights: Option<&'a [f32]>,
}

impl Scored<'_> {
    fn weight(&self, row: usize) -> f64 {
        self.weights.map_or(1.0, |weights| f64::from(weights[row]))
    }

    /// The weighted mean of a figure of each row.
    fn mean(&self, of_row: impl Fn(usize) -> f64) -> f64 {
        let rows = 0..self.labels.len();
        let (sum, weight) = rows.fold((0.0, 0.0), |(sum, weight), row| {
            let own = self.weight(row);
            (sum + own * of_row(row), weight + own)
        });
        sum / weight
    }

    /// Of real predictions.
    pub fn mean_squared_error(&self) -> f64 {
        self.mean(|row| (f64::from(self.scores[row]) - f64::from(self.labels[row])).powi(2))
    }

    /// Of real predictions.
    pub fn mean_absolute_error(&self) -> f64 {
        self.mean(|row| (f64::from(self.scores[row]) - f64::from(self.labels[row])).abs())
    }

    /// The share of the variance that real predictions explain.
    pub fn r2(&self) -> f64 {
        let mean = self.mean(|row| f64::from(self.labels[row]));
        1.0 - self.mean_squared_error() / self.mean(|row| (f64::from(self.labels[row]) - mean).powi(2))
    }

    /// The logistic loss of probabilities of the label 1.
    pub fn log_loss(&self) -> f64 {
        self.mean(|row| {
            let p = f64::from(self.scores[row]).clamp(1e-16, 1.0 - 1e-16);
            -(if self.labels[row] > 0.5 { p.ln() } else { (1.0 - p).ln() })
        })
    }

    /// The share of rows on the wrong side of a threshold.
    pub fn error(&self, threshold: f32) -> f64 {
        self.mean(|row| f64::from((self.scores[row] > threshold) != (self.labels[row] > 0.5)))
    }

    /// The area under the ROC curve: how often a positive row scores above a negative one; ties count half.
    pub fn auc(&self) -> f64 {
        let mut order: Vec<usize> = (0..self.labels.len()).collect();
        order.sort_by(|&a, &b| self.scores[a].total_cmp(&self.scores[b]));
        let (mut below, mut sum, mut positives) = (0.0, 0.0, 0.0);
        for equal in order.chunk_by(|&a, &b| self.scores[a] == self.scores[b]) {
            let of = |positive: bool| {
                let rows = equal.iter().filter(|&&row| (self.labels[row] > 0.5) == positive);
                rows.map(|&row| self.weight(row)).sum::<f64>()
            };
            let (own_positives, own_negatives) = (of(true), of(false));
            sum += own_positives * (below + own_negatives / 2.0);
            below += own_negatives;
            positives += own_positives;
        }
        sum / (positives * below)
    }

    /// Precision, recall and their weighted harmonic mean at a threshold.
    pub fn f_beta(&self, threshold: f32, beta: f64) -> [f64; 3] {
        let count = |predicted: bool, label: bool| {
            let rows = 0..self.labels.len();
            let is_so = |&row: &usize| (self.scores[row] > threshold) == predicted && (self.labels[row] > 0.5) == label;
            rows.filter(is_so).map(|row| self.weight(row)).sum::<f64>()
        };
        let (hit, alarm, miss) = (count(true, true), count(true, false), count(false, true));
        let share = |part: f64, rest: f64| if part + rest > 0.0 { part / (part + rest) } else { 0.0 };
        let (precision, recall) = (share(hit, alarm), share(hit, miss));
        let square = beta * beta;
        let mean = (1.0 + square) * precision * recall / (square * precision + recall).max(f64::MIN_POSITIVE);
        [precision, recall, mean]
    }

    /// The share of rows whose label is not the class of the largest score.
    pub fn class_error(&self, classes: usize) -> f64 {
        self.mean(|row| f64::from(best(&self.scores[row * classes..(row + 1) * classes]) != self.labels[row] as usize))
    }

    /// The cross entropy of class probabilities.
    pub fn class_log_loss(&self, classes: usize) -> f64 {
        self.mean(|row| -f64::from(self.scores[row * classes + self.labels[row] as usize]).max(1e-16).ln())
    }
}

/// The first index of the largest score.
pub fn best(scores: &[f32]) -> usize {
    (0..scores.len()).rev().max_by(|&a, &b| scores[a].total_cmp(&scores[b])).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scored<'a>(scores: &'a [f32], labels: &'a [f32]) -> Scored<'a> {
        Scored { scores, labels, weights: None }
    }

    #[test]
    fn the_area_counts_pairs() {
        assert_eq!(scored(&[0.1, 0.4, 0.35, 0.8], &[0.0, 0.0, 1.0, 1.0]).auc(), 0.75);
        assert_eq!(scored(&[0.5, 0.5], &[0.0, 1.0]).auc(), 0.5);
        let weighted = Scored { weights: Some(&[1.0, 3.0, 1.0]), ..scored(&[0.2, 0.6, 0.5], &[0.0, 0.0, 1.0]) };
        assert_eq!(weighted.auc(), 0.25);
    }

    #[test]
    fn classes_and_reals() {
        let classes = scored(&[0.7, 0.3, 0.2, 0.8, 0.5, 0.5], &[0.0, 0.0, 0.0]);
        assert!((classes.class_error(2) - 1.0 / 3.0).abs() < 1e-12);
        let reals = scored(&[1.0, 2.0, 4.0], &[1.0, 2.0, 3.0]);
        assert!((reals.mean_squared_error() - 1.0 / 3.0).abs() < 1e-12);
        assert!((reals.r2() - 0.5).abs() < 1e-12);
        let [precision, recall, f1] = scored(&[0.9, 0.8, 0.1], &[1.0, 0.0, 1.0]).f_beta(0.5, 1.0);
        assert_eq!((precision, recall, f1), (0.5, 0.5, 0.5));
    }
}
