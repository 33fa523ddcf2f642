//! A channel of a training: where its rows are, and in which order they come in each epoch.
//!
//! In File mode a channel is a file or a folder of parts, in the order of their names. In Pipe mode it is a FIFO for each
//! epoch, `<path>_<epoch>`, that a feeder makes and fills; it is read to its end or closed early, by dropping the batches.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crate::prefetch::prefetch;
use crate::shuffle::{random, shuffle};
use crate::store::{Local, Part, Store};
use crate::unpack::Limit;
use crate::{Batches, Bounds, DataError, Format, Reader};

/// How often a FIFO is looked for.
const POLL: Duration = Duration::from_millis(20);

/// How the rows come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    File,
    /// A FIFO that is not there yet is waited for so long.
    Pipe {
        wait: Duration,
    },
}

/// A part of the files: every `count`th from `index`, as SageMaker's `ShardedByS3Key` gives them to hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    pub index: usize,
    pub count: usize,
}

/// Where the rows of a channel are and how they come.
#[derive(Clone)]
pub struct Channel {
    pub store: Arc<dyn Store>,
    /// A file, a folder, a `ManifestFile` (a name that ends in `.manifest`), or the start of the names of FIFOs.
    pub path: PathBuf,
    pub mode: Mode,
    pub format: Format,
    /// In File mode; a feeder of pipes shards by itself.
    pub shard: Option<Shard>,
    /// Of the order of files and, within windows, of rows: another in each epoch.
    pub seed: Option<u64>,
    /// Rows that are shuffled among each other.
    pub window: usize,
    pub bounds: Bounds,
    pub limit: Limit,
    /// Batches read ahead.
    pub ahead: usize,
}

impl Channel {
    /// Files of this machine in their order.
    pub fn new(path: &Path, format: Format) -> Channel {
        Channel {
            store: Arc::new(Local),
            path: path.into(),
            mode: Mode::File,
            format,
            shard: None,
            seed: None,
            window: 1 << 16,
            bounds: Bounds::default(),
            limit: Limit::default(),
            ahead: 2,
        }
    }

    /// The rows of an epoch, counted from 0, read on a thread of its own.
    ///
    /// Whatever is wrong, a FIFO that never comes too, is the first item.
    pub fn epoch(&self, epoch: u64) -> Batches {
        let channel = self.clone();
        prefetch(move || channel.batches(epoch), self.ahead)
    }

    fn batches(&self, epoch: u64) -> Result<Batches, DataError> {
        let parts = match self.mode {
            Mode::File => self.files(epoch)?,
            Mode::Pipe { wait } => vec![self.pipe(epoch, wait)?],
        };
        let parts = parts.into_iter().map(|part| part.with_limit(self.limit));
        let reader = Box::new(Reader::new(parts, self.format, self.bounds));
        Ok(match self.seed {
            Some(seed) => shuffle(reader, self.window, self.bounds, seed, epoch),
            None => reader,
        })
    }

    fn files(&self, epoch: u64) -> Result<Vec<Part>, DataError> {
        let mut parts = Part::all(&self.store, &self.path)?;
        if let Some(Shard { index, count }) = self.shard {
            let found = parts.len();
            parts = parts.into_iter().skip(index).step_by(count.max(1)).collect();
            if parts.is_empty() {
                let what = format!("its {found} files are too few for {count} hosts: none is left for host {index}");
                return DataError::file(&self.path, what);
            }
        }
        if let Some(seed) = self.seed {
            random(seed, epoch).shuffle(&mut parts);
        }
        Ok(parts)
    }

    fn pipe(&self, epoch: u64, wait: Duration) -> Result<Part, DataError> {
        let mut name = self.path.clone().into_os_string();
        name.push(format!("_{epoch}"));
        let path = PathBuf::from(name);
        let start = Instant::now();
        while !path.exists() {
            if start.elapsed() >= wait {
                let what = format!("the FIFO of epoch {epoch} did not come within {} s", wait.as_secs_f32());
                return DataError::file(&path, what);
            }
            thread::sleep(POLL);
        }
        Ok(Part::pipe(path))
    }
}
