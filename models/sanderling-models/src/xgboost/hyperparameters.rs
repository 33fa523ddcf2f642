//! The hyperparameters, with XGBoost's names, defaults and ranges.

use serde::{Deserialize, Serialize};

use super::objective::Objective;
use crate::hyperparameters::Default::{Auto, Is, Required};
use crate::hyperparameters::{
    Bound, Hyperparameter, HyperparameterError, Kind, MANY, NOT_NEGATIVE, POSITIVE, SHARE, UNIT, row,
};

pub const TABLE: &[Hyperparameter] = &[
    row("num_round", Kind::Integer(1, MANY), Required, "How many rounds of boosting"),
    row("num_class", Kind::Integer(2, MANY), Auto, "How many classes; required by the multi: objectives"),
    row("objective", Kind::Choice(Objective::NAMES), Is("reg:squarederror"), "What is learnt"),
    row("eta", UNIT, Is("0.3"), "What a tree's leaves are multiplied by"),
    row("gamma", NOT_NEGATIVE, Is("0"), "The least gain that is worth a split"),
    row("max_depth", Kind::Integer(0, MANY), Is("6"), "The most splits above a leaf; 0 for any number"),
    row("min_child_weight", NOT_NEGATIVE, Is("1"), "The least sum of second derivatives in a leaf"),
    row("max_delta_step", NOT_NEGATIVE, Is("0"), "The largest leaf before eta; 0 for any size"),
    row("subsample", SHARE, Is("1"), "The share of rows that a tree sees"),
    row("colsample_bytree", SHARE, Is("1"), "The share of features that a tree sees"),
    row("colsample_bylevel", SHARE, Is("1"), "The share of these that a level sees"),
    row("colsample_bynode", SHARE, Is("1"), "The share of these that a node sees"),
    row("lambda", NOT_NEGATIVE, Is("1"), "L2 regularization of leaves"),
    row("alpha", NOT_NEGATIVE, Is("0"), "L1 regularization of leaves"),
    row("tree_method", Kind::Choice(&["auto", "hist"]), Is("auto"), "How splits are found: on histograms"),
    row("max_bin", Kind::Integer(2, MANY), Is("256"), "The most bins of a feature; beyond 255 it is 255"),
    row("grow_policy", Kind::Choice(&["depthwise", "lossguide"]), Is("depthwise"), "Which node is split next"),
    row("max_leaves", Kind::Integer(0, MANY), Is("0"), "The most leaves of a tree; 0 for any number"),
    row("base_score", Kind::Real(Bound::None, Bound::None), Auto, "The prediction before the first tree"),
    row("scale_pos_weight", POSITIVE, Is("1"), "What the weights of rows with label 1 are multiplied by"),
    row("seed", Kind::Integer(0, MANY), Is("0"), "Of the random choices of rows and features"),
    row("early_stopping_rounds", Kind::Integer(1, MANY), Auto, "Stop after so many rounds without a better validation"),
    row("eval_metric", Kind::Choice(Eval::NAMES), Auto, "What validation measures"),
    row("csv_weights", Kind::Flag, Is("0"), "The second column of CSV is the weight of the row"),
];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hyperparameters {
    pub num_round: usize,
    pub num_class: Option<usize>,
    pub objective: Objective,
    pub eta: f64,
    pub gamma: f64,
    pub max_depth: usize,
    pub min_child_weight: f64,
    pub max_delta_step: f64,
    pub subsample: f64,
    pub colsample_bytree: f64,
    pub colsample_bylevel: f64,
    pub colsample_bynode: f64,
    pub lambda: f64,
    pub alpha: f64,
    pub tree_method: String,
    pub max_bin: usize,
    pub grow_policy: GrowPolicy,
    pub max_leaves: usize,
    pub base_score: Option<f32>,
    pub scale_pos_weight: f32,
    pub seed: u64,
    pub early_stopping_rounds: Option<usize>,
    pub eval_metric: Option<Eval>,
    pub csv_weights: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GrowPolicy {
    /// All nodes of a level before those of the next.
    Depthwise,
    /// The node with the largest gain.
    Lossguide,
}

/// What validation measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Eval {
    Rmse,
    Mae,
    Logloss,
    Error,
    Auc,
    Merror,
    Mlogloss,
}

impl Eval {
    const NAMES: &[&str] = &["rmse", "mae", "logloss", "error", "auc", "merror", "mlogloss"];

    /// XGBoost's name.
    pub fn name(self) -> &'static str {
        Eval::NAMES[self as usize]
    }

    /// Whether larger is better.
    pub fn rises(self) -> bool {
        self == Eval::Auc
    }

    fn is_of_classes(self) -> bool {
        matches!(self, Eval::Merror | Eval::Mlogloss)
    }
}

impl Hyperparameters {
    /// What the table cannot tell: whether values fit each other.
    pub fn check(&self) -> Result<(), HyperparameterError> {
        let together = |what: String| Err(HyperparameterError::Together(what));
        let objective = self.objective.name();
        if self.objective.is_of_classes() && self.num_class.is_none() {
            return together(format!("objective {objective} needs num_class"));
        }
        if !self.objective.is_of_classes() && self.num_class.is_some() {
            return together(format!("objective {objective} has no classes; leave num_class out"));
        }
        if self.eval().is_of_classes() != self.objective.is_of_classes() {
            return together(format!("eval_metric {} does not measure objective {objective}", self.eval().name()));
        }
        if self.max_depth == 0 && self.max_leaves == 0 {
            return together("max_depth and max_leaves cannot both be 0: a tree would grow without end".into());
        }
        let is_share = self.base_score.is_none_or(|score| 0.0 < score && score < 1.0);
        if self.objective.is_logistic() && !is_share {
            return together(format!("base_score of objective {objective} is a probability between 0 and 1"));
        }
        Ok(())
    }

    /// The metric that validation prints and early stopping follows.
    pub fn eval(&self) -> Eval {
        self.eval_metric.unwrap_or(match self.objective {
            Objective::SquaredError => Eval::Rmse,
            Objective::RegLogistic => Eval::Rmse,
            Objective::BinaryLogistic | Objective::LogitRaw => Eval::Logloss,
            Objective::Softmax | Objective::Softprob => Eval::Mlogloss,
        })
    }

    /// Trees of a round.
    pub fn groups(&self) -> usize {
        self.num_class.unwrap_or(1)
    }
}
