//! The compile report for the terminal.

use sanderling_compile::{Agreement, Layer, Report, RoundedWeights};

use crate::show;

/// A column of the table of layers.
type Column = (&'static str, fn(&Layer) -> String);

/// The cost of every layer and of the whole.
pub fn summary(report: &Report) -> String {
    let mut columns: Vec<Column> = vec![
        ("layer", |l| shortened(&l.name)),
        ("op", |l| l.op.to_string()),
        ("kernel", |l| l.kernels.last().map_or("-", |kernel| kernel).to_string()),
        ("output", |l| format!("{}[{}]", l.dtype, show::shape(&l.shape))),
        ("MACs", |l| show::grouped(l.macs)),
        ("parameters", |l| show::grouped(l.parameter_bytes)),
        ("arena", |l| show::grouped(l.live_bytes.into())),
    ];
    if report.layers.iter().any(|l| l.instructions.is_some()) {
        columns.push(("instructions", |l| l.instructions.map_or("-".into(), show::grouped)));
    }
    if report.agreement.is_some() || report.rounded_weights.is_some() {
        columns.push(("SQNR dB", |l| l.sqnr_db.map_or("-".into(), |db| format!("{db:.1}"))));
    }
    let header: Vec<&str> = columns.iter().map(|(title, _)| *title).collect();
    let row = |layer: &Layer| columns.iter().map(|(_, cell)| cell(layer)).collect();
    let rows: Vec<Vec<String>> = report.layers.iter().map(row).collect();
    let kept: String = report.kept_float.iter().map(|layer| format!("\nstays real: {layer}")).collect();
    let agreement = report.agreement.as_ref().map_or(String::new(), agreement);
    let rounded = report.rounded_weights.as_ref().map_or(String::new(), rounded);
    format!("{}{kept}\n{agreement}{rounded}\n{}", show::table(&header, &rows), total(report))
}

fn total(report: &Report) -> String {
    let bound = match report.arena_is_optimal {
        true => "no plan is smaller".to_string(),
        false => format!("lower bound {}", show::grouped(u64::from(report.arena_lower_bound_bytes))),
    };
    let spared = match report.arena_apart_bytes.saturating_sub(report.arena_bytes) {
        0 => String::new(),
        _ => format!(", {} if no layer worked in place", show::grouped(u64::from(report.arena_apart_bytes))),
    };
    let time = report.time_us.map_or(String::new(), |us| format!(" ({us:.0} us at one a cycle)"));
    let instructions = |n| format!(", about {} instructions{time}", show::grouped(n));
    format!(
        "for {}: artifact {} bytes, arena {} bytes ({bound}{spared}), stack {} bytes, {} MACs{}",
        report.target,
        show::grouped(report.artifact_bytes as u64),
        show::grouped(u64::from(report.arena_bytes)),
        show::grouped(u64::from(report.stack_bytes)),
        show::grouped(report.macs),
        report.instructions.map_or(String::new(), instructions),
    )
}

/// What rounding weights saved.
fn rounded(rounded: &RoundedWeights) -> String {
    format!(
        "weights rounded to {} save {} bytes; noise on {} generated inputs",
        rounded.dtype,
        show::grouped(rounded.saved_bytes),
        rounded.samples
    )
}

/// The artifact against the real model, a line for each output.
fn agreement(agreement: &Agreement) -> String {
    let origin = if agreement.held_out { "held out from calibration" } else { "that calibrated it" };
    let line = |output: &sanderling_compile::OutputAgreement| {
        let same = output.top_1.map_or(String::new(), |part| format!("{:.1} % same largest element, ", 100.0 * part));
        let noise = output.sqnr_db.map_or(String::new(), |db| format!(", {db:.1} dB"));
        format!(
            "\noutput {} against float on {} samples {origin}: {same}mean error {:.4}, largest {:.4}{noise}",
            output.name, agreement.samples, output.mean_error, output.max_error,
        )
    };
    agreement.outputs.iter().map(line).collect::<String>() + "\n"
}

/// The end of a long name: files repeat the path of the scope at the front.
fn shortened(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    if chars.len() <= 40 {
        name.to_string()
    } else {
        format!("...{}", chars[chars.len() - 37..].iter().collect::<String>())
    }
}
