//! The arena over time: layers to the right, offsets upward, a rectangle for each buffer.
//!
//! The picture stretches to any width; words would stretch with it and so are HTML over it.

use maud::{Markup, html};

use super::{brief, grouped, percent};
use crate::buffers::SpanKind;
use crate::report::{Buffer, Report};

/// From these parts of the picture on a buffer has room for its name.
const NAMED: (f64, f64) = (0.07, 0.06);

pub fn section(report: &Report) -> Markup {
    let (steps, height) = (report.layers.len().max(1), f64::from(report.arena_bytes.max(1)));
    let peak = report.layers.iter().max_by_key(|layer| layer.live_bytes);
    let kinds = [SpanKind::State, SpanKind::Input, SpanKind::Value, SpanKind::Output, SpanKind::Scratch];
    let present = kinds.into_iter().filter(|&kind| report.buffers.iter().any(|b| b.kind == kind));
    html! {
        section {
            h2 { "Arena over time" }
            p.note {
                "Each rectangle is a buffer: as wide as it lives, as high as it is large. The top is the arena's "
                (grouped(report.arena_bytes)) " bytes"
                @if let Some(peak) = peak { "; most is in use, " (grouped(peak.live_bytes)) ", at " code { (brief(&peak.name)) } }
                "."
            }
            ul.legend { @for kind in present { li { span class=(format!("swatch {}", class(kind))) {} (word(kind)) } } }
            div.plot {
                div.axis { span { (grouped(report.arena_bytes)) } span { "0" } }
                div.area {
                    svg viewBox=(format!("0 0 {steps} {height}")) preserveAspectRatio="none" role="img"
                        aria-label="Buffers of the arena by layer and offset; the table below says the same" {
                        @for buffer in &report.buffers { (rectangle(buffer, height)) }
                        @let bound = height - f64::from(report.arena_lower_bound_bytes);
                        line.bound x1="0" x2=(steps) y1=(bound) y2=(bound) {
                            title { "lower bound: " (grouped(report.arena_lower_bound_bytes)) " bytes" }
                        }
                    }
                    @for buffer in &report.buffers { (label(buffer, steps as f64, height)) }
                }
                div.ticks { span { "layer 0" } span { "layer " (steps - 1) } }
            }
            p.muted { span.dash {} " no plan for this order of layers stays below this line" }
            details {
                summary { (report.buffers.len()) " buffers as a table" }
                (table(&report.buffers))
            }
        }
    }
}

fn rectangle(buffer: &Buffer, height: f64) -> Markup {
    let top = height - f64::from(buffer.offset) - f64::from(buffer.bytes);
    let width = buffer.last_layer + 1 - buffer.first_layer;
    html! {
        rect class=(class(buffer.kind)) x=(buffer.first_layer) y=(top) width=(width) height=(buffer.bytes) {
            title { (describe(buffer)) }
        }
    }
}

/// The name of a buffer over its rectangle, where it has room.
fn label(buffer: &Buffer, steps: f64, height: f64) -> Markup {
    let (width, tall) = ((buffer.last_layer + 1 - buffer.first_layer) as f64, f64::from(buffer.bytes));
    if width < NAMED.0 * steps || tall < NAMED.1 * height {
        return html! {};
    }
    let style = format!(
        "left:{};bottom:{};width:{};height:{}",
        percent(buffer.first_layer as f64, steps),
        percent(f64::from(buffer.offset), height),
        percent(width, steps),
        percent(tall, height),
    );
    html! { span.label style=(style) aria-hidden="true" title=(describe(buffer)) { span { (buffer.first_layer) ": " (end(&buffer.name)) } } }
}

/// What follows the last slash of a name.
fn end(name: &str) -> &str {
    name.rsplit(['/', ';']).find(|part| !part.is_empty()).unwrap_or(name)
}

fn describe(buffer: &Buffer) -> String {
    let Buffer { name, offset, bytes, first_layer, last_layer, .. } = buffer;
    let (bytes, offset) = (grouped(*bytes), grouped(*offset));
    format!("{name}: {} of {bytes} bytes at {offset}, layers {first_layer} to {last_layer}", word(buffer.kind))
}

fn table(buffers: &[Buffer]) -> Markup {
    html! {
        div.scroll {
            table {
                thead { tr { th { "kind" } th.n { "offset" } th.n { "bytes" } th.n { "layers" } th { "buffer" } } }
                tbody {
                    @for buffer in buffers {
                        tr {
                            td { (word(buffer.kind)) }
                            td.n { (grouped(buffer.offset)) }
                            td.n { (grouped(buffer.bytes)) }
                            td.n { (buffer.first_layer) "-" (buffer.last_layer) }
                            td { code title=(buffer.name) { (brief(&buffer.name)) } }
                        }
                    }
                }
            }
        }
    }
}

fn class(kind: SpanKind) -> &'static str {
    match kind {
        SpanKind::State => "k-state",
        SpanKind::Input => "k-input",
        SpanKind::Value => "k-value",
        SpanKind::Output => "k-output",
        SpanKind::Scratch => "k-scratch",
    }
}

fn word(kind: SpanKind) -> &'static str {
    match kind {
        SpanKind::State => "state",
        SpanKind::Input => "input",
        SpanKind::Value => "activation",
        SpanKind::Output => "output",
        SpanKind::Scratch => "scratch",
    }
}
