//! The whole model at a glance: what it needs of the target, how near it is to the real model, what is in the file.

use maud::{Markup, html};

use super::{grouped, percent, short, time};
use crate::report::Report;

/// What the model needs, beside what the target has.
pub fn cards(report: &Report) -> Markup {
    let ram = u64::from(report.arena_bytes) + u64::from(report.stack_bytes);
    let parts = format!("arena {} + stack {}", grouped(report.arena_bytes), grouped(report.stack_bytes));
    let bound = match report.arena_is_optimal {
        true => "no plan is smaller".to_string(),
        false => format!("at least {} for this order", grouped(report.arena_lower_bound_bytes)),
    };
    html! {
        section.cards aria-label="Summary" {
            (card("Flash", report.artifact_bytes as u64, "bytes", report.flash_available_bytes, "the artifact"))
            (card("RAM", ram, "bytes", report.ram_available_bytes, &parts))
            (card("Arena", report.arena_bytes.into(), "bytes", None, &bound))
            div.card {
                h2 { "Work" }
                p.figure { (short(report.macs)) span.unit { " MACs" } }
                p.muted { (report.layers.len()) " layers, " (report.calls.len()) " kernel calls" }
            }
            @if let Some(instructions) = report.instructions {
                div.card {
                    h2 { "Predicted" }
                    p.figure { (short(instructions)) span.unit { " instructions" } }
                    @if let (Some(us), Some(hz)) = (report.time_us, report.clock_hz) {
                        p.muted { (time(us)) " at one instruction a cycle of " (hz / 1_000_000) " MHz" }
                    }
                }
            }
            @if let Some(output) = report.agreement.as_ref().and_then(|a| a.outputs.first()) {
                div.card {
                    h2 { "Agreement with float" }
                    @match (output.top_1, output.sqnr_db) {
                        (Some(same), _) => p.figure { (format!("{:.1}", 100.0 * same)) span.unit { " % top-1" } },
                        (None, Some(db)) => p.figure { (format!("{db:.1}")) span.unit { " dB" } },
                        (None, None) => p.figure { "exact" },
                    }
                    p.muted { "output " (output.name) }
                }
            }
        }
    }
}

fn card(title: &str, needed: u64, unit: &str, available: Option<u64>, note: &str) -> Markup {
    html! {
        div.card {
            h2 { (title) }
            p.figure { (grouped(needed)) span.unit { " " (unit) } }
            @if let Some(available) = available {
                @let used = percent(needed as f64, available as f64);
                div.gauge role="img" aria-label=(format!("{used} of {}", grouped(available))) {
                    span style=(format!("width:{used}")) {}
                }
                p.muted { (note) "; " (used) " of " (grouped(available)) }
            } @else {
                p.muted { (note) }
            }
        }
    }
}

/// The artifact against the real model, and what stayed real; nothing where nothing was quantized.
pub fn accuracy(report: &Report) -> Markup {
    let Some(agreement) = &report.agreement else { return html! {} };
    html! {
        section {
            h2 { "Accuracy against the float model" }
            p.note {
                (agreement.samples) " samples"
                @if agreement.held_out { " held out from calibration, which saw " (agreement.calibration_samples) " others" }
                @else { ", the same that calibrated it: on others it may be worse" }
                ", computed by the reference interpreter, whose bytes every backend gives."
            }
            div.scroll {
                table {
                    thead { tr { th { "output" } th.n { "same largest element" } th.n { "SQNR dB" } th.n { "mean error" } th.n { "largest error" } } }
                    tbody {
                        @for output in &agreement.outputs {
                            tr {
                                td { code { (output.name) } }
                                td.n { (output.top_1.map_or("-".into(), |part| format!("{:.1} %", 100.0 * part))) }
                                td.n { (output.sqnr_db.map_or("-".into(), |db| format!("{db:.1}"))) }
                                td.n { (format!("{:.4}", output.mean_error)) }
                                td.n { (format!("{:.4}", output.max_error)) }
                            }
                        }
                    }
                }
            }
            h3 { "Kept in float" }
            @if report.kept_float.is_empty() {
                p { "Nothing: every layer computes in integers." }
            } @else {
                ul { @for layer in &report.kept_float { li { (layer) } } }
            }
        }
    }
}

/// The parts of the file and where it comes from.
pub fn artifact(report: &Report) -> Markup {
    html! {
        section {
            h2 { "Artifact" }
            dl {
                @for section in &report.sections {
                    dt { (section.name) }
                    dd { (grouped(section.bytes)) " bytes" }
                }
            }
            @if let Some(rounded) = &report.rounded_weights {
                p.note { "Weights rounded to " (rounded.dtype) " save " (grouped(rounded.saved_bytes)) " bytes." }
            }
            h3 { "Provenance" }
            dl {
                @for (key, value) in report.provenance.as_object().into_iter().flatten() {
                    dt { (key) }
                    dd { (value.as_str().map_or_else(|| value.to_string(), str::to_string)) }
                }
            }
            @if let Some(table) = &report.cost_table {
                p.note { "Instructions are predicted: " (table) "." }
            }
        }
    }
}
