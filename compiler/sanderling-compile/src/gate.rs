//! What does not fit the target is refused, with what costs most and what would help.

use sanderling_targets::Target;

use crate::{CompileError, Report};

/// Compares the report with the target's memory.
pub fn check(target: &Target, report: &Report) -> Result<(), CompileError> {
    let ram = u64::from(report.arena_bytes) + u64::from(report.stack_bytes);
    if let Some(available) = target.ram_bytes.filter(|&has| ram > has) {
        let costliest = costliest(report, |layer| u64::from(layer.live_bytes));
        let fix = match report.layers.iter().any(|l| l.dtype == "f32") {
            true => "Quantize it: `--quantize int8 --calibrate DATA.npz` needs about a quarter".to_string(),
            false => "Reduce the resolution or the width of those layers, or choose a larger target".to_string(),
        };
        return refuse(target, "RAM", ram, available, costliest, fix);
    }
    if let Some(available) = target.flash_bytes.filter(|&has| report.artifact_bytes as u64 > has) {
        let costliest = costliest(report, |layer| layer.parameter_bytes);
        let fix = match report.layers.iter().any(|l| l.dtype == "f32") {
            true => "Quantize it: `--quantize int8 --calibrate DATA.npz` needs about a quarter".to_string(),
            false => "Reduce the width of those layers, or choose a larger target".to_string(),
        };
        return refuse(target, "flash", report.artifact_bytes as u64, available, costliest, fix);
    }
    Ok(())
}

fn refuse(
    target: &Target,
    memory: &'static str,
    needed: u64,
    available: u64,
    costliest: String,
    fix: String,
) -> Result<(), CompileError> {
    Err(CompileError::DoesNotFit { target: target.name.clone(), memory, needed, available, costliest, fix })
}

/// The three layers that cost most, with their cost.
fn costliest(report: &Report, cost: impl Fn(&crate::Layer) -> u64) -> String {
    let mut layers: Vec<_> = report.layers.iter().collect();
    layers.sort_by_key(|layer| std::cmp::Reverse(cost(layer)));
    let shown = layers.iter().take(3).map(|layer| format!("{} ({} bytes)", layer.name, cost(layer)));
    shown.collect::<Vec<_>>().join(", ")
}
