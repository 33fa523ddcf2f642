//! What is learnt: first and second derivatives of the loss by the margin, and predictions from margins.

use serde::{Deserialize, Serialize};

/// A loss. The margin is what trees add up to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Objective {
    #[serde(rename = "reg:squarederror")]
    SquaredError,
    #[serde(rename = "reg:logistic")]
    RegLogistic,
    #[serde(rename = "binary:logistic")]
    BinaryLogistic,
    /// As `binary:logistic`, the prediction is the margin.
    #[serde(rename = "binary:logitraw")]
    LogitRaw,
    /// The prediction is the class.
    #[serde(rename = "multi:softmax")]
    Softmax,
    /// The predictions are the probabilities of the classes.
    #[serde(rename = "multi:softprob")]
    Softprob,
}

/// First and second derivative of the loss of a row by its margin, times the row's weight.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Gradient {
    pub first: f32,
    pub second: f32,
}

/// The least second derivative, as XGBoost's.
const SECOND_MIN: f32 = 1e-16;

impl Objective {
    pub const NAMES: &[&str] =
        &["reg:squarederror", "reg:logistic", "binary:logistic", "binary:logitraw", "multi:softmax", "multi:softprob"];

    /// XGBoost's name.
    pub fn name(self) -> &'static str {
        Objective::NAMES[self as usize]
    }

    pub fn is_of_classes(self) -> bool {
        matches!(self, Objective::Softmax | Objective::Softprob)
    }

    pub fn is_logistic(self) -> bool {
        matches!(self, Objective::RegLogistic | Objective::BinaryLogistic | Objective::LogitRaw)
    }

    /// Why a label cannot be learnt.
    pub fn refuses(self, label: f32, classes: usize) -> Option<String> {
        if self.is_of_classes() {
            let is_class = label >= 0.0 && label.fract() == 0.0 && (label as usize) < classes;
            return (!is_class).then(|| {
                format!("label {label} is no class from 0 to {}; num_class says how many there are", classes - 1)
            });
        }
        let is_share = (0.0..=1.0).contains(&label);
        (self.is_logistic() && !is_share).then(|| format!("label {label} is not between 0 and 1"))
    }

    /// The gradients of a row from its margins, one a class.
    pub fn gradients(self, margins: &[f32], label: f32, weight: f32, out: &mut [Gradient]) {
        match self {
            Objective::SquaredError => {
                out[0] = Gradient { first: (margins[0] - label) * weight, second: weight };
            }
            Objective::RegLogistic | Objective::BinaryLogistic | Objective::LogitRaw => {
                let p = sigmoid(margins[0]);
                out[0] = Gradient { first: (p - label) * weight, second: (p * (1.0 - p)).max(SECOND_MIN) * weight };
            }
            Objective::Softmax | Objective::Softprob => {
                let most = margins.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                let sum: f32 = margins.iter().map(|m| (m - most).exp()).sum();
                for (class, (out, margin)) in out.iter_mut().zip(margins).enumerate() {
                    let p = (margin - most).exp() / sum;
                    let target = if class == label as usize { 1.0 } else { 0.0 };
                    let second = (2.0 * p * (1.0 - p)).max(SECOND_MIN) * weight;
                    *out = Gradient { first: (p - target) * weight, second };
                }
            }
        }
    }

    /// The margin before the first tree, for a base score.
    pub fn margin(self, base_score: f32) -> f32 {
        if self.is_logistic() { -(1.0 / base_score - 1.0).ln() } else { base_score }
    }

    /// The base score that fits the labels best: the mean.
    pub fn base_score(self, labels: &[f32], weight: impl Fn(usize) -> f32) -> f32 {
        if self.is_of_classes() {
            return 0.5;
        }
        let (mut sum, mut total) = (0.0, 0.0);
        for (row, &label) in labels.iter().enumerate() {
            sum += f64::from(label) * f64::from(weight(row));
            total += f64::from(weight(row));
        }
        let mean = (sum / total) as f32;
        if self.is_logistic() { mean.clamp(1e-6, 1.0 - 1e-6) } else { mean }
    }

    /// Turns the margins of a row into what metrics and responses take: probabilities, or the value.
    pub fn transform(self, margins: &mut [f32]) {
        match self {
            Objective::SquaredError | Objective::LogitRaw => {}
            Objective::RegLogistic | Objective::BinaryLogistic => margins[0] = sigmoid(margins[0]),
            Objective::Softmax | Objective::Softprob => {
                let most = margins.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                let mut sum = 0.0;
                for margin in margins.iter_mut() {
                    *margin = (*margin - most).exp();
                    sum += *margin;
                }
                margins.iter_mut().for_each(|p| *p /= sum);
            }
        }
    }
}

pub fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}
