//! `sanderling demo`

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use sanderling_host::{Array, read_npz, run_rows};
use sanderling_runtime::{Model, Session};
use serde_json::json;

use super::{BackendArg, bench, compile, run::samples};
use crate::{qemu, show};

/// MLPerf Tiny's keyword spotter, see `examples/models/kws/README.md`.
const MODEL: &[u8] = include_bytes!("../../../../examples/models/kws/model.tflite");
const INPUTS: &[u8] = include_bytes!("../../../../examples/models/kws/inputs.npz");
/// How many inputs the emulator runs.
const QEMU_SAMPLES: usize = 10;

/// Compile a real keyword-spotting model and run it on real inputs, here and on an emulated Cortex-M4
#[derive(clap::Args)]
pub struct Args {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// One line of the result.
struct Row {
    machine: String,
    flash_bytes: usize,
    ram_bytes: u64,
    /// Inputs whose best class is their label, and all inputs.
    right: usize,
    inputs: usize,
    /// Inputs with exactly LiteRT's output bytes.
    equal: usize,
    cost: String,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let mut file = tempfile::NamedTempFile::new().context("cannot make a temporary file")?;
    file.write_all(INPUTS)?;
    let arrays = read_npz(file.path())?;
    let find = |name: &str| arrays.iter().find(|a| a.name == name).with_context(|| format!("no {name}"));
    let data = Data { inputs: find("input_1")?, labels: find("labels")?, reference: find("litert_ref")? };

    eprintln!("MLPerf Tiny keyword spotting, int8, on {} recordings of Speech Commands\n", data.labels.shape[0]);
    let mut rows = vec![on_host(&data)?];
    match qemu::missing() {
        None => rows.push(on_qemu(&data)?),
        Some(why) => eprintln!("skipped: Cortex-M4 in QEMU ({why})"),
    }
    show(&rows, args.json);
    Ok(ExitCode::SUCCESS)
}

struct Data<'a> {
    inputs: &'a Array,
    labels: &'a Array,
    /// Outputs of LiteRT's reference kernels.
    reference: &'a Array,
}

impl Data<'_> {
    /// How many of these outputs have the right class, and how many are exactly LiteRT's.
    fn score(&self, outputs: &[u8]) -> (usize, usize) {
        let classes = self.reference.shape[1];
        let labels = self.labels.data.as_chunks::<8>().0.iter().map(|b| i64::from_le_bytes(*b) as usize);
        let outputs = outputs.chunks_exact(classes);
        let right = outputs.clone().zip(labels).filter(|(scores, label)| best(scores) == *label).count();
        let equal = outputs.zip(self.reference.data.chunks_exact(classes)).filter(|(a, b)| a == b).count();
        (right, equal)
    }
}

/// The first index of the largest score.
fn best(scores: &[u8]) -> usize {
    let by_score = |&i: &usize| (scores[i] as i8, std::cmp::Reverse(i));
    (0..scores.len()).max_by_key(by_score).unwrap_or(0)
}

fn on_host(data: &Data) -> Result<Row> {
    let target = sanderling_targets::find("host")?;
    let compiled = compile::compile(MODEL, Path::new("kws.tflite"), &target, Default::default())?;
    let model = Model::parse(&compiled.artifact, BackendArg::Auto.kernels()?)?;
    let mut arena = vec![0; model.arena_bytes()];
    let mut session = Session::new(&model, &mut arena)?;
    let outputs = run_rows(&mut session, std::slice::from_ref(data.inputs))?;
    let (right, equal) = data.score(&outputs[0].data);
    let mut times = bench::measure(&model, 500)?;
    times.sort_by(f64::total_cmp);
    Ok(Row {
        machine: "host".into(),
        flash_bytes: compiled.artifact.len(),
        ram_bytes: model.arena_bytes() as u64,
        right,
        inputs: data.labels.shape[0],
        equal,
        cost: format!("{:.0} us", times[times.len() / 2]),
    })
}

fn on_qemu(data: &Data) -> Result<Row> {
    let target = sanderling_targets::find("nucleo-l4r5zi")?;
    let compiled = compile::compile(MODEL, Path::new("kws.tflite"), &target, Default::default())?;
    let mut file = tempfile::NamedTempFile::new().context("cannot make a temporary file")?;
    file.write_all(&compiled.artifact)?;
    let model = Model::parse(&compiled.artifact, BackendArg::Scalar.kernels()?)?;
    let samples = samples(&model, std::slice::from_ref(data.inputs))?;
    let report = qemu::run(file.path(), &samples[..QEMU_SAMPLES].concat())?;
    ensure!(report.self_test == "passed", "the board's self-test: {}", report.self_test);
    let (right, equal) = data.score(&report.outputs);
    Ok(Row {
        machine: "Cortex-M4 (QEMU)".into(),
        flash_bytes: compiled.artifact.len(),
        ram_bytes: report.arena_bytes + report.stack_high_water_bytes,
        right,
        inputs: QEMU_SAMPLES,
        equal,
        cost: format!("{} instructions", show::grouped(report.instructions)),
    })
}

fn show(rows: &[Row], as_json: bool) {
    if as_json {
        let rows = rows.iter().map(|r| {
            json!({
                "machine": r.machine,
                "flash_bytes": r.flash_bytes,
                "ram_bytes": r.ram_bytes,
                "inputs": r.inputs,
                "right": r.right,
                "equal_to_litert": r.equal,
                "cost": r.cost,
            })
        });
        println!("{}", json!({ "rows": rows.collect::<Vec<_>>() }));
        return;
    }
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|r| {
            vec![
                r.machine.clone(),
                show::grouped(r.flash_bytes as u64),
                show::grouped(r.ram_bytes),
                format!("{}/{} ({:.1} %)", r.right, r.inputs, 100.0 * r.right as f64 / r.inputs as f64),
                format!("{}/{}", r.equal, r.inputs),
                r.cost.clone(),
            ]
        })
        .collect();
    let header = ["machine", "artifact bytes", "RAM bytes", "right class", "LiteRT's bytes", "a run takes"];
    println!("{}", show::table(&header, &cells));
}
