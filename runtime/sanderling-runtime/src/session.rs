//! A model at work in an arena.

use sanderling_format::{Accesses, READS, Region};
use sanderling_kernels::Operands;

use crate::model::{Io, Model, Step};

/// Why a session cannot do what it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    #[error("the arena has {found} bytes, the model needs {needed}")]
    Arena { needed: usize, found: usize },
    #[error("the model has no input {index}")]
    NoInput { index: usize },
    #[error("the model has no output {index}")]
    NoOutput { index: usize },
    #[error("a kernel call does not fit the arena: the artifact changed after it was checked")]
    Call,
}

/// A model, the arena it works in, and the states that it keeps there between runs.
pub struct Session<'s> {
    model: Model<'s>,
    arena: &'s mut [u8],
}

impl<'s> Session<'s> {
    /// Takes the first [`Model::arena_bytes`] bytes of `arena` and sets the states to their start.
    pub fn new(model: &Model<'s>, arena: &'s mut [u8]) -> Result<Session<'s>, RunError> {
        let mut session = Session::resume(model, arena)?;
        session.reset();
        Ok(session)
    }

    /// As [`Session::new`], but with states, inputs and outputs as the arena holds them: for callers that cannot keep a
    /// session and lend the same arena anew.
    pub fn resume(model: &Model<'s>, arena: &'s mut [u8]) -> Result<Session<'s>, RunError> {
        let (needed, found) = (model.arena_bytes(), arena.len());
        let arena = arena.get_mut(..needed).ok_or(RunError::Arena { needed, found })?;
        Ok(Session { model: *model, arena })
    }

    /// Sets the states to what they were before the first run.
    pub fn reset(&mut self) {
        let init = self.model.state_init().unwrap_or(&[]);
        for (byte, &start) in self.arena.iter_mut().zip(init) {
            *byte = start;
        }
    }

    /// The bytes of input `index`, to be written before each run: runs use their memory for other things.
    pub fn input(&mut self, index: usize) -> Result<&mut [u8], RunError> {
        let io = self.model.inputs().nth(index).ok_or(RunError::NoInput { index })?;
        let range = bytes_of(&io);
        self.arena.get_mut(range).ok_or(RunError::NoInput { index })
    }

    /// The bytes of output `index`, from a run to the next writing of an input.
    pub fn output(&self, index: usize) -> Result<&[u8], RunError> {
        let io = self.model.outputs().nth(index).ok_or(RunError::NoOutput { index })?;
        self.arena.get(bytes_of(&io)).ok_or(RunError::NoOutput { index })
    }

    /// Runs all kernel calls.
    pub fn run(&mut self) -> Result<(), RunError> {
        self.run_observed(|_, _| {})
    }

    /// Runs all kernel calls and shows what each one wrote.
    pub fn run_observed(&mut self, mut observe: impl FnMut(&Step<'_>, &[u8])) -> Result<(), RunError> {
        let model = self.model;
        for step in model.steps() {
            let operands = operands(&model, self.arena, &step.accesses).ok_or(RunError::Call)?;
            (step.kernel.run)(step.call.words, operands);
            let output = step.accesses.output;
            observe(&step, self.arena.get(range(output)).ok_or(RunError::Call)?);
        }
        Ok(())
    }

    /// The model.
    pub fn model(&self) -> &Model<'s> {
        &self.model
    }
}

fn bytes_of(io: &Io<'_>) -> core::ops::Range<usize> {
    range(io.record.region)
}

fn range(region: Region) -> core::ops::Range<usize> {
    let start = region.start() as usize;
    start..start.saturating_add(region.bytes as usize)
}

/// Splits the arena around the two windows that a call writes; what it reads lies in the gaps, in the constants, or in the
/// first window, and is then left to the kernel to find there.
fn operands<'a>(model: &Model<'a>, arena: &'a mut [u8], accesses: &Accesses) -> Option<Operands<'a>> {
    let output = range(accesses.window());
    // An empty window may lie anywhere; behind the output it is out of the way.
    let scratch = if accesses.scratch.bytes == 0 { output.end..output.end } else { range(accesses.scratch) };
    let scratch_first = scratch.start < output.start;
    let (first, second) = if scratch_first { (&scratch, &output) } else { (&output, &scratch) };

    let (head, rest) = arena.split_at_mut_checked(first.start)?;
    let (window_1, rest) = rest.split_at_mut_checked(first.len())?;
    let (gap, rest) = rest.split_at_mut_checked(second.start.checked_sub(first.end)?)?;
    let (window_2, tail) = rest.split_at_mut_checked(second.len())?;

    let gaps: [(usize, &'a [u8]); 3] = [(0, head), (first.end, gap), (second.end, tail)];
    let mut reads: [&[u8]; READS] = [&[]; READS];
    for (i, (read, region)) in reads.iter_mut().zip(&accesses.reads).enumerate() {
        if region.bytes == 0 || accesses.is_in_place(i) {
            continue;
        }
        *read = if region.is_constant() {
            model.constant(*region)?
        } else {
            let range = range(*region);
            gaps.iter().find_map(|(start, bytes)| {
                bytes.get(range.start.checked_sub(*start)?..range.end.checked_sub(*start)?)
            })?
        };
    }
    let (output, scratch) = if scratch_first { (window_2, window_1) } else { (window_1, window_2) };
    Some(Operands { reads, output, scratch })
}
