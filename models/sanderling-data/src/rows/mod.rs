//! Rows of numbers: a file for each format.

pub mod csv;
pub mod libsvm;

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
    })
}

/// What writes a format.
pub fn encode(format: Format) -> Box<dyn Encode> {
    match format {
        Format::Csv { .. } => Box::new(csv::Writer::default()),
        Format::Libsvm => Box::new(libsvm::Writer),
    }
}

/// Rows that a format cannot hold.
fn unfit<T>(what: impl Into<String>) -> io::Result<T> {
    Err(io::Error::new(io::ErrorKind::InvalidInput, what.into()))
}
