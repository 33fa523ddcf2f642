//! One of the models that are trained side by side: its weights and the state of its optimizer.

use serde::{Deserialize, Serialize};

use super::hyperparameters::{Hyperparameters, Optimizer};
use crate::random::Random;

/// What a candidate varies.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Setting {
    pub learning_rate: f32,
    pub l1: f32,
    pub wd: f32,
}

/// `num_models` settings: every combination of what is left to the algorithm, the middle ones first.
pub fn settings(hyper: &Hyperparameters) -> Vec<Setting> {
    let rates = hyper.learning_rate.map_or(vec![0.1, 1.0, 0.01, 0.001], |rate| vec![rate]);
    let decays = hyper.wd.map_or(vec![1e-4, 1e-2, 1e-3, 0.0], |wd| vec![wd]);
    let sparsities = hyper.l1.map_or(vec![0.0, 1e-4], |l1| vec![l1]);
    let all = sparsities.iter().flat_map(|&l1| {
        let rates = &rates;
        decays.iter().flat_map(move |&wd| rates.iter().map(move |&learning_rate| Setting { learning_rate, l1, wd }))
    });
    let all: Vec<Setting> = all.collect();
    let count = hyper.num_models.unwrap_or(32);
    // More models than combinations differ by where they start.
    (0..count.min(if hyper.num_models.is_some() { count } else { all.len() })).map(|i| all[i % all.len()]).collect()
}

/// The last steps beside the first, where `lr_scheduler_factor` is left to the algorithm.
const LAST: f64 = 1e-3;

/// A model on scaled features.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Candidate {
    setting: Setting,
    /// `outputs` rows of one weight a feature.
    pub weights: Vec<f32>,
    pub biases: Vec<f32>,
    /// Running means and squares of derivatives, of weights then of biases.
    means: Vec<f32>,
    squares: Vec<f32>,
    steps: u64,
}

impl Candidate {
    pub fn new(hyper: &Hyperparameters, setting: Setting, features: usize, random: &mut Random) -> Candidate {
        let count = hyper.outputs() * features;
        let scale = f64::from(hyper.init_scale);
        let start = |_| match hyper.init_method.as_str() {
            "normal" => (random.normal() * f64::from(hyper.init_sigma)) as f32,
            _ => ((2.0 * random.unit() - 1.0) * scale) as f32,
        };
        Candidate {
            setting,
            weights: (0..count).map(start).collect(),
            biases: vec![hyper.init_bias; hyper.outputs()],
            means: vec![0.0; count + hyper.outputs()],
            squares: vec![0.0; count + hyper.outputs()],
            steps: 0,
        }
    }

    /// Goes a step, of `steps` in all, against the derivatives of the mean loss by weights, row after row, and biases.
    pub fn step<'a>(
        &mut self,
        hyper: &Hyperparameters,
        weights: impl Iterator<Item = &'a [f32]>,
        biases: &[f32],
        steps: u64,
    ) {
        self.steps += 1;
        let Setting { l1, wd, .. } = self.setting;
        let rate = self.rate(hyper, steps);
        let bias_rate = rate * hyper.bias_lr_mult.unwrap_or(10.0);
        let bias_wd = wd * hyper.bias_wd_mult.unwrap_or(0.0);
        let rule = Rule::new(hyper, self.steps);
        let (means, bias_means) = self.means.split_at_mut(self.weights.len());
        let (squares, bias_squares) = self.squares.split_at_mut(self.weights.len());
        let features = self.weights.len() / self.biases.len();
        let rows = means.chunks_mut(features).zip(squares.chunks_mut(features));
        for ((own, by), (means, squares)) in self.weights.chunks_mut(features).zip(weights).zip(rows) {
            for (((w, g), mean), square) in own.iter_mut().zip(by).zip(means).zip(squares) {
                let moved = *w - rate * rule.direction(g + wd * *w, mean, square);
                // The proximal step of L1: weights stop at zero.
                *w = moved.signum() * (moved.abs() - rate * l1).max(0.0);
            }
        }
        for (((b, g), mean), square) in self.biases.iter_mut().zip(biases).zip(bias_means).zip(bias_squares) {
            *b -= bias_rate * rule.direction(g + bias_wd * *b, mean, square);
        }
    }

    /// The size of this step. Left to the algorithm it falls to a thousandth, however long the training: batches are random, and
    /// steps that stay large end somewhere around the optimum.
    fn rate(&self, hyper: &Hyperparameters, steps: u64) -> f32 {
        if !hyper.use_lr_scheduler {
            return self.setting.learning_rate;
        }
        let interval = hyper.lr_scheduler_step.unwrap_or(steps.div_ceil(100));
        let factor = hyper.lr_scheduler_factor.map_or_else(|| LAST.powf(interval as f64 / steps as f64), f64::from);
        let least = hyper.lr_scheduler_minimum_lr.unwrap_or(1e-5).min(self.setting.learning_rate);
        let changes = (self.steps - 1) / interval;
        (self.setting.learning_rate * factor.powi(changes.min(1 << 20) as i32) as f32).max(least)
    }
}

/// The optimizer of one step.
struct Rule {
    optimizer: Optimizer,
    momentum: f32,
    beta_1: f32,
    beta_2: f32,
    /// What Adam's means and squares lack in the first steps.
    correction_1: f32,
    correction_2: f32,
}

impl Rule {
    fn new(hyper: &Hyperparameters, steps: u64) -> Rule {
        let (beta_1, beta_2) = (hyper.beta_1.unwrap_or(0.9), hyper.beta_2.unwrap_or(0.999));
        let correction = |beta: f32| 1.0 - f64::from(beta).powf(steps as f64) as f32;
        Rule {
            optimizer: hyper.optimizer.unwrap_or(Optimizer::Adam),
            momentum: hyper.momentum.unwrap_or(0.0),
            beta_1,
            beta_2,
            correction_1: correction(beta_1),
            correction_2: correction(beta_2),
        }
    }

    #[inline]
    fn direction(&self, g: f32, mean: &mut f32, square: &mut f32) -> f32 {
        match self.optimizer {
            Optimizer::Sgd => {
                *mean = self.momentum * *mean + g;
                *mean
            }
            Optimizer::Adam => {
                *mean = self.beta_1 * *mean + (1.0 - self.beta_1) * g;
                *square = self.beta_2 * *square + (1.0 - self.beta_2) * g * g;
                *mean / self.correction_1 / ((*square / self.correction_2).sqrt() + 1e-8)
            }
            Optimizer::Rmsprop => {
                *square = self.beta_2 * *square + (1.0 - self.beta_2) * g * g;
                g / (square.sqrt() + 1e-8)
            }
        }
    }
}
