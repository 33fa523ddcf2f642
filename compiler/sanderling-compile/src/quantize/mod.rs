//! Post-training quantization: a real graph and samples of its inputs into a graph on 8-bit integers.
//!
//! [`calibrate`] runs the oracle, in single precision, over the samples and settles a range for each value; [`quantize`] gives every value its
//! scale and zero point and rewrites the nodes; [`sqnr`] measures what that cost, layer by layer.

mod agreement;
mod calibrate;
mod correlate;
mod effective;
mod emit;
mod entropy;
mod equalize;
mod heads;
mod histogram;
mod means;
mod min_max;
mod mse;
mod params;
mod percentile;
mod plan;
mod rounding;
mod runs;
pub(crate) mod sqnr;
pub(crate) mod support;
#[cfg(test)]
mod tests;
mod widen;

use std::collections::BTreeMap;

use sanderling_ir::{Graph, Tensor};

pub use agreement::{Agreement, OutputAgreement};
pub use calibrate::{Method, Ranges, calibrate};
pub use emit::quantize;
pub use min_max::Range;
pub use runs::Progress;
pub use sqnr::{inputs as quantized_inputs, reals, sqnr};

use crate::CompileError;
use crate::report::PassChange;

/// Samples of the inputs of a model, and how ranges follow from them.
#[derive(Clone, Debug, Default)]
pub struct Calibration {
    pub method: Method,
    /// For each sample, a tensor for each input, in the order of the graph.
    pub samples: Vec<Vec<Tensor>>,
}

/// A quantized graph and what is worth telling of it.
#[derive(Clone, Debug)]
pub struct Quantized {
    pub graph: Graph,
    /// The layers that stayed real, and why.
    pub kept_float: Vec<String>,
}

/// A quantized graph, and what is to tell about it.
#[derive(Clone, Debug)]
pub struct PostTraining {
    pub graph: Graph,
    pub changes: Vec<PassChange>,
    pub kept_float: Vec<String>,
    /// Signal to noise of each value, in dB, by name.
    pub sqnr: BTreeMap<String, f64>,
    pub agreement: Agreement,
}

/// Calibrates and quantizes a graph, simplifies the result, and measures it: layers on the samples that calibrated them,
/// outputs on samples that did not.
pub(crate) fn post_training(
    real: &Graph,
    calibration: &Calibration,
    progress: &Progress,
) -> Result<PostTraining, CompileError> {
    let method = calibration.method;
    let (samples, held_out) = &agreement::split(&calibration.samples, !real.states.is_empty());
    // Equalization, correlations and comparison run each sample once more.
    let counter = progress.counter((calibrate::passes(method) + 3) * samples.len());
    let graph = &equalize::run(&heads::run(&means::run(&widen::widened(real)?)?)?, samples, &counter)?;
    let ranges = calibrate::calibrate_counted(graph, samples, method, &counter)?;
    let correlations = correlate::correlate(graph, samples, &counter)?;
    let Quantized { graph: quantized, kept_float } = emit::quantize_correlated(graph, &ranges, &correlations)?;
    sanderling_ir::verify(&quantized).map_err(|source| CompileError::Verify { pass: "quantize", source })?;
    let change = PassChange::between("quantize", graph, &quantized);
    let (quantized, passes) = crate::passes::run(&quantized)?;
    let changes = [change].into_iter().chain(passes).collect();
    let sqnr = sqnr::sqnr_counted(graph, &quantized, samples, &counter)?;
    let agreement = agreement::measure(real, &quantized, held_out, samples.len())?;
    Ok(PostTraining { graph: quantized, changes, kept_float, sqnr, agreement })
}
