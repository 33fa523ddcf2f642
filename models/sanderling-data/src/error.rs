//! What is wrong with data, and where.

use std::path::{Path, PathBuf};

/// Why data cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    #[error("{}", path.display())]
    Io { path: PathBuf, source: std::io::Error },
    /// A line counts from 1.
    #[error("{}, line {line}: {what}", path.display())]
    Line { path: PathBuf, line: u64, what: String },
    #[error("{}: {what}", path.display())]
    File { path: PathBuf, what: String },
}

impl DataError {
    pub(crate) fn line<T>(path: &Path, line: u64, what: impl Into<String>) -> Result<T, DataError> {
        Err(DataError::Line { path: path.into(), line, what: what.into() })
    }

    pub(crate) fn file<T>(path: &Path, what: impl Into<String>) -> Result<T, DataError> {
        Err(DataError::File { path: path.into(), what: what.into() })
    }

    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> DataError + '_ {
        |source| DataError::Io { path: path.into(), source }
    }
}
