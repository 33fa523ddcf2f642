//! What a compilation did, for people and for scripts: as data, and as a page ([`Report::html`]).

mod arena;
mod cost;
mod fusion;
mod html;
mod new;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use sanderling_ir::Module;
use sanderling_targets::{Isa, Target};
use serde::Serialize;

pub use arena::Buffer;
pub use cost::CallCost;
pub use fusion::{Fused, PassChange};
pub(crate) use new::Made;

use crate::quantize::Agreement;

/// The cost of a compiled model, whole and by layer.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    pub model: String,
    pub target: String,
    pub target_about: String,
    /// The instruction set whose kernels run where there are any; plain ones elsewhere.
    pub isa: Isa,
    pub artifact_bytes: usize,
    /// Working memory, inputs, outputs and scratch included.
    pub arena_bytes: u32,
    /// No arena can be smaller for this order of layers and these of them in place.
    pub arena_lower_bound_bytes: u32,
    pub arena_is_optimal: bool,
    /// What it would take if no layer worked in place.
    pub arena_apart_bytes: u32,
    pub stack_bytes: u32,
    /// What the target has for arena and stack, and for the artifact.
    pub ram_available_bytes: Option<u64>,
    pub flash_available_bytes: Option<u64>,
    pub macs: u64,
    /// Constants as packed for the target.
    pub constants_bytes: usize,
    /// The parts of the artifact, in order.
    pub sections: Vec<SectionSize>,
    /// Predicted for a run, where the cost of every kernel on the target is known.
    pub instructions: Option<u64>,
    /// Of those, at one instruction a cycle of the target's clock.
    pub time_us: Option<f64>,
    /// What the prediction rests on.
    pub cost_table: Option<String>,
    pub clock_hz: Option<u64>,
    pub passes: Vec<PassChange>,
    /// Where quantization was asked for: the layers that stayed real, and why.
    pub kept_float: Vec<String>,
    /// Where quantization was asked for: the real model against the artifact.
    pub agreement: Option<Agreement>,
    /// Where rounding of weights was asked for: to what, and what it saved.
    pub rounded_weights: Option<RoundedWeights>,
    pub layers: Vec<Layer>,
    /// Every kernel call, in order.
    pub calls: Vec<CallCost>,
    /// Everything in the arena.
    pub buffers: Vec<Buffer>,
    /// What the artifact says of its origin, one JSON object.
    pub provenance: serde_json::Value,
}

/// A part of the artifact.
#[derive(Clone, Debug, Serialize)]
pub struct SectionSize {
    pub name: &'static str,
    pub bytes: u32,
}

/// Real weights that were rounded to two bytes each.
#[derive(Clone, Debug, Serialize)]
pub struct RoundedWeights {
    pub dtype: String,
    /// Of the artifact.
    pub saved_bytes: u64,
    /// Generated inputs that measured what it cost.
    pub samples: usize,
}

/// One kernel call or more for one node.
#[derive(Clone, Debug, Serialize)]
pub struct Layer {
    pub name: String,
    pub op: &'static str,
    /// Of the output.
    pub dtype: String,
    pub shape: Vec<usize>,
    /// The nodes of the model that became part of this one: their names and ops.
    pub fused: Vec<String>,
    /// The kernels that it calls, in order.
    pub kernels: Vec<&'static str>,
    pub macs: u64,
    /// Bytes of its constants, without what packing adds.
    pub parameter_bytes: u64,
    /// Bytes of the arena in use while it runs.
    pub live_bytes: u32,
    /// Predicted, where the cost of its kernels on the target is known.
    pub instructions: Option<u64>,
    /// Of those, at one instruction a cycle of the target's clock.
    pub time_us: Option<f64>,
    /// Whether it computes into the memory of its input.
    pub in_place: bool,
    /// Signal to noise of the output against the real model, over the calibration samples or, where only weights were
    /// rounded, over generated ones, in dB.
    pub sqnr_db: Option<f64>,
}

/// What post-training quantization found out.
#[derive(Debug)]
pub(crate) struct QuantizationCost {
    /// In dB, by the name of the value.
    pub sqnr: BTreeMap<String, f64>,
    pub kept_float: Vec<String>,
    pub agreement: Agreement,
}

impl Report {
    /// The report as one page of HTML that asks for nothing else.
    pub fn html(&self) -> String {
        html::page(self)
    }

    /// Tells what quantization found out, layer by layer.
    pub(crate) fn add_quantization(&mut self, cost: QuantizationCost) {
        for layer in &mut self.layers {
            layer.sqnr_db = cost.sqnr.get(&layer.name).copied();
        }
        self.kept_float = cost.kept_float;
        self.agreement = Some(cost.agreement);
    }

    /// Tells what rounding weights found out; where there was quantization, its noise stays.
    pub(crate) fn add_rounding(&mut self, told: RoundedWeights, sqnr: &BTreeMap<String, f64>) {
        for layer in self.layers.iter_mut().filter(|_| self.agreement.is_none()) {
            layer.sqnr_db = sqnr.get(&layer.name).copied();
        }
        self.rounded_weights = Some(told);
    }
}

/// Where and from what an artifact was made, as one JSON object. No time and no path: the same input, the same bytes.
pub(crate) fn provenance(module: &Module, target: &Target) -> String {
    let mut told = serde_json::json!({
        "compiler": concat!("sanderling ", env!("CARGO_PKG_VERSION")),
        "model": module.name,
        "target": target.name,
    });
    if !module.texts.is_empty() {
        told["texts"] = serde_json::json!(module.texts);
    }
    told.to_string()
}
