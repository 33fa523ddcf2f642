//! Parquet: a column for each label and feature, as in CSV; null is a missing value.
//!
//! Its directory is at its end, so that it must be a file: no pipe, and nothing packed once more.

use std::fs::File;
use std::io::{self, Write};

use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};

use crate::batch::Builder;
use crate::rows::columns::{Columns, caught};
use crate::rows::{Decode, Encode};
use crate::{Batch, DataError, Part};

/// Rows that are unpacked at a time.
const ROWS: usize = 1024;

/// The rows of a file.
pub struct Parquet {
    batches: ParquetRecordBatchReader,
    columns: Columns,
}

impl Parquet {
    pub fn open(part: &Part, labels: usize, weights: bool) -> Result<Parquet, DataError> {
        let Some(path) = part.file() else {
            return DataError::file(part.path(), "Parquet is read from its end, which takes a file");
        };
        let file = File::open(path).map_err(DataError::io(part.path()))?;
        let batches = caught(|| Ok(ParquetRecordBatchReaderBuilder::try_new(file)?.with_batch_size(ROWS).build()?));
        let batches = batches.or_else(|error| DataError::file(part.path(), format!("it is no Parquet: {error}")))?;
        Ok(Parquet { batches, columns: Columns::new(part.path(), labels, weights) })
    }
}

impl Decode for Parquet {
    fn fill(&mut self, out: &mut Builder) -> Result<bool, DataError> {
        while !self.columns.fill(out)? {
            match caught(|| self.batches.next().transpose()) {
                Ok(None) => return Ok(false),
                Ok(Some(batch)) => self.columns.set(&batch, out)?,
                Err(error) => return self.columns.broken(&error),
            }
        }
        Ok(true)
    }
}

/// Writes Float32 columns, packed with Snappy as others do.
#[derive(Default)]
pub struct Writer {
    inner: Option<ArrowWriter<Vec<u8>>>,
}

impl Encode for Writer {
    fn write(&mut self, batch: &Batch, out: &mut dyn Write) -> io::Result<()> {
        let batch = batch.to_arrow().map_err(io::Error::other)?;
        let inner = match &mut self.inner {
            Some(inner) => inner,
            None => {
                let snappy = parquet::basic::Compression::SNAPPY;
                let options = parquet::file::properties::WriterProperties::builder().set_compression(snappy).build();
                self.inner.insert(ArrowWriter::try_new(Vec::new(), batch.schema(), Some(options))?)
            }
        };
        inner.write(&batch)?;
        out.write_all(&std::mem::take(inner.inner_mut()))
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let Some(mut inner) = self.inner.take() else { return super::unfit("there are no rows to write") };
        inner.finish()?;
        out.write_all(inner.inner())
    }
}
