//! The layers and what each costs: a table with bars, which on a narrow screen becomes a list of cards.

use maud::{Markup, html};
use sanderling_targets::Isa;

use super::{brief, percent, shape, short, time};
use crate::report::{Layer, Report};

/// Ratios that fill a bar, and below which a layer is worth a look.
const SQNR_FULL: f64 = 60.0;
const SQNR_LOW: f64 = 15.0;

/// A column of bars.
struct Column {
    title: &'static str,
    /// The length of a bar, and what stands beside it.
    value: fn(&Layer) -> Option<f64>,
    text: fn(&Layer) -> String,
    /// The value that fills a bar.
    full: f64,
}

pub fn section(report: &Report) -> Markup {
    let columns = columns(report);
    html! {
        section {
            h2 { "Layers" }
            p.note {
                (code(report.isa)) " Bars compare layers with the largest one. Arena is what is in use while a layer runs"
                @if report.instructions.is_some() { ", instructions are predicted" }
                @if report.agreement.is_some() {
                    ", SQNR is the signal to noise ratio against the float model on the calibration samples (a full bar is "
                    (SQNR_FULL) " dB, marked below " (SQNR_LOW) ")"
                } @else if let Some(rounded) = &report.rounded_weights {
                    ", SQNR is the signal to noise ratio against the model before its weights were rounded to "
                    (rounded.dtype) ", on " (rounded.samples) " generated inputs"
                }
                "."
            }
            table.layers role="table" {
                thead role="rowgroup" {
                    tr role="row" {
                        th role="columnheader" { "#" }
                        th role="columnheader" { "layer" }
                        @for column in &columns { th role="columnheader" { (column.title) } }
                    }
                }
                tbody role="rowgroup" {
                    @for (index, layer) in report.layers.iter().enumerate() { (row(index, layer, &columns)) }
                }
            }
        }
    }
}

/// Which code the kernels are.
fn code(isa: Isa) -> &'static str {
    match isa {
        Isa::Host => "Kernels are the fastest that the machine has which runs them.",
        Isa::Scalar => "Kernels are plain code.",
        Isa::Neon => "Kernels use NEON where there are such, plain code elsewhere.",
        Isa::Avx2 => "Kernels use AVX2 where there are such, plain code elsewhere.",
        Isa::Wgsl => "Kernels are shaders.",
        Isa::Dsp => "Kernels use the DSP extension where there are such, plain code elsewhere.",
    }
}

fn columns(report: &Report) -> Vec<Column> {
    let all = [
        Column { title: "MACs", value: |l| Some(l.macs as f64), text: |l| short(l.macs), full: 0.0 },
        Column {
            title: "parameter bytes",
            value: |l| Some(l.parameter_bytes as f64),
            text: |l| short(l.parameter_bytes),
            full: 0.0,
        },
        Column {
            title: "arena bytes",
            value: |l| Some(f64::from(l.live_bytes)),
            text: |l| short(l.live_bytes.into()),
            full: 0.0,
        },
        Column {
            title: "instructions",
            value: |l| l.instructions.map(|n| n as f64),
            text: |l| {
                let time = l.time_us.map_or(String::new(), |us| format!(", {}", time(us)));
                l.instructions.map_or("unknown".into(), |n| short(n) + &time)
            },
            full: 0.0,
        },
        Column {
            title: "SQNR",
            value: |l| l.sqnr_db,
            text: |l| {
                l.sqnr_db.map_or("-".into(), |db| format!("{db:.1} dB{}", if db < SQNR_LOW { ", low" } else { "" }))
            },
            full: SQNR_FULL,
        },
    ];
    let known = |column: &Column| report.layers.iter().any(|layer| (column.value)(layer).is_some());
    let filled = |column: Column| {
        let largest = report.layers.iter().filter_map(column.value).fold(column.full, f64::max);
        Column { full: if column.full > 0.0 { column.full } else { largest }, ..column }
    };
    all.into_iter().filter(known).map(filled).collect()
}

fn row(index: usize, layer: &Layer, columns: &[Column]) -> Markup {
    html! {
        tr role="row" {
            td.index role="cell" { (index) }
            td.name role="cell" {
                code { (brief(&layer.name)) }
                div.muted {
                    (layer.op) " " (layer.dtype) "[" (shape(&layer.shape)) "]"
                    @if !layer.kernels.is_empty() { ", by " (layer.kernels.join(", ")) }
                }
                @let is_brief = brief(&layer.name) != layer.name;
                @if is_brief || !layer.fused.is_empty() {
                    details.muted {
                        summary {
                            @if is_brief { "whole name" }
                            @if is_brief && !layer.fused.is_empty() { ", " }
                            @if !layer.fused.is_empty() { (layer.fused.len()) " fused into it" }
                        }
                        @if is_brief { code { (layer.name) } }
                        ul { @for node in &layer.fused { li { (node) } } }
                    }
                }
            }
            @for column in columns {
                @let value = (column.value)(layer);
                @let low = column.title == "SQNR" && value.is_some_and(|db| db < SQNR_LOW);
                td.bar role="cell" data-title=(column.title) {
                    span.value { ((column.text)(layer)) }
                    span.track { span.low[low] style=(format!("width:{}", percent(value.unwrap_or(0.0), column.full))) {} }
                }
            }
        }
    }
}
