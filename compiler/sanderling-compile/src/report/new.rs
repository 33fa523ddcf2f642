//! The report of a finished compilation.

use std::ops::Range;

use sanderling_format::{Artifact, HEADER_BYTES, Header, Kind, SECTION_ENTRY_BYTES};
use sanderling_ir::{Graph, Node, ValueId};
use sanderling_targets::{CostTable, Target};

use super::{CallCost, Layer, PassChange, Report, SectionSize, arena, cost, fusion};
use crate::buffers::{Buffers, is_view};
use crate::lower;
use crate::plan::Plan;

/// Everything that a compilation knows at its end.
pub(crate) struct Made<'a> {
    pub model: &'a str,
    /// The function as it was imported, and as it was lowered.
    pub source: &'a Graph,
    pub graph: &'a Graph,
    pub target: &'a Target,
    pub artifact: &'a Artifact,
    pub bytes: &'a [u8],
    pub buffers: &'a Buffers,
    pub plan: &'a Plan,
    /// The calls of each node.
    pub calls: &'a [Range<usize>],
    pub passes: Vec<PassChange>,
}

impl Report {
    pub(crate) fn new(made: Made) -> Report {
        let Made { graph, target, artifact, bytes, buffers, plan, .. } = made;
        let table = target.cost_table();
        let calls = calls(&made, table.as_ref());
        let layers = layers(&made, &calls);
        let instructions = cost::total(&calls);
        Report {
            model: made.model.to_string(),
            target: target.name.clone(),
            target_about: target.about.clone(),
            isa: target.isa,
            artifact_bytes: bytes.len(),
            arena_bytes: artifact.arena_bytes,
            arena_lower_bound_bytes: buffers.state_bytes + plan.lower_bound,
            arena_is_optimal: plan.is_optimal,
            arena_apart_bytes: artifact.arena_bytes,
            stack_bytes: artifact.stack_bytes,
            ram_available_bytes: target.ram_bytes,
            flash_available_bytes: target.flash_bytes,
            macs: artifact.macs,
            constants_bytes: artifact.constants_bytes(),
            sections: sections(bytes),
            instructions,
            time_us: cost::time_us(instructions, target.clock_hz),
            cost_table: table.map(|table| table.about),
            clock_hz: target.clock_hz,
            kept_float: Vec::new(),
            agreement: None,
            rounded_weights: None,
            layers,
            calls,
            buffers: arena::buffers(graph, buffers, plan),
            provenance: serde_json::from_str(&artifact.provenance).unwrap_or_default(),
            passes: made.passes,
        }
    }
}

/// The nodes that run something, with their indices.
fn layer_nodes(graph: &Graph) -> impl Iterator<Item = (usize, &Node)> {
    graph.nodes.iter().enumerate().filter(|(_, node)| !is_view(graph, node))
}

fn calls(made: &Made, table: Option<&CostTable>) -> Vec<CallCost> {
    let written = made.artifact.calls();
    let mut calls: Vec<CallCost> = written.iter().map(|call| cost::other(call, table)).collect();
    for (index, (step, node)) in layer_nodes(made.graph).enumerate() {
        let range = made.calls[step].clone();
        let layer = cost::layer(made.graph, node, index, &written[range.clone()], table);
        calls.splice(range, layer);
    }
    calls
}

fn layers(made: &Made, calls: &[CallCost]) -> Vec<Layer> {
    let graph = made.graph;
    let mut absorbed = fusion::absorbed(made.source, &made.passes);
    let layer = |(step, node): (usize, &Node)| {
        let output = &graph.values[node.outputs[0].0];
        let parameter = |(i, &id): (usize, &ValueId)| Some(lower::constant_bytes(graph, node, i, graph.tensor(id)?));
        let calls = &calls[made.calls[step].clone()];
        let instructions = cost::total(calls);
        Layer {
            name: output.name.clone(),
            op: node.op.name(),
            dtype: output.ty.dtype.to_string(),
            shape: output.ty.shape.clone(),
            fused: absorbed.remove(&output.name).unwrap_or_default(),
            kernels: calls.iter().map(|call| call.kernel).collect(),
            macs: lower::macs(graph, node),
            parameter_bytes: node.inputs.iter().enumerate().filter_map(parameter).sum(),
            live_bytes: made.buffers.live_bytes(step),
            instructions,
            time_us: cost::time_us(instructions, made.target.clock_hz),
            in_place: made.buffers.is_in_place(node.outputs[0]),
            sqnr_db: None,
        }
    };
    layer_nodes(graph).map(layer).collect()
}

/// The parts of a file; what lies between them only aligns.
fn sections(bytes: &[u8]) -> Vec<SectionSize> {
    let header = Header::read(bytes).unwrap_or_default();
    let parts = Kind::ALL.map(|(kind, name)| SectionSize { name, bytes: header.section(kind).bytes });
    let header = (HEADER_BYTES + parts.len() * SECTION_ENTRY_BYTES) as u32;
    [SectionSize { name: "header", bytes: header }].into_iter().chain(parts).collect()
}
