//! The training: steps over shuffled images, the best state by the validation.

use sanderling_data::Images;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::NAME;
use super::augment::augmented;
use super::forward::{Weights, differentiate};
use super::hyperparameters::Hyperparameters;
use super::model::{self, ImageModel};
use super::net::Net;
use super::optimizer::Optimizer;
use crate::checkpoint::Checkpoints;
use crate::metrics::best;
use crate::random::Random;
use crate::{Event, Job, Metric, Observer, TrainError};

/// Steps between looks at the clock for a checkpoint: writing one takes about as long as a step.
const STEPS: usize = 32;

/// What a checkpoint holds.
#[derive(Clone, Serialize, Deserialize)]
struct State {
    weights: Weights,
    optimizer: Optimizer,
    step: usize,
    /// Of the epoch so far: the sum of the losses, and of the right answers.
    loss: f64,
    right: usize,
    best: Option<Best>,
    is_over: bool,
}

/// The state after the epoch whose validation was best.
#[derive(Clone, Serialize, Deserialize)]
struct Best {
    epoch: usize,
    accuracy: f64,
    weights: Weights,
}

pub fn learn(
    job: &Job,
    hyper: Hyperparameters,
    train: &Images,
    validation: Option<&Images>,
    observer: &mut dyn Observer,
) -> Result<ImageModel, TrainError> {
    let seed = job.seed.unwrap_or(0);
    let net = Net::new(&hyper, train.shape);
    let size = |images: &Images| json!([images.len(), images.shape]);
    let fingerprint = json!({ "hyper": hyper, "seed": seed, "train": size(train), "validation": validation.map(size) });
    let mut checkpoints = Checkpoints::new(job, NAME, fingerprint)?;
    let mut state = match checkpoints.load::<State>()? {
        Some(state) if state.weights.fits(&net) && state.optimizer.fits(&hyper, net.parameters) => {
            observer.event(&Event::Resumed { epoch: state.step as u64 });
            state
        }
        Some(_) => return TrainError::unfit("checkpoint", "its weights do not fit the network; remove it"),
        None => State::new(&hyper, &net, seed),
    };
    let training = Training { hyper: &hyper, net: &net, train, validation, seed };
    while !state.is_over && !observer.is_cancelled() {
        training.step(&mut state, observer);
        let is_epoch = state.step.is_multiple_of(training.per_epoch());
        if is_epoch {
            training.end_epoch(&mut state, observer);
        }
        let is_due = match hyper.checkpoint_frequency {
            Some(every) => is_epoch && training.epoch(&state).is_multiple_of(every),
            None => (is_epoch || state.step.is_multiple_of(STEPS)) && checkpoints.is_due(),
        };
        if is_due && checkpoints.save(&state)? {
            observer.event(&Event::Checkpoint { epoch: training.epoch(&state) as u64 });
        }
    }
    if state.step == 0 {
        return Err(TrainError::Cancelled);
    }
    if observer.is_cancelled() {
        checkpoints.save(&state)?;
    } else {
        checkpoints.finish()?;
    }
    let weights = state.best.map_or(state.weights, |best| best.weights);
    Ok(ImageModel::new(hyper, net, weights, train))
}

struct Training<'a> {
    hyper: &'a Hyperparameters,
    net: &'a Net,
    train: &'a Images,
    validation: Option<&'a Images>,
    seed: u64,
}

