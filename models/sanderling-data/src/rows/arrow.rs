//! Arrow IPC: a stream of record batches, or a file, which is a stream between two signs.

use std::io::{self, BufRead, Read, Write};

use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::StreamWriter;

use crate::batch::Builder;
use crate::rows::columns::Columns;
use crate::rows::{Decode, Encode};
use crate::{Batch, DataError, Part};

/// What a file begins with; a stream follows.
const FILE: [u8; 8] = *b"ARROW1\0\0";

/// The rows of a file or stream.
pub struct Arrow {
    batches: StreamReader<Box<dyn BufRead + Send>>,
    columns: Columns,
}

impl Arrow {
    pub fn open(part: &Part, labels: usize, weights: bool) -> Result<Arrow, DataError> {
        let mut bytes = part.open()?;
        let mut head = Vec::new();
        bytes.by_ref().take(FILE.len() as u64).read_to_end(&mut head).map_err(DataError::io(part.path()))?;
        if head != FILE {
            bytes = Box::new(io::Cursor::new(head).chain(bytes));
        }
        let batches = StreamReader::try_new(bytes, None);
        let batches = batches.or_else(|error| DataError::file(part.path(), format!("it is no Arrow IPC: {error}")))?;
        Ok(Arrow { batches, columns: Columns::new(part.path(), labels, weights) })
    }
}

impl Decode for Arrow {
    fn fill(&mut self, out: &mut Builder) -> Result<bool, DataError> {
        while !self.columns.fill(out)? {
            match self.batches.next() {
                None => return Ok(false),
                Some(Ok(batch)) => self.columns.set(&batch, out)?,
                Some(Err(error)) => return self.columns.broken(&error),
            }
        }
        Ok(true)
    }
}

/// Writes a stream of Float32 columns.
#[derive(Default)]
pub struct Writer {
    inner: Option<StreamWriter<Vec<u8>>>,
}

impl Encode for Writer {
    fn write(&mut self, batch: &Batch, out: &mut dyn Write) -> io::Result<()> {
        let batch = batch.to_arrow().map_err(io::Error::other)?;
        let inner = match &mut self.inner {
            Some(inner) => inner,
            None => {
                let inner = StreamWriter::try_new(Vec::new(), batch.schema_ref()).map_err(io::Error::other)?;
                self.inner.insert(inner)
            }
        };
        inner.write(&batch).map_err(io::Error::other)?;
        out.write_all(&std::mem::take(inner.get_mut()))
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let Some(mut inner) = self.inner.take() else { return super::unfit("there are no rows to write") };
        inner.finish().map_err(io::Error::other)?;
        out.write_all(inner.get_ref())
    }
}
