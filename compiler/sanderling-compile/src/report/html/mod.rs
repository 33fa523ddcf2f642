//! The page: one file, no script, nothing fetched. Names come from model files, so that everything is escaped.

mod arena;
mod layers;
mod summary;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{PassChange, Report};

const STYLE: &str = include_str!("style.css");
/// Browsers load nothing for a page that says this, whatever is in it.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// The whole page.
pub fn page(report: &Report) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (report.model) " for " (report.target) " - Sanderling" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { (report.model) }
                    p { "compiled for " strong { (report.target) } ": " (report.target_about) }
                }
                main {
                    (summary::cards(report))
                    (summary::accuracy(report))
                    (arena::section(report))
                    (layers::section(report))
                    (passes(report))
                    (summary::artifact(report))
                }
            }
        }
    };
    page.into_string()
}

fn passes(report: &Report) -> Markup {
    html! {
        section {
            h2 { "Passes" }
            p.note { "What each pass did to the graph, in order. Unfold one to see which nodes became part of which." }
            @let (busy, idle): (Vec<&PassChange>, Vec<&PassChange>) = report.passes.iter().partition(|p| did_something(p));
            ul.passes {
                @for pass in busy {
                    @let what = format!("{:+} nodes", pass.nodes);
                    li {
                        @if pass.fused.is_empty() {
                            span.pass { code { (pass.name) } " " span.muted { (what) } }
                        } @else {
                            details {
                                summary { code { (pass.name) } " " span.muted { (what) ", " (pass.fused.len()) " gone" } }
                                ul {
                                    @for node in &pass.fused {
                                        li {
                                            code { (node.name) } " (" (node.op) ") "
                                            @match &node.into {
                                                Some(into) => { "is part of " code { (into) } }
                                                None => { "is no longer needed" }
                                            }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
            @if !idle.is_empty() {
                p.muted { "Found nothing to do: " (idle.iter().map(|pass| pass.name).collect::<Vec<_>>().join(", ")) "." }
            }
        }
    }
}

/// Quantization changes the types of nodes more than their number.
fn did_something(pass: &PassChange) -> bool {
    pass.nodes != 0 || !pass.fused.is_empty() || pass.name == "quantize"
}

/// `12,345`
fn grouped(n: impl Into<u64>) -> String {
    let digits = n.into().to_string();
    let groups = digits.as_bytes().rchunks(3).rev().map(|group| String::from_utf8_lossy(group).into_owned());
    groups.collect::<Vec<_>>().join(",")
}

/// `1.23 M`
fn short(n: u64) -> String {
    match n {
        0..10_000 => grouped(n),
        10_000..1_000_000 => format!("{:.1} k", n as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.2} M", n as f64 / 1e6),
        _ => format!("{:.2} G", n as f64 / 1e9),
    }
}

/// A part of the whole, in percent of it, for styles.
fn percent(part: f64, whole: f64) -> String {
    format!("{:.2}%", if whole > 0.0 { (100.0 * part / whole).clamp(0.0, 100.0) } else { 0.0 })
}

/// Microseconds, in the unit that reads best.
fn time(us: f64) -> String {
    match us {
        _ if us < 1e3 => format!("{us:.1} us"),
        _ if us < 1e6 => format!("{:.2} ms", us / 1e3),
        _ => format!("{:.2} s", us / 1e6),
    }
}

/// The last part of a name: converters join the names of all that they fused.
fn brief(name: &str) -> &str {
    name.rsplit(';').find(|part| !part.is_empty()).unwrap_or(name)
}

fn shape(dims: &[usize]) -> String {
    dims.iter().map(ToString::to_string).collect::<Vec<_>>().join("x")
}
