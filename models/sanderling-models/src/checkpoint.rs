//! Checkpoints: what a training needs to go on, kept in one file that is replaced as a whole.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Job, TrainError, store};

/// Writing takes time: it happens no more often, and at the end of a training.
const EVERY: Duration = Duration::from_secs(1);

/// The checkpoint of a job, if it wants one.
pub struct Checkpoints {
    path: Option<PathBuf>,
    algorithm: &'static str,
    /// Tells whether a checkpoint is of the same job.
    fingerprint: Value,
    last: Instant,
}

#[derive(Serialize, Deserialize)]
struct Saved<T> {
    job: Value,
    state: T,
}

impl Checkpoints {
    /// `fingerprint` has all that must agree for a training to go on: hyperparameters, and what the data look like.
    pub fn new(job: &Job, algorithm: &'static str, fingerprint: Value) -> Result<Self, TrainError> {
        if let Some(folder) = &job.checkpoints {
            std::fs::create_dir_all(folder).map_err(TrainError::io(folder))?;
        }
        let path = job.checkpoints.as_ref().map(|folder| folder.join("checkpoint.json"));
        Ok(Checkpoints { path, algorithm, fingerprint, last: Instant::now() })
    }

    /// What an interrupted training of the same job has left.
    pub fn load<T: DeserializeOwned>(&self) -> Result<Option<T>, TrainError> {
        let Some(path) = self.path.as_deref().filter(|path| path.exists()) else { return Ok(None) };
        let saved: Saved<T> = store::load(path, self.algorithm)?;
        if saved.job != self.fingerprint {
            let what = "it is of another job (other hyperparameters, seed or data); remove it or choose another folder";
            return TrainError::model(path, what);
        }
        Ok(Some(saved.state))
    }

    /// Whether enough time has passed since the last one.
    pub fn is_due(&self) -> bool {
        self.path.is_some() && self.last.elapsed() >= EVERY
    }

    pub fn save<T: Serialize>(&mut self, state: T) -> Result<bool, TrainError> {
        let Some(path) = &self.path else { return Ok(false) };
        store::save(path, self.algorithm, &Saved { job: self.fingerprint.clone(), state })?;
        self.last = Instant::now();
        Ok(true)
    }

    /// Removes the file when the model is done: what is trained next starts afresh.
    pub fn finish(&self) -> Result<(), TrainError> {
        match &self.path {
            Some(path) if path.exists() => std::fs::remove_file(path).map_err(TrainError::io(path)),
            _ => Ok(()),
        }
    }
}
