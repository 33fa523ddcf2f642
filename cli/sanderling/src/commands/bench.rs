//! `sanderling bench`

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;
use sanderling_runtime::{Model, Session};
use serde_json::json;

use super::{BackendArg, with_model};
use crate::show;

/// Measure the latency of an artifact on this machine, one thread
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  sanderling bench kws.sndl --runs 1000\n  sanderling bench kws.sndl --calls")]
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
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    with_model(&args.artifact, args.backend.kernels()?, |model| {
        let mut times = measure(model, args.runs.max(1))?;
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

/// Microseconds of each run, on the self-test's inputs.
pub fn measure(model: &Model<'_>, runs: usize) -> Result<Vec<f64>> {
    let mut arena = vec![0; model.arena_bytes()];
    let mut session = Session::new(model, &mut arena)?;
    session.digests(model.golden().seed)?;
    for _ in 0..runs / 10 {
        session.run()?;
    }
    let mut times = Vec::with_capacity(runs);
    for _ in 0..runs {
        let start = Instant::now();
        session.run()?;
        times.push(start.elapsed().as_secs_f64() * 1e6);
    }
    Ok(times)
}

/// The median microseconds of each kernel call, on the self-test's inputs.
fn measure_calls(model: &Model<'_>, runs: usize) -> Result<Vec<f64>> {
    let mut arena = vec![0; model.arena_bytes()];
    let mut session = Session::new(model, &mut arena)?;
    session.digests(model.golden().seed)?;
    let mut times: Vec<Vec<f64>> = vec![Vec::with_capacity(runs); model.steps().count()];
    for run in 0..runs / 10 + runs {
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
