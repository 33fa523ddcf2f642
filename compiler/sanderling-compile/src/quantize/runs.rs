//! Runs of a graph over samples, shared out over threads.
//!
//! One thread runs one sample, and what the samples gave is put together in their order, so that nothing depends on the
//! number of threads. A graph with states runs its samples one after another: each starts where the last one ended.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;
use sanderling_ir::{Graph, Tensor, ValueId};
use sanderling_oracle::Oracle;

use crate::CompileError;

/// Told after each run: how many are done, of how many. Several threads call it.
#[derive(Clone, Default)]
pub struct Progress(Option<Arc<Tell>>);

type Tell = dyn Fn(usize, usize) + Send + Sync;

impl Progress {
    /// Calls `tell` with the runs done and all runs.
    pub fn new(tell: impl Fn(usize, usize) + Send + Sync + 'static) -> Progress {
        Progress(Some(Arc::new(tell)))
    }

    /// Counts to `all`.
    pub(crate) fn counter(&self, all: usize) -> Counter<'_> {
        Counter { done: AtomicUsize::new(0), all, progress: self }
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Progress(told)" } else { "Progress(untold)" })
    }
}

/// Runs done so far.
pub(crate) struct Counter<'p> {
    done: AtomicUsize,
    all: usize,
    progress: &'p Progress,
}

impl Counter<'_> {
    fn one_more(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        if let Some(tell) = &self.progress.0 {
            tell(done, self.all);
        }
    }
}

/// Shows every value of every run to `see`, each sample on what `new` gives; `merge` puts two together.
pub(crate) fn observe<A: Send>(
    graph: &Graph,
    samples: &[Vec<Tensor>],
    counter: &Counter,
    new: impl Fn() -> A + Sync,
    see: impl Fn(&mut A, ValueId, &Tensor) + Sync,
    merge: impl Fn(A, A) -> A + Sync,
) -> Result<A, CompileError> {
    let run = |oracle: &mut Oracle, mut seen: A, sample: &[Tensor]| {
        oracle.run_observed(sample, &mut |id, tensor| see(&mut seen, id, tensor)).map_err(CompileError::Calibrate)?;
        counter.one_more();
        Ok(seen)
    };
    if graph.states.is_empty() {
        let shares = samples.par_iter().try_fold(&new, |seen, sample| run(&mut Oracle::single(graph), seen, sample));
        return shares.try_reduce(&new, |a, b| Ok(merge(a, b)));
    }
    let mut oracle = Oracle::single(graph);
    samples.iter().try_fold(new(), |seen, sample| run(&mut oracle, seen, sample))
}

/// What `look` makes of each sample, in their order, given its number and an interpreter of each graph.
pub(crate) fn each<T: Send, const N: usize>(
    graphs: [&Graph; N],
    samples: &[Vec<Tensor>],
    counter: &Counter,
    look: impl Fn(usize, &mut [Oracle; N], &[Tensor]) -> Result<T, CompileError> + Sync,
) -> Result<Vec<T>, CompileError> {
    let run = |index: usize, oracles: &mut [Oracle; N], sample: &[Tensor]| {
        let result = look(index, oracles, sample)?;
        counter.one_more();
        Ok(result)
    };
    if graphs.iter().all(|graph| graph.states.is_empty()) {
        let fresh = |(index, sample): (usize, &Vec<Tensor>)| run(index, &mut graphs.map(Oracle::single), sample);
        return samples.par_iter().enumerate().map(fresh).collect();
    }
    let mut oracles = graphs.map(Oracle::single);
    samples.iter().enumerate().map(|(index, sample)| run(index, &mut oracles, sample)).collect()
}
