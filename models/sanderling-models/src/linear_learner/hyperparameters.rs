//! The hyperparameters, with SageMaker's names, defaults and ranges.

use serde::{Deserialize, Serialize};

use crate::hyperparameters::Default::{Auto, Is, Required};
use crate::hyperparameters::{
    Bound, Hyperparameter, HyperparameterError, Kind, MANY, NOT_NEGATIVE, POSITIVE, UNIT, row,
};

const BELOW_ONE: Kind = Kind::Real(Bound::Closed(0.0), Bound::Open(1.0));
const BETWEEN: Kind = Kind::Real(Bound::Open(0.0), Bound::Open(1.0));

pub const TABLE: &[Hyperparameter] = &[
    row("predictor_type", Kind::Choice(Predictor::NAMES), Required, "What is predicted"),
    row("num_classes", Kind::Integer(3, 1_000_000), Auto, "How many classes; required by multiclass_classifier"),
    row("feature_dim", Kind::Integer(1, MANY), Auto, "How many features; auto counts them"),
    row("mini_batch_size", Kind::Integer(1, MANY), Is("1000"), "Rows between two steps"),
    row("epochs", Kind::Integer(1, MANY), Is("15"), "Passes over the data"),
    row("num_models", Kind::Integer(1, 1024), Auto, "Candidates trained side by side; auto is 32"),
    row("loss", Kind::Choice(Loss::NAMES), Auto, "What is minimized; auto fits the predictor type"),
    row("optimizer", Kind::Choice(Optimizer::NAMES), Auto, "How steps are made; auto is adam"),
    row("learning_rate", POSITIVE, Auto, "The size of a step; auto tries several"),
    row("l1", NOT_NEGATIVE, Auto, "L1 regularization; auto tries several"),
    row("wd", NOT_NEGATIVE, Auto, "Weight decay, L2 regularization; auto tries several"),
    row("momentum", BELOW_ONE, Auto, "Of sgd; auto is 0"),
    row("beta_1", BELOW_ONE, Auto, "Of adam, the decay of the mean; auto is 0.9"),
    row("beta_2", BELOW_ONE, Auto, "Of adam and rmsprop, the decay of the squares; auto is 0.999"),
    row("bias_lr_mult", POSITIVE, Auto, "What the step of the bias is multiplied by; auto is 10"),
    row("bias_wd_mult", NOT_NEGATIVE, Auto, "What the decay of the bias is multiplied by; auto is 0"),
    row("use_lr_scheduler", Kind::Flag, Is("true"), "Steps become smaller"),
    row(
        "lr_scheduler_step",
        Kind::Integer(1, MANY),
        Auto,
        "Steps between two changes of size; auto is a hundredth of all",
    ),
    row("lr_scheduler_factor", BETWEEN, Auto, "What the size is multiplied by; auto ends at a thousandth"),
    row("lr_scheduler_minimum_lr", POSITIVE, Auto, "The smallest size; auto is 0.00001"),
    row("init_method", Kind::Choice(&["uniform", "normal"]), Is("uniform"), "Where weights start"),
    row("init_scale", NOT_NEGATIVE, Is("0.07"), "uniform: from minus this to this"),
    row("init_sigma", NOT_NEGATIVE, Is("0.01"), "normal: the deviation"),
    row("init_bias", Kind::Real(Bound::None, Bound::None), Is("0"), "Where the bias starts"),
    row("normalize_data", Kind::Flag, Is("true"), "Features have deviation 1, dense ones mean 0"),
    row("normalize_label", Kind::Flag, Auto, "Labels of regression too; auto does"),
    row("unbias_data", Kind::Flag, Auto, "Features have mean 0; auto where they are dense"),
    row("unbias_label", Kind::Flag, Auto, "Labels have mean 0; auto for regression"),
    row("num_point_for_scaler", Kind::Integer(1, MANY), Is("10000"), "Rows that means and deviations are taken from"),
    row("num_calibration_samples", Kind::Integer(1, MANY), Auto, "Rows that the threshold is chosen by"),
    row(
        "binary_classifier_model_selection_criteria",
        Kind::Choice(Criterion::NAMES),
        Is("accuracy"),
        "What the threshold and the best candidate are chosen by",
    ),
    row("target_precision", UNIT, Is("0.8"), "Of recall_at_target_precision"),
    row("target_recall", UNIT, Is("0.8"), "Of precision_at_target_recall"),
    row("f_beta", POSITIVE, Is("1"), "Of f_beta"),
    row("quantile", BETWEEN, Is("0.5"), "Of quantile_loss"),
    row("margin", POSITIVE, Is("1"), "Of hinge_loss"),
    row("huber_delta", NOT_NEGATIVE, Is("1"), "Of huber_loss"),
    row("loss_insensitivity", NOT_NEGATIVE, Is("0.01"), "Of the eps_insensitive losses"),
    row("positive_example_weight_mult", POSITIVE, Is("1"), "The weight of rows with label 1"),
    row("balance_multiclass_weights", Kind::Flag, Is("false"), "Classes weigh the same, however frequent"),
    row("accuracy_top_k", Kind::Integer(1, MANY), Is("3"), "Of multiclass_top_k_accuracy"),
    row("early_stopping_patience", Kind::Integer(1, MANY), Is("3"), "Epochs without improvement before the end"),
    row("early_stopping_tolerance", NOT_NEGATIVE, Is("0.001"), "Relative improvement that counts"),
];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hyperparameters {
    pub predictor_type: Predictor,
    pub num_classes: Option<usize>,
    pub feature_dim: Option<usize>,
    pub mini_batch_size: usize,
    pub epochs: usize,
    pub num_models: Option<usize>,
    pub loss: Option<Loss>,
    pub optimizer: Option<Optimizer>,
    pub learning_rate: Option<f32>,
    pub l1: Option<f32>,
    pub wd: Option<f32>,
    pub momentum: Option<f32>,
    pub beta_1: Option<f32>,
    pub beta_2: Option<f32>,
    pub bias_lr_mult: Option<f32>,
    pub bias_wd_mult: Option<f32>,
    pub use_lr_scheduler: bool,
    pub lr_scheduler_step: Option<u64>,
    pub lr_scheduler_factor: Option<f32>,
    pub lr_scheduler_minimum_lr: Option<f32>,
    pub init_method: String,
    pub init_scale: f32,
    pub init_sigma: f32,
    pub init_bias: f32,
    pub normalize_data: bool,
    pub normalize_label: Option<bool>,
    pub unbias_data: Option<bool>,
    pub unbias_label: Option<bool>,
    pub num_point_for_scaler: usize,
    pub num_calibration_samples: Option<usize>,
    pub binary_classifier_model_selection_criteria: Criterion,
    pub target_precision: f64,
    pub target_recall: f64,
    pub f_beta: f64,
    pub quantile: f32,
    pub margin: f32,
    pub huber_delta: f32,
    pub loss_insensitivity: f32,
    pub positive_example_weight_mult: f32,
    pub balance_multiclass_weights: bool,
    pub accuracy_top_k: usize,
    pub early_stopping_patience: usize,
    pub early_stopping_tolerance: f64,
}

