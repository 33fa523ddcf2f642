//! The threshold of a binary classifier: above it the predicted label is 1.

use super::hyperparameters::{Criterion, Hyperparameters};

/// The threshold that is best by the criterion, and how good it is: larger is better.
///
/// One pass over the scores in order, each with its label and its weight.
pub fn choose(hyper: &Hyperparameters, scores: &[f32], labels: &[f32], weights: &[f32]) -> (f32, f64) {
    let most = hyper.num_calibration_samples.unwrap_or(10_000_000).min(scores.len());
    let mut order: Vec<usize> = (0..most).collect();
    order.sort_by(|&a, &b| scores[a].total_cmp(&scores[b]));
    let weight_of = |positive: bool| {
        let rows = order.iter().filter(|&&row| (labels[row] > 0.5) == positive);
        rows.map(|&row| f64::from(weights[row])).sum::<f64>()
    };
    // All rows above the threshold to begin with.
    let (mut hits, mut alarms) = (weight_of(true), weight_of(false));
    let (positives, negatives) = (hits, alarms);
    let value = |hits: f64, alarms: f64| {
        let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
        let (precision, recall) = (share(hits, hits + alarms), share(hits, positives));
        match hyper.binary_classifier_model_selection_criteria {
            Criterion::Accuracy | Criterion::LossFunction => {
                (hits + negatives - alarms) / (positives + negatives).max(f64::MIN_POSITIVE)
            }
            Criterion::FBeta => {
                let square = hyper.f_beta * hyper.f_beta;
                share((1.0 + square) * precision * recall, square * precision + recall)
            }
            // A missed target is worse than any that is met, and the nearer the better.
            Criterion::PrecisionAtTargetRecall if recall >= hyper.target_recall => 1.0 + precision,
            Criterion::PrecisionAtTargetRecall => recall,
            Criterion::RecallAtTargetPrecision if precision >= hyper.target_precision => 1.0 + recall,
            Criterion::RecallAtTargetPrecision => precision,
        }
    };
    let mut best = (order.first().map_or(0.0, |&row| scores[row] - 1.0), value(hits, alarms));
    let groups: Vec<&[usize]> = order.chunk_by(|&a, &b| scores[a] == scores[b]).collect();
    for (at, equal) in groups.iter().enumerate() {
        for &row in *equal {
            *(if labels[row] > 0.5 { &mut hits } else { &mut alarms }) -= f64::from(weights[row]);
        }
        let found = value(hits, alarms);
        if found > best.1 {
            // Half way to the next score, so that new rows have room on both sides.
            let here = scores[equal[0]];
            let next = groups.get(at + 1).map_or(here + 1.0, |next| scores[next[0]]);
            best = (here + (next - here) / 2.0, found);
        }
    }
    best
}
