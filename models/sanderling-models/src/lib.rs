//! The built-in algorithms: trainers of small models, one folder each.
//!
//! An [`Algorithm`] turns a [`Job`] (hyperparameters, named channels of data, a seed) into a [`Trained`] model, which
//! saves itself, evaluates itself, and becomes IR by `lower()`. [`ALGORITHMS`] lists them. Names, defaults and ranges are
//! those of SageMaker's algorithms of the same names.

#![forbid(unsafe_code)]

mod algorithm;
mod checkpoint;
mod error;
pub mod hyperparameters;
pub mod image_classification;
pub mod linear_learner;
mod lower;
pub mod metrics;
mod packed;
mod random;
mod store;
pub mod xgboost;

pub use algorithm::{ALGORITHMS, Algorithm, Card, Channel, Event, Job, Labelled, Observer, Trained, find, load};
pub use error::TrainError;
pub use metrics::Metric;
