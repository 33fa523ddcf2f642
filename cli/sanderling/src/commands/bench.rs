//! `sanderling bench`

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use sanderling_format::golden_input;
use sanderling_host::read_npz;
use sanderling_runtime::{Model, Session};
use serde_json::json;

use super::{BackendArg, run, with_model};
use crate::show;

const EXAMPLES: &str = "Examples:
  sanderling bench kws.sndl --runs 1000
  sanderling bench kws.sndl --calls
  sanderling bench kws.sndl --input features.npz --seconds 2 --json";

/// Measure the latency of an artifact on this machine, one thread
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    artifact: PathBuf,
    #[arg(long, value_enum, default_value = "auto")]
    backend: BackendArg,
    /// How often to run the model, after a tenth as many runs to warm up
    #[arg(long, default_value_t = 200)]
    runs: usize,
    /// Measure each kernel call too, in runs of their own: looking at the clock between calls takes time
    #[arg(long)]
    calls: bool,
    /// Run the model for so long instead, once at least, after a tenth of the time to warm up
    #[arg(long, conflicts_with = "runs")]
    seconds: Option<f64>,
    /// Arrays by input name to run row after row; without them the self-test's inputs
    #[arg(long, value_name = "IN.npz")]
    input: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// How much to measure.
#[derive(Clone, Copy)]
enum Span {
    Runs(usize),
    Time(Duration),
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let span = match args.seconds {
        None => Span::Runs(args.runs.max(1)),
        Some(seconds) => Span::Time(Duration::try_from_secs_f64(seconds).context("--seconds")?),
    };
    #[cfg(feature = "gpu")]
    if args.backend == BackendArg::Gpu {
        return on_gpu(args, span);
    }
    with_model(&args.artifact, args.backend.kernels()?, |model| {
        let rows = rows(args, model)?;
        let mut times = measure_rows(model, &rows, span)?;
        times.sort_by(f64::total_cmp);
        let (median, least) = (times[times.len() / 2], times[0]);
        let calls = if args.calls { measure_calls(model, args.runs.max(1))? } else { Vec::new() };
        if args.json {
            let mut kernels = Vec::new();
            for (index, step) in model.steps().enumerate() {
                let mut call = json!({ "kernel": step.kernel.name, "isa": show::isa(step.kernel.isa) });
                if let Some(us) = calls.get(index) {
                    call["median_us"] = json!(us);
                }
                kernels.push(call);
            }
            println!("{}", json!({ "median_us": median, "min_us": least, "runs": times.len(), "calls": kernels }));
        } else {
            if args.calls {
                println!("{}\n", breakdown(model, &calls));
            }
            eprintln!(
                "median {median:.1} us, min {least:.1} us of {} runs, {:.2} GMAC/s",
                show::grouped(times.len() as u64),
                model.macs() as f64 / median / 1e3
            );
        }
        Ok(ExitCode::SUCCESS)
    })
}

/// Runs with all that they take: inputs go to the GPU and outputs come back.
#[cfg(feature = "gpu")]
fn on_gpu(args: &Args, span: Span) -> Result<ExitCode> {
    ensure!(!args.calls, "the calls of a run on a GPU are submitted together and not measured one by one");
    super::gpu::with_session(&args.artifact, |gpu, session| {
        let model = *session.model();
        let rows = rows(args, &model)?;
        let mut rows = rows.iter().cycle();
        let mut times = warmed_up(span, || {
            super::gpu::set_inputs(session, rows.next().map_or(&[][..], |row| row))?;
            let start = Instant::now();
            session.run()?;
            Ok(start.elapsed().as_secs_f64() * 1e6)
        })?;
        times.sort_by(f64::total_cmp);
        let (median, least) = (times[times.len() / 2], times[0]);
        if args.json {
            let calls = model.steps().map(|step| json!({ "kernel": step.kernel.name, "isa": "wgsl" }));
            let calls: Vec<_> = calls.collect();
            let device = gpu.name();
            println!(
                "{}",
                json!({ "median_us": median, "min_us": least, "runs": times.len(), "calls": calls, "device": device })
            );
        } else {
            eprintln!(
                "median {median:.1} us, min {least:.1} us of {} runs on {}",
                show::grouped(times.len() as u64),
                gpu.name()
            );
        }
        Ok(ExitCode::SUCCESS)
    })
}

/// The inputs of each row.
fn rows(args: &Args, model: &Model<'_>) -> Result<Vec<Vec<u8>>> {
    let rows = match &args.input {
        None => vec![generated(model)],
        Some(path) => run::samples(model, &read_npz(path)?).with_context(|| path.display().to_string())?,
    };
    ensure!(!rows.is_empty(), "there are no rows to run");
    Ok(rows)
}

