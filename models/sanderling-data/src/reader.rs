//! The seam between data and trainers: an iterator of batches.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;

use crate::batch::{Batch, Bounds, Builder};
use crate::rows::{self, Decode};
use crate::store::{Local, Part, Store};
use crate::{DataError, Format};

/// What every trainer reads: batches, until there are no more or one is wrong.
pub type Batches = Box<dyn Iterator<Item = Result<Batch, DataError>> + Send>;

/// The rows of parts one behind another, in bounded batches; a batch may span parts.
pub struct Reader {
    parts: VecDeque<Part>,
    format: Format,
    current: Option<Box<dyn Decode>>,
    builder: Builder,
}

impl Reader {
    pub fn new(parts: impl IntoIterator<Item = Part>, format: Format, bounds: Bounds) -> Reader {
        Reader { parts: parts.into_iter().collect(), format, current: None, builder: Builder::new(bounds) }
    }

    /// A file, or all files of a folder or of a manifest.
    pub fn open(path: &Path, format: Format) -> Result<Reader, DataError> {
        let local: Arc<dyn Store> = Arc::new(Local);
        Ok(Reader::new(Part::all(&local, path)?, format, Bounds::default()))
    }

    fn batch(&mut self) -> Result<Option<Batch>, DataError> {
        loop {
            let decode = match &mut self.current {
                Some(decode) => decode,
                None => match self.parts.pop_front() {
                    Some(part) => self.current.insert(rows::open(&part, self.format)?),
                    None => return Ok(self.builder.take()),
                },
            };
            if decode.fill(&mut self.builder)? {
                return Ok(self.builder.take());
            }
            self.current = None;
        }
    }
}

impl Iterator for Reader {
    type Item = Result<Batch, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = self.batch();
        if batch.is_err() {
            // Nothing behind what is wrong.
            self.parts.clear();
            self.current = None;
            self.builder = Builder::new(Bounds::default());
        }
        batch.transpose()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::Table;

    #[test]
    fn batches_span_files_and_join_to_the_whole() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [("a.csv", "1,10\n2,20\n3,30\n"), ("b.csv", "y,x\n4,40\n5,50\n"), (".hidden", "?")] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let local: Arc<dyn Store> = Arc::new(Local);
        let parts = Part::all(&local, folder.path()).unwrap();
        let reader = Reader::new(parts, Format::CSV, Bounds { rows: 2, bytes: 1 << 20 });
        let batches: Vec<Batch> = reader.collect::<Result<_, _>>().unwrap();
        assert_eq!(batches.iter().map(Batch::rows).collect::<Vec<_>>(), [2, 2, 1]);
        assert_eq!(batches[1].labels, [3.0, 4.0]);
        let table = Table::read(folder.path(), Format::CSV).unwrap();
        assert_eq!(table.labels, [1.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!(table.names, ["x"]);
    }

    #[test]
    fn nothing_comes_behind_an_error() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.csv"), "1,10\n2,20\n").unwrap();
        fs::write(folder.path().join("b.csv"), "1,10,7\n").unwrap();
        let mut reader = Reader::open(folder.path(), Format::CSV).unwrap();
        let why = reader.next().unwrap().unwrap_err().to_string();
        assert!(why.ends_with("b.csv, line 1 (byte 0): it has 2 features, those before it 1"), "{why}");
        assert!(reader.next().is_none());
    }
}
