//! The hyperparameters, as SageMaker names them, and our own: `network`, `width_multiplier`, `lr_scheduler`, `adamw`,
//! `label_smoothing`.

use serde::{Deserialize, Serialize};

use super::net;
use crate::hyperparameters::{
    Bound, Default::*, Hyperparameter, HyperparameterError, Kind, MANY, NOT_NEGATIVE, POSITIVE, UNIT, row,
};

const BELOW_ONE: Kind = Kind::Real(Bound::Closed(0.0), Bound::Open(1.0));
/// What SageMaker can do and this trainer cannot: only "no" is taken.
const NEVER: Kind = Kind::Choice(&["0"]);

pub const TABLE: &[Hyperparameter] = &[
    row("num_classes", Kind::Integer(2, 65536), Required, "Labels are from 0 to num_classes - 1"),
    row("num_training_samples", Kind::Integer(1, MANY), Auto, "So many images are used, evenly from all; auto: all"),
    row("network", Kind::Choice(&["resnet", "mobilenet"]), Is("resnet"), "The family"),
    row("num_layers", Kind::Integer(8, 110), Auto, "resnet: 8, 14, 20, .. 110, or 18 and 34; mobilenet: 10, 18, 28"),
    row("width_multiplier", Kind::Real(Bound::Open(0.0), Bound::Closed(4.0)), Is("1"), "Scales all channels"),
    row("image_shape", Kind::Integers(3), Auto, "Channels, height, width; auto: those of the first image"),
    row("epochs", Kind::Integer(1, MANY), Is("30"), "Passes over the images"),
    row("mini_batch_size", Kind::Integer(2, 65536), Is("32"), "Images a step"),
    row("optimizer", Kind::Choice(&["sgd", "adam", "rmsprop", "nag", "adamw"]), Is("sgd"), "How steps are made"),
    row("learning_rate", POSITIVE, Is("0.1"), "The length of steps; with one_cycle the largest"),
    row("momentum", BELOW_ONE, Is("0.9"), "Of sgd and nag"),
    row("weight_decay", NOT_NEGATIVE, Is("0.0001"), "Pulls weights to zero"),
    row("beta_1", BELOW_ONE, Is("0.9"), "Of adam and adamw"),
    row("beta_2", BELOW_ONE, Is("0.999"), "Of adam and adamw"),
    row("eps", POSITIVE, Is("1e-8"), "Of adam, adamw and rmsprop"),
    row("gamma", BELOW_ONE, Is("0.9"), "Decay of rmsprop"),
    row(
        "lr_scheduler",
        Kind::Choice(&["step", "one_cycle", "cosine"]),
        Is("step"),
        "How steps change; one_cycle moves momentum and beta_1 too",
    ),
    row("lr_scheduler_step", Kind::Integers(0), Auto, "Epochs at which step multiplies by the factor: 10,20"),
    row("lr_scheduler_factor", UNIT, Is("0.1"), "Of step"),
    row(
        "augmentation_type",
        Kind::Choice(&["none", "crop", "crop_color", "crop_color_transform"]),
        Is("none"),
        "Random crops and flips; and colours; and rotation, shear, aspect",
    ),
    row("label_smoothing", BELOW_ONE, Is("0"), "The share of a label that is spread over all classes"),
    row("top_k", Kind::Integer(2, 65536), Auto, "Reports how often the label is among so many best, too"),
    row("early_stopping", Kind::Flag, Is("false"), "Stops when the validation gets no better"),
    row("early_stopping_min_epochs", Kind::Integer(1, MANY), Is("10"), "Not before so many"),
    row("early_stopping_patience", Kind::Integer(1, MANY), Is("5"), "Epochs to wait for something better"),
    row("early_stopping_tolerance", NOT_NEGATIVE, Is("0"), "What counts as better"),
    row("checkpoint_frequency", Kind::Integer(1, MANY), Auto, "Epochs between checkpoints; auto: some seconds"),
    row("use_pretrained_model", NEVER, Is("0"), "There are no pretrained weights"),
    row("multi_label", NEVER, Is("0"), "An image has one label"),
    row("use_weighted_loss", NEVER, Is("0"), "Images weigh the same"),
    row("precision_dtype", Kind::Choice(&["float32"]), Is("float32"), "Of the training"),
];

