//! What all algorithms have in common.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sanderling_data::Format;
use sanderling_ir::{Module, Tensor};
use serde::de::DeserializeOwned;

use crate::hyperparameters::{self, Hyperparameter, nearest};
use crate::metrics::Metric;
use crate::{TrainError, image_classification, linear_learner, store, xgboost};

/// Every algorithm.
pub const ALGORITHMS: &[&dyn Algorithm] =
    &[&image_classification::ImageClassification, &linear_learner::LinearLearner, &xgboost::XgBoost];

/// What to know of an algorithm before it trains.
#[derive(Clone, Copy, Debug)]
pub struct Card {
    /// As in SageMaker's image names: `linear-learner`.
    pub name: &'static str,
    /// One line for people.
    pub about: &'static str,
    pub hyperparameters: &'static [Hyperparameter],
    pub channels: &'static [Channel],
}

/// A way to make models from data.
pub trait Algorithm: Sync {
    fn card(&self) -> &'static Card;
    /// Trains to the end, or until the observer cancels; then what was best so far is the model.
    ///
    /// The same job gives the same model, on one thread or several.
    fn train(&self, job: &Job, observer: &mut dyn Observer) -> Result<Box<dyn Trained>, TrainError>;
    /// Reads a model that [`Trained::save`] wrote.
    fn load(&self, folder: &Path) -> Result<Box<dyn Trained>, TrainError>;
}

/// A model that can be used.
pub trait Trained {
    /// Writes the model's own files into a folder that exists.
    fn save(&self, folder: &Path) -> Result<(), TrainError>;
    /// The metrics of the model on labelled data of the training format.
    fn evaluate(&self, data: &Path) -> Result<Vec<Metric>, TrainError>;
    /// The graph of a prediction: `input`, one row `f32[1, features]` or one image `f32[1, height, width, channels]` of
    /// pixels from 0 to 255, to what the model predicts.
    fn lower(&self) -> Result<Module, TrainError>;
    /// Inputs from the training that show what values come, to quantize the model by: a tensor for each input of the
    /// graph. None where the model keeps none.
    fn samples(&self) -> Vec<Vec<Tensor>> {
        Vec::new()
    }
    /// Labelled data of the training format as inputs of the graph, to judge what was compiled from it. None where the
    /// algorithm does not offer it.
    fn labelled(&self, _data: &Path) -> Result<Option<Labelled>, TrainError> {
        Ok(None)
    }
}

/// Inputs of a graph with one input, and the class of each.
#[derive(Clone, Debug, PartialEq)]
pub struct Labelled {
    pub inputs: Vec<Vec<f32>>,
    pub labels: Vec<usize>,
}

/// A named input of the training.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Channel {
    pub name: &'static str,
    pub required: bool,
    pub about: &'static str,
}

/// What to train on, and how.
#[derive(Clone, Debug, std::default::Default)]
pub struct Job {
    pub hyperparameters: BTreeMap<String, String>,
    /// Files or folders by channel name.
    pub channels: BTreeMap<String, PathBuf>,
    /// What the rows of a channel are written in, by SageMaker's names; without one, files tell by their names or contents.
    pub content_types: BTreeMap<String, String>,
    /// Overrides the hyperparameter of that name.
    pub seed: Option<u64>,
    /// Where checkpoints go, and come from if there are some of the same job.
    pub checkpoints: Option<PathBuf>,
}

impl Job {
    /// The path of a channel that must be there.
    pub fn channel(&self, name: &'static str) -> Result<&Path, TrainError> {
        self.channels.get(name).map(PathBuf::as_path).ok_or(TrainError::NoChannel { channel: name })
    }

    /// The format of a channel of rows, at this path.
    pub(crate) fn format(&self, channel: &str, path: &Path) -> Result<Format, TrainError> {
        match self.content_types.get(channel) {
            Some(content_type) => Format::of_type(content_type).or_else(|what| TrainError::unfit(channel, what)),
            None => Ok(Format::of(path)?),
        }
    }

    /// The typed hyperparameters, once the algorithm has all channels that there are.
    pub(crate) fn read<H: DeserializeOwned>(&self, card: &Card) -> Result<H, TrainError> {
        let is_unknown = |name: &&String| card.channels.iter().all(|channel| channel.name != *name);
        if let Some(name) = self.channels.keys().chain(self.content_types.keys()).find(is_unknown) {
            let known: Vec<&str> = card.channels.iter().map(|channel| channel.name).collect();
            return TrainError::unfit(name, format!("there is no such channel; there are {}", known.join(", ")));
        }
        Ok(hyperparameters::read(card.hyperparameters, &self.hyperparameters)?)
    }
}

/// What happens during a training.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// So many of all steps are done.
    Progress { done: u64, total: u64 },
    /// A metric after an epoch or round, counted from 0.
    Metric { epoch: u64, metric: Metric },
    /// A checkpoint of that epoch or round is on disk.
    Checkpoint { epoch: u64 },
    /// The training goes on from a checkpoint.
    Resumed { epoch: u64 },
    /// It stopped early: nothing got better.
    EarlyStop { epoch: u64 },
}

/// Sees a training and may end it.
pub trait Observer {
    fn event(&mut self, event: &Event);
    /// Asked often; once true, the training ends with what it has.
    fn is_cancelled(&self) -> bool {
        false
    }
}

/// Sees nothing.
impl Observer for () {
    fn event(&mut self, _: &Event) {}
}

/// The algorithm of this name.
pub fn find(name: &str) -> Result<&'static dyn Algorithm, TrainError> {
    let found = ALGORITHMS.iter().copied().find(|algorithm| algorithm.card().name == name);
    let nearest = || nearest(name, ALGORITHMS.iter().map(|algorithm| algorithm.card().name));
    found.ok_or_else(|| TrainError::NoAlgorithm { name: name.into(), nearest: nearest() })
}

/// Reads a model folder, whatever algorithm made it.
pub fn load(folder: &Path) -> Result<Box<dyn Trained>, TrainError> {
    find(&store::algorithm(folder)?)?.load(folder)
}
