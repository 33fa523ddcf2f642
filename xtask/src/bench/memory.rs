//! `memory`: working memory and flash, without running anything.

use std::fs;

use anyhow::Result;

use super::Bench;
use super::case::{self, Case};
use super::cli::Report;
use super::row::Row;

/// Bytes for activations that peers published for the models of MLPerf Tiny, see `docs/measuring.md`.
const PUBLISHED: [(&str, [(&str, f64); 4]); 3] = [
    (
        "Bosch HALE, STM32H7A3, MLPerf Tiny v1.2 (published)",
        [("kws", 16_000.0), ("ic", 52_416.0), ("vww", 55_296.0), ("ad", 768.0)],
    ),
    (
        "Bosch HALE, STM32L4R5, fast kernels, MLPerf Tiny v1.2 (published)",
        [("kws", 20_864.0), ("ic", 57_856.0), ("vww", 73_216.0), ("ad", 768.0)],
    ),
    (
        "TFLM, reference submission's arena (published)",
        [("kws", 204_800.0), ("ic", 102_400.0), ("vww", 204_800.0), ("ad", 10_240.0)],
    ),
];
/// The one model of which HALE published a build that trades time for memory.
const SLOW_BUILD: (&str, &str, f64) = ("ic", "Bosch HALE, slower kernels (published)", 21_104.0);

pub fn rows(bench: &Bench) -> Result<Vec<Row>> {
    let (board, host) = (case::mlperf_tiny(), case::all()?);
    let bar = bench.bar(board.len() + host.len());
    let mut rows = Vec::new();
    for (case, target) in board.iter().map(|c| (c, "nucleo-l4r5zi")).chain(host.iter().map(|c| (c, "host"))) {
        bar.set_message(case.name.clone());
        let artifact = bench.folder.path().join("artifact.sndl");
        let (report, note) = match bench.cli.compile(case, target, &artifact) {
            Ok(report) => (Some(report), None),
            Err(error) => (None, Some(format!("{error:#}"))),
        };
        let published = if target == "host" { Vec::new() } else { beside_published(case, report.as_ref()) };
        let own = beside_bounds(case, target, report.as_ref())?;
        rows.extend(published.into_iter().chain(own).map(|row| row.note(note.clone())));
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(rows)
}

fn beside_published(case: &Case, report: Option<&Report>) -> Vec<Row> {
    let arena = report.map(|report| report.arena_bytes as f64);
    let row = || Row::new(&named(case, "nucleo-l4r5zi"), "arena", "bytes", arena);
    let mut rows = Vec::new();
    for (peer, figures) in PUBLISHED {
        let figure = figures.iter().find(|(name, _)| *name == case.name);
        rows.extend(figure.map(|&(_, bytes)| row().beside(peer, Some(bytes))));
    }
    let (name, peer, bytes) = SLOW_BUILD;
    rows.extend((name == case.name).then(|| row().beside(peer, Some(bytes))));
    rows
}

fn beside_bounds(case: &Case, target: &str, report: Option<&Report>) -> Result<[Row; 2]> {
    let name = named(case, target);
    let figure = |f: fn(&Report) -> u64| report.map(|report| f(report) as f64);
    let model_bytes = fs::metadata(&case.model)?.len() as f64;
    Ok([
        Row::new(&name, "arena", "bytes", figure(|r| r.arena_bytes))
            .beside("lower bound of the plan", figure(|r| r.arena_lower_bound_bytes)),
        Row::new(&name, "artifact", "bytes", figure(|r| r.artifact_bytes)).beside("the model file", Some(model_bytes)),
    ])
}

fn named(case: &Case, target: &str) -> String {
    format!("{} on {target}", case.name)
}
