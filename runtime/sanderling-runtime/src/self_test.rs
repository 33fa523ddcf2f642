//! The self-test: a device proves that it computes what the compiler computed.

use sanderling_format::{Digest, lcg_bytes};

use crate::session::{RunError, Session};

/// Why a self-test failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SelfTestError {
    #[error(transparent)]
    Run(#[from] RunError),
    #[error("the outputs differ from the compiler's, digest {found:#018x} for {expected:#018x}")]
    Outputs { expected: u64, found: u64 },
    #[error("the outputs agree with the compiler's, but not every layer does")]
    Trace,
}

impl Session<'_> {
    /// Runs the model on generated inputs, from fresh states, and compares with the compiler's digests.
    ///
    /// Inputs, outputs and states are overwritten; the states start afresh.
    pub fn self_test(&mut self) -> Result<(), SelfTestError> {
        let golden = self.model().golden();
        let (outputs, trace) = self.digests(golden.seed)?;
        self.reset();
        if outputs != golden.outputs {
            return Err(SelfTestError::Outputs { expected: golden.outputs, found: outputs });
        }
        if trace == golden.trace { Ok(()) } else { Err(SelfTestError::Trace) }
    }

    /// Runs generated inputs from fresh states: the digest of the outputs, and of what every call wrote.
    pub fn digests(&mut self, seed: u32) -> Result<(u64, u64), RunError> {
        self.reset();
        let model = *self.model();
        let mut generator = seed;
        for index in 0..model.inputs().count() {
            generator = lcg_bytes(generator, self.input(index)?);
        }
        let mut trace = Digest::default();
        self.run_observed(|step, output| {
            if !step.call.partial {
                trace.update(output);
            }
        })?;
        let mut outputs = Digest::default();
        for index in 0..model.outputs().count() {
            outputs.update(self.output(index)?);
        }
        Ok((outputs.0, trace.0))
    }
}
