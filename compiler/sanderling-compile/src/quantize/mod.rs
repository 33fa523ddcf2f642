//! Post-training quantization: a real graph and samples of its inputs into a graph on 8-bit integers.
//!
//! [`calibrate`] runs the oracle over the samples and settles a range for each value; [`quantize`] gives every value its
//! scale and zero point and rewrites the nodes; [`sqnr`] measures what that cost, layer by layer.

mod agreement;
mod calibrate;
mod emit;
mod entropy;
mod histogram;
mod min_max;
mod mse;
mod params;
mod percentile;
mod plan;
mod sqnr;
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

/// What [`post_training`] gives.
pub(crate) struct PostTraining {
    pub graph: Graph,
    pub changes: Vec<PassChange>,
    pub kept_float: Vec<String>,
    /// Signal to noise of each value, in dB, by name.
    pub sqnr: BTreeMap<String, f64>,
    pub agreement: Agreement,
}

/// Calibrates and quantizes a graph, simplifies the result, and measures it: layers on the samples that calibrated them,
/// outputs on samples that did not.
pub(crate) fn post_training(graph: &Graph, calibration: &Calibration) -> Result<PostTraining, CompileError> {
    let (samples, held_out) = agreement::split(&calibration.samples);
    let ranges = calibrate(graph, samples, calibration.method)?;
    let Quantized { graph: quantized, kept_float } = quantize(graph, &ranges)?;
    sanderling_ir::verify(&quantized).map_err(|source| CompileError::Verify { pass: "quantize", source })?;
    let change = PassChange::between("quantize", graph, &quantized);
    let (quantized, passes) = crate::passes::run(&quantized)?;
    let changes = [change].into_iter().chain(passes).collect();
    let sqnr = sqnr(graph, &quantized, samples)?;
    let agreement = agreement::measure(graph, &quantized, held_out, samples.len())?;
    Ok(PostTraining { graph: quantized, changes, kept_float, sqnr, agreement })
}
