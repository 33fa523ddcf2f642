//! Steps against the derivatives.

use serde::{Deserialize, Serialize};

use super::hyperparameters::{Hyperparameters, Method, Pace};

/// What an optimizer remembers of all parameters.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Optimizer {
    /// Running means of derivatives, or velocities.
    #[serde(with = "crate::packed")]
    means: Vec<f32>,
    /// Running means of their squares.
    #[serde(with = "crate::packed")]
    squares: Vec<f32>,
    steps: i32,
}

impl Optimizer {
    pub fn new(hyper: &Hyperparameters, parameters: usize) -> Optimizer {
        let has_squares = !matches!(hyper.optimizer, Method::Sgd | Method::Nag);
        let squares = if has_squares { parameters } else { 0 };
        Optimizer { means: vec![0.0; parameters], squares: vec![0.0; squares], steps: 0 }
    }

    /// Changes the parameters by one step.
    pub fn step(&mut self, hyper: &Hyperparameters, pace: Pace, parameters: &mut [f32], derivatives: &[f32]) {
        self.steps += 1;
        let Pace { rate, momentum } = pace;
        let Hyperparameters { beta_2, eps, gamma, weight_decay, .. } = *hyper;
        let of_mean = 1.0 - momentum.powi(self.steps);
        let of_square = 1.0 - beta_2.powi(self.steps);
        let is_decoupled = hyper.optimizer == Method::AdamW;
        for (i, (p, &derivative)) in parameters.iter_mut().zip(derivatives).enumerate() {
            let g = if is_decoupled { derivative } else { derivative + weight_decay * *p };
            let mean = &mut self.means[i];
            let direction = match hyper.optimizer {
                Method::Sgd | Method::Nag => {
                    *mean = momentum * *mean + g;
                    if hyper.optimizer == Method::Nag { g + momentum * *mean } else { *mean }
                }
                Method::RmsProp => {
                    let square = &mut self.squares[i];
                    *square = gamma * *square + (1.0 - gamma) * g * g;
                    g / (square.sqrt() + eps)
                }
                Method::Adam | Method::AdamW => {
                    let square = &mut self.squares[i];
                    *mean = momentum * *mean + (1.0 - momentum) * g;
                    *square = beta_2 * *square + (1.0 - beta_2) * g * g;
                    let decay = if is_decoupled { weight_decay * *p } else { 0.0 };
                    *mean / of_mean / ((*square / of_square).sqrt() + eps) + decay
                }
            };
            *p -= rate * direction;
        }
    }

    /// Whether it has the size for so many parameters.
    pub fn fits(&self, hyper: &Hyperparameters, parameters: usize) -> bool {
        let fresh = Optimizer::new(hyper, parameters);
        self.means.len() == fresh.means.len() && self.squares.len() == fresh.squares.len()
    }
}
