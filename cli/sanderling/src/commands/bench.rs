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
#[command(after_help = "Example:\n  sanderling bench kws.sndl --runs 1000")]
pub struct Args {
    artifact: PathBuf,
    #[arg(long, value_enum, default_value = "auto")]
    backend: BackendArg,
    /// How often to run the model, after a tenth as many runs to warm up
    #[arg(long, default_value_t = 200)]
    runs: usize,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    with_model(&args.artifact, args.backend.kernels()?, |model| {
        let mut times = measure(model, args.runs.max(1))?;
        times.sort_by(f64::total_cmp);
        let (median, least) = (times[times.len() / 2], times[0]);
        if args.json {
            let kernels = model
                .steps()
                .map(|s| json!({ "kernel": s.kernel.name, "isa": format!("{:?}", s.kernel.isa).to_lowercase() }));
            let kernels: Vec<_> = kernels.collect();
            println!("{}", json!({ "median_us": median, "min_us": least, "runs": times.len(), "calls": kernels }));
        } else {
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
