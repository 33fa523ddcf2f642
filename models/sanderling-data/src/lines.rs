//! Lines of text as bytes, without a copy where they lie in the reader's buffer.

use std::io::BufRead;
use std::path::{Path, PathBuf};

use memchr::memchr;

use crate::error::At;
use crate::{DataError, Part};

/// A longer line is taken for damage: it would have to fit into memory.
const LINE_MAX: usize = 256 << 20;

/// The lines of a part.
pub struct Lines {
    pub path: PathBuf,
    bytes: Box<dyn BufRead + Send>,
    /// A line that the reader's buffer has in pieces.
    own: Vec<u8>,
    /// What of the reader's buffer the line before took.
    taken: usize,
    number: u64,
    offset: u64,
    next_offset: u64,
    /// Whether the last line must have an end.
    is_pipe: bool,
}

impl Lines {
    pub fn open(part: &Part) -> Result<Lines, DataError> {
        Ok(Lines { is_pipe: part.is_pipe(), ..Lines::new(part.path(), part.open()?) })
    }

    pub fn new(path: &Path, bytes: Box<dyn BufRead + Send>) -> Lines {
        Lines {
            path: path.into(),
            bytes,
            own: Vec::new(),
            taken: 0,
            number: 0,
            offset: 0,
            next_offset: 0,
            is_pipe: false,
        }
    }

    /// Where the line is that was read last.
    pub fn at(&self) -> At {
        At { unit: "line", number: self.number, offset: self.offset }
    }

    /// An error in that line.
    pub fn fail<T>(&self, what: impl Into<String>) -> Result<T, DataError> {
        DataError::at(&self.path, self.at(), what)
    }

    /// The next line without what ends it; the first without a byte order mark.
    pub fn next(&mut self) -> Result<Option<&[u8]>, DataError> {
        self.bytes.consume(self.taken);
        self.taken = 0;
        self.number += 1;
        self.offset = self.next_offset;
        let at = self.at();
        let buffer = self.bytes.fill_buf().map_err(DataError::broken(&self.path, at))?;
        if buffer.is_empty() {
            self.number -= 1;
            return Ok(None);
        }
        if let Some(end) = memchr(b'\n', buffer) {
            self.taken = end + 1;
            self.next_offset += self.taken as u64;
            // The buffer is full as it was: this reads nothing.
            let buffer = self.bytes.fill_buf().map_err(DataError::broken(&self.path, at))?;
            return Ok(Some(trimmed(&buffer[..end], at.number)));
        }
        self.own.clear();
        loop {
            let buffer = self.bytes.fill_buf().map_err(DataError::broken(&self.path, at))?;
            let end = memchr(b'\n', buffer);
            let taken = end.map_or(buffer.len(), |end| end + 1);
            self.own.extend_from_slice(&buffer[..end.unwrap_or(taken)]);
            self.bytes.consume(taken);
            self.next_offset += taken as u64;
            if self.own.len() > LINE_MAX {
                return DataError::at(&self.path, at, format!("it is longer than {LINE_MAX} bytes"));
            }
            if taken == 0 && self.is_pipe {
                let what = "the pipe ends within this line: it is cut short, as by a writer that died";
                return DataError::at(&self.path, at, what);
            }
            if end.is_some() || taken == 0 {
                return Ok(Some(trimmed(&self.own, at.number)));
            }
        }
    }
}

fn trimmed(line: &[u8], number: u64) -> &[u8] {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    match number {
        1 => line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line),
        _ => line,
    }
}

/// Text for an error message.
pub fn shown(bytes: &[u8]) -> String {
    const MOST: usize = 40;
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(MOST)]).into_owned();
    if bytes.len() > MOST { start + "..." } else { start }
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Cursor};

    use super::*;

    #[test]
    fn lines_are_the_same_in_any_buffer() {
        let text = "\u{feff}first\r\n\nthird, which is long\nlast";
        for capacity in [1, 2, 3, 7, 100] {
            let bytes = BufReader::with_capacity(capacity, Cursor::new(text.as_bytes().to_vec()));
            let mut lines = Lines::new(Path::new("x"), Box::new(bytes));
            let mut found = Vec::new();
            while let Some(line) = lines.next().unwrap() {
                let line = String::from_utf8(line.to_vec()).unwrap();
                found.push((line, lines.at().number, lines.at().offset));
            }
            let want = [("first", 1, 0), ("", 2, 10), ("third, which is long", 3, 11), ("last", 4, 32)];
            // A byte order mark in pieces is still at the start of the line.
            assert_eq!(found, want.map(|(line, number, offset)| (line.to_string(), number, offset)), "{capacity}");
        }
    }
}
