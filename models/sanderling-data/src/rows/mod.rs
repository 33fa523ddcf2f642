//! Rows of numbers: a file for each format.

#[cfg(feature = "parquet")]
pub mod arrow;
#[cfg(feature = "parquet")]
mod columns;
pub mod csv;
pub mod json;
pub mod libsvm;
pub mod npy;
#[cfg(feature = "parquet")]
pub mod parquet;
pub mod recordio;
mod tensor;

use std::io::{self, Write};

use crate::batch::Builder;
use crate::{Batch, DataError, Format, Part};

/// Columns beyond this are taken for damage rather than for data.
pub const COLUMN_MAX: u32 = 1 << 28;

/// Reads the rows of one file.
pub trait Decode: Send {
    /// Adds rows until the builder is full. False once there are no more.
    fn fill(&mut self, out: &mut Builder) -> Result<bool, DataError>;
}

/// Writes rows of one format.
pub trait Encode: Send {
    fn write(&mut self, batch: &Batch, out: &mut dyn Write) -> io::Result<()>;
    /// What comes behind all rows.
    fn finish(&mut self, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}

/// Begins to read a file.
pub fn open(part: &Part, format: Format) -> Result<Box<dyn Decode>, DataError> {
    Ok(match format {
        Format::Csv { labels, weights } => Box::new(csv::Csv::open(part, labels, weights)?),
        Format::Libsvm => Box::new(libsvm::Libsvm::open(part)?),
        Format::RecordIo => Box::new(recordio::RecordIo::open(part)?),
        Format::JsonLines => Box::new(json::JsonLines::open(part)?),
        Format::Json => Box::new(json::Instances::open(part)?),
        Format::Npy { labels, weights } => Box::new(npy::Npy::open(part, labels, weights)?),
        Format::Npz => Box::new(npy::Npz::open(part)?),
        #[cfg(feature = "parquet")]
        Format::Parquet { labels, weights } => Box::new(parquet::Parquet::open(part, labels, weights)?),
        #[cfg(feature = "parquet")]
        Format::Arrow { labels, weights } => Box::new(arrow::Arrow::open(part, labels, weights)?),
    })
}

/// What writes a format.
pub fn encode(format: Format) -> Box<dyn Encode> {
    match format {
        Format::Csv { .. } => Box::new(csv::Writer::default()),
        Format::Libsvm => Box::new(libsvm::Writer),
        Format::RecordIo => Box::new(recordio::Writer::default()),
        Format::JsonLines => Box::new(json::Writer::lines()),
        Format::Json => Box::new(json::Writer::list()),
        Format::Npy { .. } => Box::new(npy::Writer::npy()),
        Format::Npz => Box::new(npy::Writer::npz()),
        #[cfg(feature = "parquet")]
        Format::Parquet { .. } => Box::new(parquet::Writer::default()),
        #[cfg(feature = "parquet")]
        Format::Arrow { .. } => Box::new(arrow::Writer::default()),
    }
}

/// Rows that a format cannot hold.
fn unfit<T>(what: impl Into<String>) -> io::Result<T> {
    Err(io::Error::new(io::ErrorKind::InvalidInput, what.into()))
}

/// Formats whose sparse rows say how many columns there are want the same number in all.
fn one_width(before: &mut Option<usize>, width: usize) -> io::Result<()> {
    match *before.get_or_insert(width) {
        before if before != width => {
            unfit(format!("a batch has {width} columns, those before it {before}; gather all rows first"))
        }
        _ => Ok(()),
    }
}
