//! Arrow IPC: a stream of record batches, or a file, which is a stream between two signs.

use std::io::{self, BufRead, BufReader, Cursor, Read, Write};

use arrow_ipc::reader::StreamReader;
use arrow_ipc::root_as_message;
use arrow_ipc::writer::StreamWriter;

use crate::batch::Builder;
use crate::rows::columns::{Columns, caught};
use crate::rows::{Decode, Encode};
use crate::{Batch, DataError, Limit, Part};

/// What a file begins with; a stream follows.
const FILE: [u8; 8] = *b"ARROW1\0\0";
/// What stands before the length of a message.
const CONTINUES: u32 = u32::MAX;

/// The rows of a file or stream.
pub struct Arrow {
    batches: StreamReader<BufReader<Checked>>,
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
        let checked = Checked { bytes, message: Cursor::new(Vec::new()), is_over: false, limit: part.limit() };
        let batches = caught(|| StreamReader::try_new(BufReader::new(checked), None));
        let batches = batches.or_else(|error| DataError::file(part.path(), format!("it is no Arrow IPC: {error}")))?;
        Ok(Arrow { batches, columns: Columns::new(part.path(), labels, weights) })
    }
}

impl Decode for Arrow {
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

/// The same bytes, a message at a time, each checked for what Arrow's reader takes for granted: buffers
/// within the body that do not grow beyond the limit.
struct Checked {
    bytes: Box<dyn BufRead + Send>,
    message: Cursor<Vec<u8>>,
    /// Behind the last message a file has its directory.
    is_over: bool,
    limit: Limit,
}

impl Checked {
    /// The next message: a sign, the length of what describes it, that, and the body. Empty at the end.
    fn load(&mut self) -> io::Result<Vec<u8>> {
        let mut message = Vec::new();
        let mut length = self.word(&mut message)?;
        if length == Some(CONTINUES) {
            length = self.word(&mut message)?;
        }
        let start = message.len();
        let Some(length) = length.filter(|&length| length > 0) else {
            self.is_over = true;
            return Ok(message);
        };
        self.append(length.into(), &mut message)?;
        let body = message.len();
        let length = body_bytes(&message[start..])?;
        self.append(length, &mut message)?;
        check_packed(&message[start..body], &message[body..], self.limit)?;
        Ok(message)
    }

    /// A length, if the bytes are not at their end.
    fn word(&mut self, message: &mut Vec<u8>) -> io::Result<Option<u32>> {
        let start = message.len();
        self.bytes.by_ref().take(4).read_to_end(message)?;
        Ok(message[start..].first_chunk().map(|word| u32::from_le_bytes(*word)))
    }

    /// Memory grows with what is there.
    fn append(&mut self, length: u64, message: &mut Vec<u8>) -> io::Result<()> {
        let read = self.bytes.by_ref().take(length).read_to_end(message)?;
        if (read as u64) < length {
            let what = format!("a message ends {} bytes before it should: it is cut short", length - read as u64);
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, what));
        }
        Ok(())
    }
}

impl Read for Checked {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.message.position() == self.message.get_ref().len() as u64 && !self.is_over {
            self.message = Cursor::new(self.load()?);
        }
        self.message.read(into)
    }
}

/// The length of the body of a message, once all buffers lie within it.
fn body_bytes(description: &[u8]) -> io::Result<u64> {
    let broken = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what);
    let message = root_as_message(description).map_err(|error| broken(&format!("a message is broken: {error}")))?;
    let body = u64::try_from(message.bodyLength()).map_err(|_| broken("a message has a negative length"))?;
    if message.header_as_dictionary_batch().is_some() {
        return Err(broken("it has columns of a dictionary; encode them as numbers first"));
    }
    for buffer in message.header_as_record_batch().and_then(|rows| rows.buffers()).into_iter().flatten() {
        let (offset, length) = (u64::try_from(buffer.offset()), u64::try_from(buffer.length()));
        let end = offset.ok().zip(length.ok()).and_then(|(offset, length)| offset.checked_add(length));
        if end.is_none_or(|end| end > body) {
            return Err(broken("a buffer lies outside of its message"));
        }
    }
    Ok(body)
}

/// Packed buffers begin with the length of what is in them, for which memory is taken at once.
fn check_packed(description: &[u8], body: &[u8], limit: Limit) -> io::Result<()> {
    let message = root_as_message(description).map_err(|error| io::Error::other(error.to_string()))?;
    let rows = message.header_as_record_batch().filter(|rows| rows.compression().is_some());
    for buffer in rows.and_then(|rows| rows.buffers()).into_iter().flatten() {
        let start = body.get(buffer.offset() as usize..).and_then(|bytes| bytes.first_chunk());
        let plain = start.filter(|_| buffer.length() > 0).map_or(0, |start| i64::from_le_bytes(*start));
        let most = limit.most(buffer.length() as u64);
        // A negative length stands before what is not packed.
        if plain > 0 && plain as u64 > most {
            let what = format!("a packed buffer says that it has {plain} bytes; the limit for its size is {most}");
            return Err(io::Error::new(io::ErrorKind::InvalidData, what));
        }
    }
    Ok(())
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
