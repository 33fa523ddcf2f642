//! Why a model cannot be trained, read or lowered.

use std::path::{Path, PathBuf};

use sanderling_data::DataError;
use sanderling_ir::InferError;

use crate::hyperparameters::HyperparameterError;

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    #[error("there is no algorithm {name}; did you mean {nearest}?")]
    NoAlgorithm { name: String, nearest: &'static str },
    #[error(transparent)]
    Hyperparameter(#[from] HyperparameterError),
    #[error("channel {channel} is missing")]
    NoChannel { channel: &'static str },
    #[error(transparent)]
    Data(#[from] DataError),
    /// The data are read but do not fit the hyperparameters or the model.
    #[error("channel {channel}: {what}")]
    Unfit { channel: String, what: String },
    #[error("{}", path.display())]
    Io { path: PathBuf, source: std::io::Error },
    /// A saved model or checkpoint that is not one.
    #[error("{}: {what}", path.display())]
    Model { path: PathBuf, what: String },
    #[error("the model cannot become a graph: {what}")]
    Lower { what: String },
    #[error("the training was cancelled before there was a model to keep")]
    Cancelled,
}

impl TrainError {
    pub(crate) fn unfit<T>(channel: &str, what: impl Into<String>) -> Result<T, TrainError> {
        Err(TrainError::Unfit { channel: channel.into(), what: what.into() })
    }

    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> TrainError + '_ {
        |source| TrainError::Io { path: path.into(), source }
    }

    pub(crate) fn model<T>(path: &Path, what: impl Into<String>) -> Result<T, TrainError> {
        Err(TrainError::Model { path: path.into(), what: what.into() })
    }
}

impl From<InferError> for TrainError {
    fn from(error: InferError) -> TrainError {
        TrainError::Lower { what: error.to_string() }
    }
}
