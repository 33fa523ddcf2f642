//! One changed artifact, from its bytes to the end of its run.

use std::panic::{AssertUnwindSafe, catch_unwind};

use anyhow::Result;
use sanderling_format::{Accesses, Digest, FormatError, Region};
use sanderling_host::{Backend, kernels};
use sanderling_kernels::Isa;
use sanderling_runtime::{Model, Session};

use crate::memory::Guarded;

/// Whatever a header can ask for.
const MOST_ARENA: usize = 1 << 32;
/// Longest artifact.
const MOST_FILE: usize = 1 << 22;
/// Arena bytes that get random content; the rest are zero.
const FILLED: usize = 1 << 18;

/// The memory of a worker.
pub struct Bench {
    file: Guarded,
    arena: Guarded,
    twin: Guarded,
}

/// What came of an artifact.
#[derive(Default)]
pub struct Outcome {
    /// Ids of the kernels that ran; empty if `parse` refused it.
    pub kernels: Vec<u16>,
    pub passed: bool,
    /// Whether the plain kernels and the fast ones were compared.
    pub compared: bool,
    /// What must not be.
    pub fault: Option<String>,
}

impl Bench {
    pub fn new() -> Result<Bench> {
        Ok(Bench { file: Guarded::new(MOST_FILE)?, arena: Guarded::new(MOST_ARENA)?, twin: Guarded::new(MOST_ARENA)? })
    }

    /// Parses and, where that passes, runs an artifact on both sets of kernels.
    pub fn run(&mut self, artifact: &[u8], seed: u64) -> Outcome {
        let mut outcome = Outcome::default();
        let done = catch_unwind(AssertUnwindSafe(|| self.attempt(artifact, seed, &mut outcome)));
        let fault = match done {
            Ok(Ok(())) => None,
            Ok(Err(why)) => Some(why),
            Err(panic) => {
                let what = panic.downcast_ref::<String>().map(String::as_str);
                let what = what.or(panic.downcast_ref::<&str>().copied()).unwrap_or("of unknown kind");
                Some(format!("panic: {what}"))
            }
        };
        outcome.fault = fault;
        outcome
    }

    fn attempt(&mut self, artifact: &[u8], seed: u64, outcome: &mut Outcome) -> Result<(), String> {
        let Bench { file, arena, twin } = self;
        // The constants end with the file, in front of a guard.
        let file = file.last(artifact.len()).ok_or("the artifact is too long for the bench")?;
        file.copy_from_slice(artifact);
        let [plain, fast] = [Backend::Scalar, Backend::Auto].map(|b| Model::parse(file, kernels(b)));
        let (plain, fast) = match (plain, fast) {
            (Ok(plain), Ok(fast)) => (plain, fast),
            (Err(a), Err(b)) if a == b => return Ok(()),
            (a, b) => return Err(format!("kernels differ in what they accept: {} {}", verdict(&a), verdict(&b))),
        };
        outcome.passed = true;
        outcome.kernels = plain.steps().map(|step| step.kernel.id).collect();
        let bytes = plain.arena_bytes();
        let filled = bytes.min(FILLED);
        // Each end of the arena meets a guard in half of the trials; the lowest bit says which changes were made.
        let is_last = seed & 2 == 0;
        let too_large = "the arena is too large for the bench";
        let a = if is_last { arena.last(bytes) } else { arena.first(bytes) }.ok_or(too_large)?;
        let b = if is_last { twin.last(bytes) } else { twin.first(bytes) }.ok_or(too_large)?;
        fastrand::Rng::with_seed(seed).fill(&mut a[..filled]);
        b[..filled].copy_from_slice(&a[..filled]);
        let [plain_calls, fast_calls] = [run(&plain, a)?, run(&fast, b)?];
        // Of real numbers the last bits may differ, and with them everything that is made of them.
        outcome.compared = fast.steps().all(|step| step.kernel.isa == Isa::Scalar || step.kernel.name.ends_with("_i8"));
        let comparable = determined(&plain);
        if outcome.compared && plain_calls[..comparable] != fast_calls[..comparable] {
            return Err("the kernels of two instruction sets give different bytes".into());
        }
        if bytes > FILLED {
            arena.forget();
            twin.forget();
        }
        Ok(())
    }
}

fn verdict(parsed: &Result<Model, FormatError>) -> String {
    parsed.as_ref().map_or_else(ToString::to_string, |_| "accepted".into())
}

/// How many calls, from the first, compute from what an artifact determines: what a call leaves in its scratch is its own
/// affair, and a changed artifact may read it.
fn determined(model: &Model) -> usize {
    let mut left: Vec<Region> = Vec::new();
    for (index, step) in model.steps().enumerate() {
        let Accesses { reads, output, scratch, .. } = step.accesses;
        let meets = |region: &Region| left.iter().any(|one| one.overlaps(*region));
        if reads.iter().any(meets) || (step.call.partial && meets(&output)) {
            return index;
        }
        let is_inside = |one: &Region| output.start() <= one.start() && one.end() <= output.end();
        left.retain(|one| !is_inside(one));
        left.push(scratch);
    }
    model.steps().count()
}

/// One run, with a digest of what each call wrote; every input and output is there.
fn run(model: &Model, arena: &mut [u8]) -> Result<Vec<u64>, String> {
    let mut session = Session::new(model, arena).map_err(|e| e.to_string())?;
    let mut calls = Vec::new();
    let done = session.run_observed(|_, output| calls.push(Digest::of(output)));
    done.map_err(|e| format!("what parsed does not run: {e}"))?;
    for index in 0..model.inputs().count() {
        session.input(index).map_err(|e| format!("what parsed has no input: {e}"))?;
    }
    for index in 0..model.outputs().count() {
        session.output(index).map_err(|e| format!("what parsed has no output: {e}"))?;
    }
    Ok(calls)
}
