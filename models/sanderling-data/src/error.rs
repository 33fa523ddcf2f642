//! What is wrong with data, and where.

use std::io;
use std::path::{Path, PathBuf};

/// Why data cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    #[error("{}", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("{}, {} {} (byte {}): {what}", path.display(), at.unit, at.number, at.offset)]
    At { path: PathBuf, at: At, what: String },
    /// A row of a file that has no place for it alone, counted from 1.
    #[error("{}, row {row}: {what}", path.display())]
    Row { path: PathBuf, row: u64, what: String },
    #[error("{}: {what}", path.display())]
    File { path: PathBuf, what: String },
}

/// A place in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At {
    /// What is counted: `line`, `record`, `row`, ...
    pub unit: &'static str,
    /// From 1.
    pub number: u64,
    /// Where it starts, from 0, in the file's bytes as they are when unpacked.
    pub offset: u64,
}

impl DataError {
    pub(crate) fn at<T>(path: &Path, at: At, what: impl Into<String>) -> Result<T, DataError> {
        Err(DataError::At { path: path.into(), at, what: what.into() })
    }

    pub(crate) fn file<T>(path: &Path, what: impl Into<String>) -> Result<T, DataError> {
        Err(DataError::File { path: path.into(), what: what.into() })
    }

    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> DataError + '_ {
        |source| DataError::Io { path: path.into(), source }
    }

    /// Bytes that ended, or broke, within something.
    pub(crate) fn broken(path: &Path, at: At) -> impl FnOnce(io::Error) -> DataError + '_ {
        move |source| {
            let what = match source.kind() {
                io::ErrorKind::UnexpectedEof => format!("the data end within this {}: it is cut short", at.unit),
                _ => format!("reading on fails: {source}"),
            };
            DataError::At { path: path.into(), at, what }
        }
    }
}
