//! The losses of a score, and their derivatives.

use super::hyperparameters::{Hyperparameters, Loss};

/// The loss of a row from its scores; `scores` become its derivatives by them.
pub fn differentiate(hyper: &Hyperparameters, scores: &mut [f32], label: f32) -> f32 {
    if hyper.loss() == Loss::Softmax {
        return softmax(scores, label as usize);
    }
    let score = &mut scores[0];
    let (loss, derivative) = of_score(hyper, *score, label);
    *score = derivative;
    loss
}

fn softmax(scores: &mut [f32], class: usize) -> f32 {
    let most = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f32 = scores.iter().map(|s| (s - most).exp()).sum();
    let loss = sum.ln() + most - scores[class];
    for (at, score) in scores.iter_mut().enumerate() {
        *score = (*score - most).exp() / sum - f32::from(u8::from(at == class));
    }
    loss
}

fn of_score(hyper: &Hyperparameters, score: f32, label: f32) -> (f32, f32) {
    let difference = score - label;
    let eps = hyper.loss_insensitivity;
    let outside = (difference.abs() - eps).max(0.0);
    match hyper.loss() {
        Loss::Logistic => {
            // log(1 + exp(-s)) for label 1, log(1 + exp(s)) for 0, without overflow.
            let signed = if label > 0.5 { score } else { -score };
            let loss = (-signed.abs()).exp().ln_1p() + (-signed).max(0.0);
            (loss, 1.0 / (1.0 + (-score).exp()) - label)
        }
        Loss::Hinge => {
            let sign = if label > 0.5 { 1.0 } else { -1.0 };
            let loss = (hyper.margin - sign * score).max(0.0);
            (loss, if loss > 0.0 { -sign } else { 0.0 })
        }
        Loss::Squared | Loss::Softmax => (difference * difference, 2.0 * difference),
        Loss::Absolute => (difference.abs(), difference.signum()),
        Loss::EpsInsensitiveSquared => (outside * outside, 2.0 * outside * difference.signum()),
        Loss::EpsInsensitiveAbsolute => (outside, if outside > 0.0 { difference.signum() } else { 0.0 }),
        Loss::Quantile => {
            // Pinball: predictions below the label cost `quantile`, above it the rest.
            let slope = if difference < 0.0 { -hyper.quantile } else { 1.0 - hyper.quantile };
            (slope * difference, slope)
        }
        Loss::Huber if difference.abs() <= hyper.huber_delta => (0.5 * difference * difference, difference),
        Loss::Huber => {
            let delta = hyper.huber_delta;
            (delta * (difference.abs() - 0.5 * delta), delta * difference.signum())
        }
    }
}
