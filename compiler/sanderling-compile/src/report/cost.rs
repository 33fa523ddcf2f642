//! Instructions of kernel calls, predicted from their work.

use sanderling_format::{Region, Written};
use sanderling_ir::{Graph, Node};
use sanderling_targets::{CostTable, Work};
use serde::Serialize;

use crate::lower;

/// How the names of kernels that multiply begin; what else a node calls moves its values.
const MULTIPLYING: [&str; 7] = ["conv", "depthwise", "grouped_conv", "hybrid", "mat_mul", "lstm", "gru"];

/// A kernel call and its work.
#[derive(Clone, Debug, Serialize)]
pub struct CallCost {
    pub kernel: &'static str,
    /// Index in [`crate::Report::layers`]; none for calls that bring inputs and outputs to another form.
    pub layer: Option<usize>,
    #[serde(flatten)]
    pub work: Work,
    /// Predicted, where the cost of the kernel on the target is known.
    pub instructions: Option<u64>,
}

/// The costs of the calls of a layer, which share its multiplications.
pub fn layer(graph: &Graph, node: &Node, index: usize, calls: &[Written], table: Option<&CostTable>) -> Vec<CallCost> {
    let multiplies = |call: &&Written| MULTIPLYING.iter().any(|start| call.kernel.starts_with(start));
    let sharers = calls.iter().filter(multiplies).count().max(1) as u64;
    let output = graph.ty(node.outputs[0]);
    let channels = output.shape.last().copied().unwrap_or(1).max(1) as u64;
    let pixels = (output.elements() as u64 / channels / sharers).max(1);
    let call = |call: &Written| {
        let macs = if multiplies(&call) { lower::macs(graph, node) / sharers } else { 0 };
        // Each pixel's inputs are gathered once and multiplied once for each channel.
        let gathers = call.accesses.is_some_and(|accesses| accesses.scratch.bytes > 0);
        let work = Work {
            macs,
            unpaired_macs: if pixels % 2 == 1 { macs / pixels } else { 0 },
            gathered_bytes: if gathers { macs / channels } else { 0 },
            ..moved(call)
        };
        predicted(call, Some(index), work, table)
    };
    calls.iter().map(call).collect()
}

/// The cost of a call that no layer makes.
pub fn other(call: &Written, table: Option<&CostTable>) -> CallCost {
    predicted(call, None, moved(call), table)
}

/// The bytes that a call reads of the arena and writes.
fn moved(call: &Written) -> Work {
    let accesses = call.accesses.unwrap_or_default();
    let inputs = accesses.reads.iter().filter(|region: &&Region| !region.is_constant());
    Work {
        input_bytes: inputs.map(|region| u64::from(region.bytes)).sum(),
        output_bytes: accesses.output.bytes.into(),
        ..Work::default()
    }
}

fn predicted(call: &Written, layer: Option<usize>, work: Work, table: Option<&CostTable>) -> CallCost {
    let cost = table.and_then(|table| table.kernels.get(call.kernel));
    CallCost { kernel: call.kernel, layer, work, instructions: cost.map(|cost| cost.instructions(&work)) }
}

/// The instructions of calls that are all known.
pub fn total<'c>(calls: impl IntoIterator<Item = &'c CallCost>) -> Option<u64> {
    calls.into_iter().map(|call| call.instructions).sum()
}

/// Microseconds at one instruction a cycle.
pub fn time_us(instructions: Option<u64>, clock_hz: Option<u64>) -> Option<f64> {
    Some(instructions? as f64 * 1e6 / clock_hz.filter(|&hz| hz > 0)? as f64)
}
