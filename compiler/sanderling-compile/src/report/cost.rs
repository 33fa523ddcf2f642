//! Instructions of kernel calls, predicted from their work.

use sanderling_format::Written;
use sanderling_targets::CostTable;
use serde::Serialize;

/// A kernel call and its work.
#[derive(Clone, Debug, Serialize)]
pub struct CallCost {
    pub kernel: &'static str,
    /// Index in [`crate::Report::layers`]; none for calls that bring inputs and outputs to another form.
    pub layer: Option<usize>,
    pub macs: u64,
    pub output_bytes: u64,
    /// Bytes that a convolution lines up in scratch before it multiplies.
    pub gathered_bytes: u64,
    /// Predicted, where the cost of the kernel on the target is known.
    pub instructions: Option<u64>,
}

/// The cost of a call that does `macs` for `channels` output channels.
pub fn call(written: &Written, layer: Option<usize>, macs: u64, channels: u64, table: Option<&CostTable>) -> CallCost {
    let accesses = written.accesses.unwrap_or_default();
    let output_bytes = u64::from(accesses.output.bytes);
    // Each pixel's inputs are gathered once and multiplied once for each channel.
    let gathered_bytes = if accesses.scratch.bytes > 0 { macs / channels.max(1) } else { 0 };
    let cost = table.and_then(|table| table.kernels.get(written.kernel));
    CallCost {
        kernel: written.kernel,
        layer,
        macs,
        output_bytes,
        gathered_bytes,
        instructions: cost.map(|cost| cost.instructions(macs, output_bytes, gathered_bytes)),
    }
}

/// The instructions of calls that are all known.
pub fn total<'c>(calls: impl IntoIterator<Item = &'c CallCost>) -> Option<u64> {
    calls.into_iter().map(|call| call.instructions).sum()
}

/// Microseconds at one instruction a cycle.
pub fn time_us(instructions: Option<u64>, clock_hz: Option<u64>) -> Option<f64> {
    Some(instructions? as f64 * 1e6 / clock_hz.filter(|&hz| hz > 0)? as f64)
}
