//! The threshold of a binary classifier: above it the predicted label is 1.

use super::hyperparameters::{Criterion, Hyperparameters};

/// Where the losses themselves part the labels: at a probability of one half, or at the plane of the hinge.
const OWN: f32 = 0.0;

/// The threshold that is best by the criterion, and how good it is: larger is better.
///
/// By accuracy, another one than the loss's own has to be better by more than chance: among so many thresholds one is always a
/// little better on the rows at hand, and worse on the next.
pub fn choose(hyper: &Hyperparameters, scores: &[f32], labels: &[f32], weights: &[f32]) -> (f32, f64) {
    let most = hyper.num_calibration_samples.unwrap_or(10_000_000).min(scores.len());
    let mut order: Vec<usize> = (0..most).collect();
    order.sort_by(|&a, &b| scores[a].total_cmp(&scores[b]));
    let rows: Vec<Row> = order.iter().map(|&row| (scores[row], labels[row] > 0.5, f64::from(weights[row]))).collect();
    let best = sweep(hyper, &rows);
    match hyper.binary_classifier_model_selection_criteria {
        Criterion::Accuracy | Criterion::LossFunction => {
            let own = accuracy(&rows, OWN);
            if is_chance(&rows, best.0, best.1 - own) { (OWN, own) } else { best }
        }
        _ => best,
    }
}

/// Score, whether the label is 1, weight.
type Row = (f32, bool, f64);

/// One pass over the rows by ascending score.
fn sweep(hyper: &Hyperparameters, rows: &[Row]) -> (f32, f64) {
    let weight_of = |positive: bool| rows.iter().filter(|row| row.1 == positive).map(|row| row.2).sum::<f64>();
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
    let mut best = (rows.first().map_or(OWN, |row| row.0 - 1.0), value(hits, alarms));
    let groups: Vec<&[Row]> = rows.chunk_by(|a, b| a.0 == b.0).collect();
    for (at, equal) in groups.iter().enumerate() {
        for (_, is_positive, weight) in *equal {
            *(if *is_positive { &mut hits } else { &mut alarms }) -= weight;
        }
        let found = value(hits, alarms);
        if found > best.1 {
            // Half way to the next score, so that new rows have room on both sides.
            let here = equal[0].0;
            let next = groups.get(at + 1).map_or(here + 1.0, |next| next[0].0);
            best = (here + (next - here) / 2.0, found);
        }
    }
    best
}

fn accuracy(rows: &[Row], threshold: f32) -> f64 {
    let right = |row: &&Row| (row.0 > threshold) == row.1;
    rows.iter().filter(right).map(|row| row.2).sum::<f64>() / total(rows).max(f64::MIN_POSITIVE)
}

/// Whether a threshold gains no more than twice what rows of random labels would: those that it moves to the other side each
/// gain or lose their weight.
fn is_chance(rows: &[Row], threshold: f32, gain: f64) -> bool {
    let (low, high) = (threshold.min(OWN), threshold.max(OWN));
    let moved = rows.iter().filter(|row| row.0 > low && row.0 <= high);
    let deviation = moved.map(|row| row.2 * row.2).sum::<f64>().sqrt();
    gain * total(rows) <= 2.0 * deviation
}

fn total(rows: &[Row]) -> f64 {
    rows.iter().map(|row| row.2).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hyperparameters as tables;
    use crate::linear_learner::hyperparameters::TABLE;
    use crate::random::Random;

    /// The threshold by accuracy for rows whose label is 1 with the probability of their score moved by `shift`.
    fn found(shift: f64, seed: u64) -> f32 {
        let pairs = [("predictor_type".to_string(), "binary_classifier".to_string())].into();
        let hyper: Hyperparameters = tables::read(TABLE, &pairs).unwrap();
        let mut random = Random::new(seed);
        let scores: Vec<f32> = (0..2000).map(|_| random.normal() as f32).collect();
        let probability = |score: f32| 1.0 / (1.0 + (shift - f64::from(score)).exp());
        let labels = scores.iter().map(|&s| f32::from(u8::from(random.unit() < probability(s))));
        let labels: Vec<f32> = labels.collect();
        choose(&hyper, &scores, &labels, &[1.0; 2000]).0
    }

    #[test]
    fn chance_moves_no_threshold_and_a_bias_does() {
        let stays = (0..20).filter(|&seed| found(0.0, seed) == 0.0).count();
        assert!(stays >= 18, "{stays} of 20");
        for seed in 0..5 {
            let moved = found(1.0, seed);
            assert!((0.4..1.6).contains(&moved), "{moved}");
        }
    }
}
