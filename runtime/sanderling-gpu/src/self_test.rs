//! The self-test on a GPU.

use sanderling_format::{Digest, Element, golden_input};
use sanderling_runtime::{SelfTestError, judge};
use wgpu::BufferUsages;

use crate::error::GpuError;
use crate::session::{GpuSession, buffer};

impl GpuSession<'_> {
    /// Runs the model on generated inputs, from fresh states, and compares with the compiler's digests; inside: what
    /// differs. Inputs, outputs and states are overwritten; the states start afresh.
    pub fn self_test(&mut self) -> Result<Result<(), SelfTestError>, GpuError> {
        let digests = self.digests(self.model().golden().seed)?;
        let verdict = judge(self.model(), digests, |index| self.output(index));
        self.reset()?;
        Ok(verdict)
    }

    /// Runs generated inputs from fresh states: the digest of the outputs, and of what every call wrote.
    pub fn digests(&mut self, seed: u32) -> Result<(u64, u64), GpuError> {
        self.reset()?;
        let model = *self.model();
        let mut generator = seed;
        for index in 0..model.inputs().count() {
            let element = model.inputs().nth(index).map_or(Element::I8, |io| io.record.element);
            generator = golden_input(generator, element, self.input(index)?);
        }
        let mut trace = Digest::default();
        self.run_observed(|partial, output| {
            if !partial {
                trace.update(output);
            }
        })?;
        let mut outputs = Digest::default();
        for index in 0..model.outputs().count() {
            outputs.update(self.output(index)?);
        }
        Ok((outputs.0, trace.0))
    }

    /// Runs the calls one by one and shows what each one wrote, and whether later calls complete it.
    fn run_observed(&mut self, mut observe: impl FnMut(bool, &[u8])) -> Result<(), GpuError> {
        let model = *self.model();
        let largest = model.steps().map(|step| step.accesses.output.bytes).max().unwrap_or(0);
        let staging = buffer(self.gpu, "values", largest.into(), BufferUsages::MAP_READ)?;
        self.write_inputs();
        for (index, step) in model.steps().enumerate() {
            let found = self.submit(&|call| call as usize == index, &[step.accesses.output], &staging)?;
            observe(step.call.partial, found.first().map_or(&[], Vec::as_slice));
        }
        self.read_outputs()
    }
}
