//! `latency`: one thread of this machine, ours and the peers' in turn on the same real inputs.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sanderling_host::{Array, read_npz, write_npz};

use super::Bench;
use super::case::{self, Case};
use super::check;
use super::peers::{self, Engine, Peer, Started};
use super::row::{Check, Row};

const ONNX: &[Engine] =
    &[Engine { title: "ONNX Runtime", script: "onnx_runtime.py" }, Engine { title: "tract", script: "tract_onnx.py" }];
const TFLITE: &[Engine] = &[Engine { title: "LiteRT (XNNPACK)", script: "litert.py" }];

/// Rounds take turns, so that a machine that slows down does so for all.
const ROUNDS: usize = 7;
/// Of one round of one engine. The whole table takes about three minutes with this.
const SECONDS: f64 = 0.12;

pub fn rows(bench: &Bench) -> Result<Vec<Row>> {
    let python = peers::install().inspect_err(|error| eprintln!("skipped: peers ({error:#})")).ok();
    let cases = case::all()?;
    let bar = bench.bar(cases.len());
    let mut rows = Vec::new();
    for case in &cases {
        bar.set_message(case.name.clone());
        let engines = if case.is_onnx() { ONNX } else { TFLITE };
        rows.extend(of_case(bench, case, engines, python.as_deref())?);
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(rows)
}

/// A peer that runs the case, or its row's mark.
enum Side {
    Ready { title: &'static str, peer: Peer, outputs: PathBuf, times: Vec<f64> },
    Missing(&'static str),
    Failed(&'static str, String),
}

/// Ours beside each engine, in rounds that take turns.
pub fn of_case(bench: &Bench, case: &Case, engines: &[Engine], python: Option<&Path>) -> Result<Vec<Row>> {
    let file = |name: &str| bench.folder.path().join(name);
    let inputs = file("inputs.npz");
    write_npz(&inputs, &case.inputs()?)?;
    let mut ours = Ours::prepare(bench, case, &inputs);
    let mut sides: Vec<Side> = engines
        .iter()
        .map(|engine| start(python, engine, case, &inputs, file(&format!("{}.npz", engine.script))))
        .collect();
    for _ in 0..ROUNDS {
        ours.round(bench, &inputs);
        for side in &mut sides {
            side.round();
        }
    }
    sides.into_iter().map(|side| row(case, &ours, side)).collect()
}

fn start(python: Option<&Path>, engine: &Engine, case: &Case, inputs: &Path, outputs: PathBuf) -> Side {
    let Some(python) = python else { return Side::Missing(engine.title) };
    match Peer::start(python, engine, &case.model, inputs, &outputs) {
        Ok(Started::Ready(peer)) => Side::Ready { title: engine.title, peer, outputs, times: Vec::new() },
        Ok(Started::Missing) => Side::Missing(engine.title),
        Ok(Started::Failed(why)) => Side::Failed(engine.title, why),
        Err(error) => Side::Failed(engine.title, format!("{error:#}")),
    }
}

impl Side {
    fn round(&mut self) {
        let Side::Ready { title, peer, times, .. } = self else { return };
        match peer.measure(SECONDS) {
            Ok(time) => times.push(time),
            // The rounds that it had are not worth a figure.
            Err(error) => *self = Side::Failed(title, format!("{error:#}")),
        }
    }
}

/// Our side of a case: the artifact and its outputs, or why there are none.
struct Ours {
    artifact: PathBuf,
    outputs: Vec<Array>,
    quantized: bool,
    times: Vec<f64>,
    failure: Option<String>,
}

impl Ours {
    fn prepare(bench: &Bench, case: &Case, inputs: &Path) -> Ours {
        let artifact = bench.folder.path().join("artifact.sndl");
        let mut ours = Ours { artifact, outputs: Vec::new(), quantized: false, times: Vec::new(), failure: None };
        if let Err(error) = ours.run(bench, case, inputs) {
            ours.failure = Some(format!("{error:#}"));
        }
        ours
    }

    fn run(&mut self, bench: &Bench, case: &Case, inputs: &Path) -> Result<()> {
        self.quantized = bench.cli.compile(case, "host", &self.artifact)?.is_quantized();
        let file = bench.folder.path().join("outputs.npz");
        let names = bench.cli.run(&self.artifact, inputs, &file)?;
        // Files hold arrays by name; outputs are compared in the model's order.
        let arrays = read_npz(&file)?;
        let array = |name: &String| arrays.iter().find(|array| array.name == *name).cloned();
        self.outputs = names.iter().map(array).collect::<Option<_>>().context("an output was not written")?;
        Ok(())
    }

    fn round(&mut self, bench: &Bench, inputs: &Path) {
        if self.failure.is_some() {
            return;
        }
        match bench.cli.bench(&self.artifact, inputs, SECONDS) {
            Ok(time) => self.times.push(time),
            Err(error) => self.failure = Some(format!("{error:#}")),
        }
    }

    fn median(&self) -> Option<f64> {
        if self.failure.is_none() { median(&self.times) } else { None }
    }
}

fn row(case: &Case, ours: &Ours, side: Side) -> Result<Row> {
    let row = Row::new(&case.name, "latency", "us", ours.median()).note(ours.failure.clone());
    let (mut peer, outputs, times) = match side {
        Side::Missing(title) => return Ok(row.beside_missing(title)),
        Side::Failed(title, why) => {
            let why = format!("{title} fails: {why}");
            let notes: Vec<String> = ours.failure.iter().cloned().chain([why]).collect();
            return Ok(row.beside(title, None).note(Some(notes.join("; "))));
        }
        Side::Ready { peer, outputs, times, .. } => (peer, outputs, times),
    };
    let mut row = row.beside(&peer.name, median(&times));
    if ours.failure.is_none() {
        let compare =
            || -> Result<Check> { Ok(check::compare(&ours.outputs, &in_order(read_npz(&outputs)?), ours.quantized)) };
        let check = compare()?;
        row.check = Some(check);
        // Fast kernels may leave the model's arithmetic; then it is the reference that we should equal.
        if !check.agrees && peer.reference().unwrap_or(false) {
            row.reference = Some(compare()?);
        }
    }
    Ok(row)
}

/// `out0`, `out1`, ... in the order of their numbers: that of their names puts `out10` before `out2`.
fn in_order(mut arrays: Vec<Array>) -> Vec<Array> {
    arrays.sort_by_key(|array| (array.name.len(), array.name.clone()));
    arrays
}

fn median(times: &[f64]) -> Option<f64> {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(times: &[f64], failure: Option<&str>) -> Ours {
        let failure = failure.map(str::to_owned);
        Ours { artifact: PathBuf::new(), outputs: Vec::new(), quantized: false, times: times.to_vec(), failure }
    }

    #[test]
    fn medians_need_a_time() {
        assert_eq!([median(&[]), median(&[3.0]), median(&[9.0, 1.0, 2.0])], [None, Some(3.0), Some(2.0)]);
    }

    #[test]
    fn rows_tell_what_is_missing() {
        let case = &case::kws();
        let missing = row(case, &ours(&[2.0], None), Side::Missing("tract")).unwrap();
        assert_eq!((missing.ours, missing.peer, missing.note), (Some(2.0), None, None));
        assert_eq!(missing.peer_name.as_deref(), Some("tract (not installed)"));
        let failed = row(case, &ours(&[], Some("no LSTM")), Side::Failed("tract", "no If".into())).unwrap();
        assert_eq!((failed.ours, failed.peer), (None, None));
        assert_eq!(failed.note.as_deref(), Some("no LSTM; tract fails: no If"));
    }

    #[test]
    fn outputs_are_in_the_models_order() {
        let array = |name: &str| Array {
            name: name.to_owned(),
            element: sanderling_format::Element::I8,
            shape: Vec::new(),
            data: Vec::new(),
        };
        let sorted = in_order(["out0", "out1", "out10", "out2"].map(array).to_vec());
        let names: Vec<&str> = sorted.iter().map(|a| a.name.as_str()).collect();
        assert_eq!(names, ["out0", "out1", "out2", "out10"]);
    }
}
