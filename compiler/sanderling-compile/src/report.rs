//! What a compilation did, for people and for scripts.

use std::collections::BTreeMap;

use sanderling_format::Artifact;
use sanderling_ir::{Graph, Module, Source};
use sanderling_targets::Target;
use serde::Serialize;

use crate::buffers::{Buffers, is_view};
use crate::lower;
use crate::plan::Plan;

/// The cost of a compiled model, whole and by layer.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    pub target: String,
    pub artifact_bytes: usize,
    /// Working memory, inputs, outputs and scratch included.
    pub arena_bytes: u32,
    /// No arena can be smaller for this order of layers.
    pub arena_lower_bound_bytes: u32,
    pub arena_is_optimal: bool,
    pub stack_bytes: u32,
    pub macs: u64,
    /// Constants as packed for the target.
    pub constants_bytes: usize,
    pub passes: Vec<PassChange>,
    /// Where quantization was asked for: the layers that stayed real, and why.
    pub kept_float: Vec<String>,
    pub layers: Vec<Layer>,
}

/// What a pass did.
#[derive(Clone, Debug, Serialize)]
pub struct PassChange {
    pub name: &'static str,
    /// Nodes after, less nodes before.
    pub nodes: i64,
}

/// One kernel call or more for one node.
#[derive(Clone, Debug, Serialize)]
pub struct Layer {
    pub name: String,
    pub op: &'static str,
    /// Of the output.
    pub dtype: String,
    pub shape: Vec<usize>,
    pub macs: u64,
    /// Bytes of its constants in the model.
    pub parameter_bytes: u64,
    /// Bytes of the arena in use while it runs.
    pub live_bytes: u32,
    /// Signal to noise of the output against the real model, over the calibration samples, in dB.
    pub sqnr_db: Option<f64>,
}

/// What post-training quantization found out.
#[derive(Debug, Default)]
pub(crate) struct QuantizationCost {
    /// In dB, by the name of the value.
    pub sqnr: BTreeMap<String, f64>,
    pub kept_float: Vec<String>,
}

impl Report {
    pub(crate) fn new(
        graph: &Graph,
        target: &Target,
        artifact: &Artifact,
        artifact_bytes: usize,
        buffers: &Buffers,
        plan: &Plan,
        passes: Vec<PassChange>,
    ) -> Report {
        let layer = |(step, node): (usize, &sanderling_ir::Node)| {
            let output = &graph.values[node.outputs[0].0];
            let parameters = node.inputs.iter().filter(|id| matches!(graph.values[id.0].source, Source::Constant(_)));
            Layer {
                name: output.name.clone(),
                op: node.op.name(),
                dtype: output.ty.dtype.to_string(),
                shape: output.ty.shape.clone(),
                macs: lower::macs(graph, node),
                parameter_bytes: parameters.map(|&id| graph.ty(id).bytes() as u64).sum(),
                live_bytes: buffers.live_bytes(step),
                sqnr_db: None,
            }
        };
        Report {
            target: target.name.clone(),
            artifact_bytes,
            arena_bytes: artifact.arena_bytes,
            arena_lower_bound_bytes: buffers.state_bytes + plan.lower_bound,
            arena_is_optimal: plan.is_optimal,
            stack_bytes: artifact.stack_bytes,
            macs: artifact.macs,
            constants_bytes: artifact.constants_bytes(),
            passes,
            kept_float: Vec::new(),
            layers: graph.nodes.iter().enumerate().filter(|(_, n)| !is_view(graph, n)).map(layer).collect(),
        }
    }

    /// Tells what quantization found out, layer by layer.
    pub(crate) fn add_quantization(&mut self, cost: QuantizationCost) {
        for layer in &mut self.layers {
            layer.sqnr_db = cost.sqnr.get(&layer.name).copied();
        }
        self.kept_float = cost.kept_float;
    }
}

/// Where and from what an artifact was made, as one JSON object. No time and no path: the same input, the same bytes.
pub(crate) fn provenance(module: &Module, target: &Target) -> String {
    serde_json::json!({
        "compiler": concat!("sanderling ", env!("CARGO_PKG_VERSION")),
        "model": module.name,
        "target": target.name,
    })
    .to_string()
}
