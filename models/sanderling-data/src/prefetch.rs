//! Batches that are read while the ones before are used.

use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::{self, JoinHandle};

use crate::{Batch, Batches, DataError};

/// Reads on a thread, up to `depth` batches ahead. Dropping it ends the thread at its next batch.
pub fn prefetch(batches: impl FnOnce() -> Result<Batches, DataError> + Send + 'static, depth: usize) -> Batches {
    let (sender, receiver) = sync_channel(depth);
    let thread = thread::spawn(move || match batches() {
        Ok(batches) => {
            for batch in batches {
                // Nobody waits any more once sending fails.
                if sender.send(batch).is_err() {
                    break;
                }
            }
        }
        Err(error) => {
            let _ = sender.send(Err(error));
        }
    });
    Box::new(Prefetch { receiver, thread: Some(thread) })
}

struct Prefetch {
    receiver: Receiver<Result<Batch, DataError>>,
    thread: Option<JoinHandle<()>>,
}

impl Iterator for Prefetch {
    type Item = Result<Batch, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Ok(batch) = self.receiver.recv() {
            return Some(batch);
        }
        // A thread that panicked is not the end of the data.
        if let Some(Err(panic)) = self.thread.take().map(JoinHandle::join) {
            std::panic::resume_unwind(panic);
        }
        None
    }
}