/// What is predicted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Predictor {
    BinaryClassifier,
    MulticlassClassifier,
    Regressor,
}

impl Predictor {
    const NAMES: &[&str] = &["binary_classifier", "multiclass_classifier", "regressor"];
}

/// What is minimized.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Loss {
    #[serde(rename = "logistic")]
    Logistic,
    #[serde(rename = "hinge_loss")]
    Hinge,
    #[serde(rename = "softmax_loss")]
    Softmax,
    #[serde(rename = "squared_loss")]
    Squared,
    #[serde(rename = "absolute_loss")]
    Absolute,
    #[serde(rename = "eps_insensitive_squared_loss")]
    EpsInsensitiveSquared,
    #[serde(rename = "eps_insensitive_absolute_loss")]
    EpsInsensitiveAbsolute,
    #[serde(rename = "quantile_loss")]
    Quantile,
    #[serde(rename = "huber_loss")]
    Huber,
}

impl Loss {
    const NAMES: &[&str] = &[
        "logistic",
        "hinge_loss",
        "softmax_loss",
        "squared_loss",
        "absolute_loss",
        "eps_insensitive_squared_loss",
        "eps_insensitive_absolute_loss",
        "quantile_loss",
        "huber_loss",
    ];

    fn fits(self, predictor: Predictor) -> bool {
        match predictor {
            Predictor::BinaryClassifier => matches!(self, Loss::Logistic | Loss::Hinge),
            Predictor::MulticlassClassifier => self == Loss::Softmax,
            Predictor::Regressor => !matches!(self, Loss::Logistic | Loss::Hinge | Loss::Softmax),
        }
    }
}

/// How steps are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Optimizer {
    Sgd,
    Adam,
    Rmsprop,
}

impl Optimizer {
    const NAMES: &[&str] = &["sgd", "adam", "rmsprop"];
}

/// What the threshold of a binary classifier is chosen by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Criterion {
    Accuracy,
    FBeta,
    PrecisionAtTargetRecall,
    RecallAtTargetPrecision,
    LossFunction,
}

impl Criterion {
    const NAMES: &[&str] =
        &["accuracy", "f_beta", "precision_at_target_recall", "recall_at_target_precision", "loss_function"];
}

impl Hyperparameters {
    /// What the table cannot tell: whether values fit each other.
    pub fn check(&self) -> Result<(), HyperparameterError> {
        let together = |what: &str| Err(HyperparameterError::Together(what.into()));
        let is_multiclass = self.predictor_type == Predictor::MulticlassClassifier;
        if is_multiclass && self.num_classes.is_none() {
            return together("predictor_type multiclass_classifier needs num_classes");
        }
        if !is_multiclass && self.num_classes.is_some() {
            return together("num_classes is only for predictor_type multiclass_classifier");
        }
        if self.loss.is_some_and(|loss| !loss.fits(self.predictor_type)) {
            return together("loss does not fit predictor_type");
        }
        Ok(())
    }

    pub fn loss(&self) -> Loss {
        self.loss.unwrap_or(match self.predictor_type {
            Predictor::BinaryClassifier => Loss::Logistic,
            Predictor::MulticlassClassifier => Loss::Softmax,
            Predictor::Regressor => Loss::Squared,
        })
    }

    /// Scores of a row.
    pub fn outputs(&self) -> usize {
        self.num_classes.unwrap_or(1)
    }
}