/// Microseconds of each run, on the self-test's inputs.
pub fn measure(model: &Model<'_>, runs: usize) -> Result<Vec<f64>> {
    measure_rows(model, &[generated(model)], Span::Runs(runs))
}

/// The self-test's inputs, one behind another.
fn generated(model: &Model<'_>) -> Vec<u8> {
    let mut generator = model.golden().seed;
    let mut row = Vec::new();
    for io in model.inputs() {
        let mut bytes = vec![0; io.record.region.bytes as usize];
        generator = golden_input(generator, io.record.element, &mut bytes);
        row.append(&mut bytes);
    }
    row
}

/// Puts the bytes of all inputs in their places.
fn set_inputs(session: &mut Session<'_>, mut row: &[u8]) -> Result<()> {
    for index in 0..session.model().inputs().count() {
        let input = session.input(index)?;
        let (here, rest) = row.split_at(input.len());
        input.copy_from_slice(here);
        row = rest;
    }
    Ok(())
}

/// Runs the rows in turn. The inputs are put in place before each run, outside its time: layers may overwrite them,
/// and what they leave there need not be numbers.
fn measure_rows(model: &Model<'_>, rows: &[Vec<u8>], span: Span) -> Result<Vec<f64>> {
    let mut arena = vec![0; model.arena_bytes()];
    let mut session = Session::new(model, &mut arena)?;
    let mut rows = rows.iter().cycle();
    warmed_up(span, || {
        set_inputs(&mut session, rows.next().map_or(&[][..], |row| row))?;
        let start = Instant::now();
        session.run()?;
        Ok(start.elapsed().as_secs_f64() * 1e6)
    })
}

/// The results of runs, after a tenth as many that count for nothing.
fn warmed_up(span: Span, mut run: impl FnMut() -> Result<f64>) -> Result<Vec<f64>> {
    let warm_up = match span {
        Span::Runs(runs) => Span::Runs(runs / 10),
        Span::Time(time) => Span::Time(time / 10),
    };
    repeat(&mut run, warm_up)?;
    repeat(&mut run, span)
}

/// The results of as many runs as are asked for, or of one at least until the time is over.
fn repeat(run: &mut impl FnMut() -> Result<f64>, span: Span) -> Result<Vec<f64>> {
    match span {
        Span::Runs(runs) => (0..runs).map(|_| run()).collect(),
        Span::Time(time) => {
            let start = Instant::now();
            let mut times = vec![run()?];
            while start.elapsed() < time {
                times.push(run()?);
            }
            Ok(times)
        }
    }
}

/// The median microseconds of each kernel call, on the self-test's inputs.
fn measure_calls(model: &Model<'_>, runs: usize) -> Result<Vec<f64>> {
    let mut arena = vec![0; model.arena_bytes()];
    let mut session = Session::new(model, &mut arena)?;
    let inputs = generated(model);
    let mut times: Vec<Vec<f64>> = vec![Vec::with_capacity(runs); model.steps().count()];
    for run in 0..runs / 10 + runs {
        set_inputs(&mut session, &inputs)?;
        let (mut call, mut start) = (0, Instant::now());
        session.run_observed(|_, _| {
            if run >= runs / 10 {
                times[call].push(start.elapsed().as_secs_f64() * 1e6);
            }
            call += 1;
            start = Instant::now();
        })?;
    }
    let median = |mut times: Vec<f64>| {
        times.sort_by(f64::total_cmp);
        times.get(times.len() / 2).copied().unwrap_or(0.0)
    };
    Ok(times.into_iter().map(median).collect())
}

/// What each call takes, and its part of all.
fn breakdown(model: &Model<'_>, medians: &[f64]) -> String {
    let all: f64 = medians.iter().sum();
    let row = |(index, (step, us)): (usize, (sanderling_runtime::Step<'_>, &f64))| {
        vec![
            index.to_string(),
            step.kernel.name.to_string(),
            show::isa(step.kernel.isa),
            show::grouped(step.accesses.output.bytes.into()),
            format!("{us:.2}"),
            format!("{:.1}", 100.0 * us / all.max(f64::MIN_POSITIVE)),
        ]
    };
    let rows: Vec<Vec<String>> = model.steps().zip(medians).enumerate().map(row).collect();
    show::table(&["call", "kernel", "code", "output bytes", "median us", "%"], &rows)
}
