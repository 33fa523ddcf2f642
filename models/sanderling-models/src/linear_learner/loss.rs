//! The losses of scores, and their derivatives: loops over rows without branches.

use super::hyperparameters::{Hyperparameters, Loss};
use super::math::{exp, ln_1p};

/// The most rows of one [`differentiate`].
pub const BLOCK: usize = 256;

/// The sum of the losses of up to [`BLOCK`] rows, each times its weight.
///
/// `scores` has a plane of all rows for each output; they become the derivatives of that sum by them.
pub fn differentiate(hyper: &Hyperparameters, scores: &mut [f32], labels: &[f32], weights: &[f32]) -> f64 {
    let mut block = Block { scores, labels, weights };
    let (eps, delta, quantile, margin) = (hyper.loss_insensitivity, hyper.huber_delta, hyper.quantile, hyper.margin);
    match hyper.loss() {
        Loss::Softmax => block.softmax(),
        Loss::Logistic => block.each(|score, label| {
            // log(1 + exp(-s)) for label 1, log(1 + exp(s)) for 0, without overflow.
            let small = exp(-score.abs());
            let signed = if label > 0.5 { -score } else { score };
            let probability = if score >= 0.0 { 1.0 } else { small } / (1.0 + small);
            (ln_1p(small) + signed.max(0.0), probability - label)
        }),
        Loss::Hinge => block.each(|score, label| {
            let sign = if label > 0.5 { 1.0 } else { -1.0 };
            let loss = (margin - sign * score).max(0.0);
            (loss, if loss > 0.0 { -sign } else { 0.0 })
        }),
        Loss::Squared => block.distance(|d| (d * d, 2.0 * d)),
        Loss::Absolute => block.distance(|d| (d.abs(), d.signum())),
        Loss::EpsInsensitiveSquared => block.distance(|d| {
            let outside = (d.abs() - eps).max(0.0);
            (outside * outside, 2.0 * outside * d.signum())
        }),
        Loss::EpsInsensitiveAbsolute => block.distance(|d| {
            let outside = (d.abs() - eps).max(0.0);
            (outside, if outside > 0.0 { d.signum() } else { 0.0 })
        }),
        // Pinball: predictions below the label cost `quantile`, above it the rest.
        Loss::Quantile => block.distance(|d| {
            let slope = if d < 0.0 { -quantile } else { 1.0 - quantile };
            (slope * d, slope)
        }),
        Loss::Huber => block.distance(|d| {
            let inside = d.clamp(-delta, delta);
            (inside * (d - 0.5 * inside), inside)
        }),
    }
}

struct Block<'a> {
    scores: &'a mut [f32],
    labels: &'a [f32],
    weights: &'a [f32],
}

impl Block<'_> {
    /// Losses of one score a row: `f` has loss and derivative from score and label.
    #[inline(always)]
    fn each(&mut self, f: impl Fn(f32, f32) -> (f32, f32)) -> f64 {
        let mut losses = [0.0; BLOCK];
        let rows = self.scores.iter_mut().zip(self.labels).zip(self.weights);
        for (((score, &label), &weight), loss) in rows.zip(&mut losses) {
            let (own, derivative) = f(*score, label);
            *loss = own * weight;
            *score = derivative * weight;
        }
        sum(&losses)
    }

    /// Losses that depend on the score less the label.
    #[inline(always)]
    fn distance(&mut self, f: impl Fn(f32) -> (f32, f32)) -> f64 {
        self.each(|score, label| f(score - label))
    }

    fn softmax(&mut self) -> f64 {
        let rows = self.labels.len();
        let (mut most, mut sums, mut losses) = ([f32::NEG_INFINITY; BLOCK], [0.0; BLOCK], [0.0; BLOCK]);
        for plane in self.scores.chunks_exact(rows) {
            most.iter_mut().zip(plane).for_each(|(most, &score)| *most = score.max(*most));
        }
        for (row, &label) in self.labels.iter().enumerate() {
            losses[row] = most[row] - self.scores[label as usize * rows + row];
        }
        for plane in self.scores.chunks_exact_mut(rows) {
            for ((score, most), sum) in plane.iter_mut().zip(&most).zip(&mut sums) {
                *score = exp(*score - most);
                *sum += *score;
            }
        }
        let parts = losses.iter_mut().zip(&mut sums).zip(self.weights);
        parts.for_each(|((loss, sum), weight)| {
            *loss = (*loss + sum.ln()) * weight;
            *sum = weight / *sum;
        });
        for plane in self.scores.chunks_exact_mut(rows) {
            plane.iter_mut().zip(&sums).for_each(|(score, factor)| *score *= factor);
        }
        for (row, (&label, weight)) in self.labels.iter().zip(self.weights).enumerate() {
            self.scores[label as usize * rows + row] -= weight;
        }
        sum(&losses)
    }
}

fn sum(losses: &[f32; BLOCK]) -> f64 {
    let mut lanes = [0.0; 8];
    for part in losses.as_chunks::<8>().0 {
        lanes.iter_mut().zip(part).for_each(|(lane, loss)| *lane += loss);
    }
    lanes.iter().map(|&lane| f64::from(lane)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hyperparameters as tables;
    use crate::linear_learner::hyperparameters::TABLE;

    fn hyper(pairs: &[(&str, &str)]) -> Hyperparameters {
        tables::read(TABLE, &pairs.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect()).unwrap()
    }

    /// Derivatives are what small changes of the scores say, for every loss.
    #[test]
    fn derivatives_are_slopes() {
        let regression = ["squared_loss", "absolute_loss", "eps_insensitive_squared_loss"];
        let more = ["eps_insensitive_absolute_loss", "quantile_loss", "huber_loss"];
        let mut all = vec![("binary_classifier", "logistic"), ("binary_classifier", "hinge_loss")];
        all.extend(regression.iter().chain(&more).map(|loss| ("regressor", *loss)));
        for (predictor, loss) in all {
            let hyper = hyper(&[("predictor_type", predictor), ("loss", loss), ("quantile", "0.3")]);
            check(&hyper, &[0.3, -1.7, 4.0, -9.0, 0.6], &[1.0, 0.0, 0.0, 1.0, 1.0]);
        }
        let classes = [("predictor_type", "multiclass_classifier"), ("num_classes", "3")];
        check(&hyper(&classes), &[0.3, -1.7, 4.0, 1.0, 2.0, 3.0, 0.0, 0.5, -0.5], &[2.0, 0.0, 1.0]);
    }

    fn check(hyper: &Hyperparameters, scores: &[f32], labels: &[f32]) {
        let weights: Vec<f32> = (0..labels.len()).map(|row| 0.5 + row as f32).collect();
        let loss = |scores: &[f32]| differentiate(hyper, &mut scores.to_vec(), labels, &weights);
        let mut found = scores.to_vec();
        differentiate(hyper, &mut found, labels, &weights);
        for at in 0..scores.len() {
            let moved = |by: f32| scores.iter().enumerate().map(|(i, s)| if i == at { s + by } else { *s }).collect();
            let (up, down): (Vec<f32>, Vec<f32>) = (moved(0.01), moved(-0.01));
            let slope = (loss(&up) - loss(&down)) / 0.02;
            assert!(
                (slope - f64::from(found[at])).abs() < 1e-3 * slope.abs().max(1.0),
                "{:?} {at}: {slope} {found:?}",
                hyper.loss()
            );
        }
    }
}