/// The typed values of the table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hyperparameters {
    pub num_classes: usize,
    pub num_training_samples: Option<usize>,
    pub network: Family,
    pub num_layers: Option<usize>,
    pub width_multiplier: f64,
    /// Channels, height, width.
    pub image_shape: Option<[usize; 3]>,
    pub epochs: usize,
    pub mini_batch_size: usize,
    pub optimizer: Method,
    pub learning_rate: f64,
    pub momentum: f32,
    pub weight_decay: f32,
    pub beta_1: f32,
    pub beta_2: f32,
    pub eps: f32,
    pub gamma: f32,
    pub lr_scheduler: Schedule,
    pub lr_scheduler_step: Option<Vec<usize>>,
    pub lr_scheduler_factor: f64,
    pub augmentation_type: Augmentation,
    pub label_smoothing: f32,
    pub top_k: Option<usize>,
    pub early_stopping: bool,
    pub early_stopping_min_epochs: usize,
    pub early_stopping_patience: usize,
    pub early_stopping_tolerance: f64,
    pub checkpoint_frequency: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    ResNet,
    MobileNet,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    Sgd,
    Nag,
    Adam,
    AdamW,
    RmsProp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    Step,
    OneCycle,
    Cosine,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Augmentation {
    None,
    Crop,
    CropColor,
    CropColorTransform,
}

impl Hyperparameters {
    /// What the table cannot say of single values.
    pub fn check(&self) -> Result<(), HyperparameterError> {
        let together = |what: String| Err(HyperparameterError::Together(what));
        if let Some(layers) = self.num_layers.filter(|&layers| !net::has(self.network, layers)) {
            return together(format!(
                "there is no {:?} of {layers} layers; {}",
                self.network,
                net::depths(self.network)
            ));
        }
        if let Some([channels, height, width]) = self.image_shape
            && (!matches!(channels, 1 | 3) || height == 0 || width == 0)
        {
            return together("image_shape is channels (1 or 3), height, width, such as 3,32,32".into());
        }
        if self.top_k.is_some_and(|k| k > self.num_classes) {
            return together("top_k is above num_classes".into());
        }
        Ok(())
    }

    /// How the optimizer goes at a step of so many, `per_epoch` in each epoch.
    pub fn pace(&self, step: usize, total: usize, per_epoch: usize) -> Pace {
        let momentum = match self.optimizer {
            Method::Adam | Method::AdamW => f64::from(self.beta_1),
            _ => f64::from(self.momentum),
        };
        let (factor, momentum) = match self.lr_scheduler {
            Schedule::Step => {
                let passed = self.lr_scheduler_step.iter().flatten().filter(|&&epoch| step / per_epoch >= epoch);
                (self.lr_scheduler_factor.powi(passed.count() as i32), momentum)
            }
            Schedule::Cosine => (cosine(1.0, 0.0, step as f64 / total as f64), momentum),
            // In the first 3 of 10 parts longer steps and less momentum, then back (Smith, Topin 2018; the ends are
            // PyTorch's).
            Schedule::OneCycle => {
                let (step, top) = (step as f64, 0.3 * total as f64);
                if step < top {
                    (cosine(0.04, 1.0, step / top), cosine(0.95, 0.85, step / top))
                } else {
                    let part = (step - top) / (total as f64 - top);
                    (cosine(1.0, 4e-6, part), cosine(0.85, 0.95, part))
                }
            }
        };
        Pace { rate: (self.learning_rate * factor) as f32, momentum: momentum as f32 }
    }
}

/// What a schedule changes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// The length of a step.
    pub rate: f32,
    /// Of sgd and nag, or the first beta of adam and adamw.
    pub momentum: f32,
}

/// Half a wave from one value to another.
fn cosine(from: f64, to: f64, part: f64) -> f64 {
    to + (from - to) * (1.0 + (std::f64::consts::PI * part).cos()) / 2.0
}
