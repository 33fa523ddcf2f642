//! The self-test: a device proves that it computes what the compiler computed.

use sanderling_format::calls::HybridConv;
use sanderling_format::{Call, Digest, Element, golden_input};

use crate::model::Model;
use crate::session::{RunError, Session};

/// Why a self-test failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SelfTestError {
    #[error(transparent)]
    Run(#[from] RunError),
    #[error("the outputs differ from the compiler's, digest {found:#018x} for {expected:#018x}")]
    Outputs { expected: u64, found: u64 },
    #[error("output {output} is not what the compiler computed, from element {element} on")]
    Values { output: usize, element: usize },
    #[error("the outputs agree with the compiler's, but not every layer does")]
    Trace,
}

impl Session<'_> {
    /// Runs the model on generated inputs, from fresh states, and compares with the compiler's digests.
    ///
    /// Inputs, outputs and states are overwritten; the states start afresh.
    pub fn self_test(&mut self) -> Result<(), SelfTestError> {
        let digests = self.digests(self.model().golden().seed)?;
        let verdict = judge(self.model(), digests, |index| self.output(index));
        self.reset();
        verdict
    }

    /// Runs generated inputs from fresh states: the digest of the outputs, and of what every call wrote.
    pub fn digests(&mut self, seed: u32) -> Result<(u64, u64), RunError> {
        self.reset();
        let model = *self.model();
        let mut generator = seed;
        for index in 0..model.inputs().count() {
            let element = model.inputs().nth(index).map_or(Element::I8, |io| io.record.element);
            generator = golden_input(generator, element, self.input(index)?);
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

/// Whether a run on the generated inputs, with these digests of the outputs and of what every call wrote, is what the
/// compiler computed. `output` gives the outputs that the run left.
pub fn judge<'o>(
    model: &Model<'_>,
    (outputs, trace): (u64, u64),
    output: impl Fn(usize) -> Result<&'o [u8], RunError>,
) -> Result<(), SelfTestError> {
    let golden = model.golden();
    if golden.outputs == 0 {
        return compare(model, output);
    }
    if outputs != golden.outputs {
        return Err(SelfTestError::Outputs { expected: golden.outputs, found: outputs });
    }
    if trace == golden.trace { Ok(()) } else { Err(SelfTestError::Trace) }
}

/// Compares the outputs with the expected ones: real numbers to [`TOLERANCE`], others exactly.
fn compare<'o>(model: &Model<'_>, found: impl Fn(usize) -> Result<&'o [u8], RunError>) -> Result<(), SelfTestError> {
    let mut expected = model.expected();
    let is_hybrid = model.steps().any(|step| step.kernel.id == HybridConv::ID);
    let tolerance = if is_hybrid { HYBRID_TOLERANCE } else { TOLERANCE };
    for (output, io) in model.outputs().enumerate() {
        let found = found(output)?;
        let differs = SelfTestError::Values { output, element: 0 };
        let (want, rest) = expected.split_at_checked(found.len()).ok_or(differs)?;
        expected = rest;
        let element = match io.record.element {
            Element::F32 => first_difference::<4>(found, want, tolerance, f32::from_le_bytes),
            Element::F16 => first_difference::<2>(found, want, tolerance.max(F16_TOLERANCE), half),
            _ => found.iter().zip(want).position(|(a, b)| a != b),
        };
        if let Some(element) = element {
            return Err(SelfTestError::Values { output, element });
        }
    }
    Ok(())
}

/// Relative to the value, and to the largest value of the output.
const TOLERANCE: f32 = 1e-4;
/// The same where layers quantize their inputs as they come: a value in the middle between two steps may fall to either,
/// by the last bit of a sum before it, and so may those that follow from it.
const HYBRID_TOLERANCE: f32 = 1e-2;

/// The same for f16, whose steps are larger.
const F16_TOLERANCE: f32 = 2e-3;

/// An f16, times 2^-112: differences are judged relative to values.
fn half(bytes: [u8; 2]) -> f32 {
    let bits = u32::from(u16::from_le_bytes(bytes));
    // What is infinite, or no number, stays so.
    let exponent = if bits & 0x7c00 == 0x7c00 { f32::INFINITY.to_bits() } else { 0 };
    f32::from_bits(exponent | (bits & 0x7fff) << 13 | (bits & 0x8000) << 16)
}

/// The first element that differs by more than the tolerance.
fn first_difference<const N: usize>(
    found: &[u8],
    want: &[u8],
    tolerance: f32,
    value: impl Fn([u8; N]) -> f32,
) -> Option<usize> {
    let (found, want) = (found.as_chunks::<N>().0, want.as_chunks::<N>().0);
    let value = |bytes: &[u8; N]| value(*bytes);
    let largest = want.iter().map(value).filter(|v| v.is_finite()).fold(0.0, |m: f32, v| m.max(v.abs()));
    found.iter().zip(want).position(|(found, want)| {
        let (found, want) = (value(found), value(want));
        // Written so that a NaN differs from every number.
        let is_close = (found - want).abs() <= tolerance * (want.abs() + largest);
        !(is_close || found.to_bits() == want.to_bits() || (found.is_nan() && want.is_nan()))
    })
}