impl Training<'_> {
    /// Steps of an epoch; what is left of the images takes part in another order in the next.
    fn per_epoch(&self) -> usize {
        (self.train.len() / self.hyper.mini_batch_size).max(1)
    }

    /// Epochs that are done.
    fn epoch(&self, state: &State) -> usize {
        state.step / self.per_epoch()
    }

    fn step(&self, state: &mut State, observer: &mut dyn Observer) {
        let (per_epoch, size) = (self.per_epoch(), self.hyper.mini_batch_size.min(self.train.len()));
        let epoch = state.step / per_epoch;
        let mut order: Vec<usize> = (0..self.train.len()).collect();
        Random::part(self.seed, epoch as u64).shuffle(&mut order);
        let picked = &order[state.step % per_epoch * size..][..size];
        let mut images = Vec::with_capacity(size * self.net.shape.iter().product::<usize>());
        let spread = self.hyper.label_smoothing / self.net.classes as f32;
        let mut targets = vec![spread; size * self.net.classes];
        for (row, &image) in picked.iter().enumerate() {
            let mut random = Random::part(self.seed, ((epoch as u64) << 32) + image as u64 + 1);
            let pixels = self.train.image(image);
            augmented(self.hyper.augmentation_type, pixels, self.net.shape, &mut random, &mut images);
            targets[row * self.net.classes + self.train.labels[image] as usize] += 1.0 - self.hyper.label_smoothing;
        }
        let (seen, derivatives) = differentiate(self.net, &mut state.weights, images, targets);
        let total = per_epoch * self.hyper.epochs;
        let pace = self.hyper.pace(state.step, total, per_epoch);
        state.optimizer.step(self.hyper, pace, &mut state.weights.parameters, &derivatives);
        state.step += 1;
        let rows = seen.logits.chunks(self.net.classes).zip(picked);
        state.right += rows.filter(|(scores, image)| best(scores) == self.train.labels[**image] as usize).count();
        state.loss += f64::from(seen.loss);
        let steps = (state.step - 1) % per_epoch + 1;
        for (name, value) in
            [("train:loss", state.loss / steps as f64), ("train:accuracy", state.right as f64 / (steps * size) as f64)]
        {
            observer.event(&Event::Metric { epoch: epoch as u64, metric: Metric::new(name, value) });
        }
        observer.event(&Event::Progress { done: state.step as u64, total: total as u64 });
    }

    /// Judges the network, keeps it if it is the best, and decides whether this is the end.
    fn end_epoch(&self, state: &mut State, observer: &mut dyn Observer) {
        (state.loss, state.right) = (0.0, 0);
        let done = self.epoch(state);
        state.is_over = done >= self.hyper.epochs;
        let Some(validation) = self.validation else { return };
        let metrics = model::metrics(self.hyper, self.net, &state.weights, validation);
        let accuracy = metrics[0].value;
        for Metric { name, value } in metrics {
            let metric = Metric::new(format!("validation:{name}"), value);
            observer.event(&Event::Metric { epoch: done as u64 - 1, metric });
        }
        let tolerance = if self.hyper.early_stopping { self.hyper.early_stopping_tolerance } else { 0.0 };
        if state.best.as_ref().is_none_or(|best| accuracy > best.accuracy + tolerance) {
            state.best = Some(Best { epoch: done, accuracy, weights: state.weights.clone() });
        }
        let waited = state.best.as_ref().map_or(0, |best| done - best.epoch);
        let Hyperparameters { early_stopping, early_stopping_min_epochs, early_stopping_patience, .. } = *self.hyper;
        if early_stopping && !state.is_over && done >= early_stopping_min_epochs && waited >= early_stopping_patience {
            observer.event(&Event::EarlyStop { epoch: done as u64 - 1 });
            state.is_over = true;
        }
    }
}

impl State {
    fn new(hyper: &Hyperparameters, net: &Net, seed: u64) -> State {
        let weights = Weights::random(net, &mut Random::part(seed, u64::MAX));
        let optimizer = Optimizer::new(hyper, net.parameters);
        State { weights, optimizer, step: 0, loss: 0.0, right: 0, best: None, is_over: false }
    }
}

impl Weights {
    /// Normal by what a layer's outputs take (He et al. 2015); scales and variances 1.
    fn random(net: &Net, random: &mut Random) -> Weights {
        let mut weights = Weights { parameters: vec![0.0; net.parameters], statistics: vec![0.0; net.statistics] };
        for conv in net.convs() {
            let fan = conv.kernel * conv.kernel * conv.outputs / conv.groups;
            let deviation = (2.0 / fan as f64).sqrt();
            let (own, rest) = weights.parameters[conv.at..].split_at_mut(conv.weights());
            own.fill_with(|| (random.normal() * deviation) as f32);
            if conv.is_normalized {
                rest[..conv.outputs].fill(1.0);
                weights.statistics[conv.statistics_at + conv.outputs..][..conv.outputs].fill(1.0);
            }
        }
        let bound = 1.0 / (net.features as f64).sqrt();
        weights.parameters[net.head_at..].fill_with(|| ((2.0 * random.unit() - 1.0) * bound) as f32);
        weights
    }

    /// Whether these are the numbers of a network.
    pub fn fits(&self, net: &Net) -> bool {
        self.parameters.len() == net.parameters && self.statistics.len() == net.statistics
    }
}
