//! `sanderling verify`

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use sanderling_runtime::Session;
use serde_json::json;

use super::{BackendArg, with_model};
use crate::{qemu, show};

/// Exit code for a self-test that failed.
const DIFFERENT: u8 = 3;

/// Run an artifact's self-test: does this backend compute what the compiler computed?
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  sanderling verify kws.sndl\n  sanderling verify kws.sndl --backend qemu --json\n  sanderling verify kws-wgpu.sndl --backend gpu"
)]
pub struct Args {
    artifact: PathBuf,
    #[arg(long, value_enum, default_value = "auto")]
    backend: BackendArg,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let passed = match args.backend {
        BackendArg::Qemu => on_qemu(args)?,
        #[cfg(feature = "gpu")]
        BackendArg::Gpu => on_gpu(args)?,
        _ => on_host(args)?,
    };
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::from(DIFFERENT) })
}

fn on_host(args: &Args) -> Result<bool> {
    with_model(&args.artifact, args.backend.kernels()?, |model| {
        let mut arena = vec![0; model.arena_bytes()];
        let mut session = Session::new(model, &mut arena)?;
        let result = session.self_test();
        let (digest, trace) = session.digests(model.golden().seed)?;
        if args.json {
            let object = json!({
                "passed": result.is_ok(),
                "digest": format!("{digest:016x}"),
                "trace": format!("{trace:016x}"),
                "arena_bytes": model.arena_bytes(),
            });
            println!("{object}");
        } else {
            match result {
                Ok(()) => eprintln!("passed: outputs {digest:016x}, every layer {trace:016x}"),
                Err(error) => eprintln!("failed: {error}"),
            }
        }
        Ok(result.is_ok())
    })
}

#[cfg(feature = "gpu")]
fn on_gpu(args: &Args) -> Result<bool> {
    super::gpu::with_session(&args.artifact, |gpu, session| {
        let result = session.self_test()?;
        let (digest, trace) = session.digests(session.model().golden().seed)?;
        if args.json {
            let object = json!({
                "passed": result.is_ok(),
                "digest": format!("{digest:016x}"),
                "trace": format!("{trace:016x}"),
                "arena_bytes": session.model().arena_bytes(),
                "device": gpu.name(),
            });
            println!("{object}");
        } else {
            match result {
                Ok(()) => eprintln!("passed on {}: outputs {digest:016x}, every layer {trace:016x}", gpu.name()),
                Err(error) => eprintln!("failed on {}: {error}", gpu.name()),
            }
        }
        Ok(result.is_ok())
    })
}

fn on_qemu(args: &Args) -> Result<bool> {
    let report = qemu::run(&args.artifact, &[])?;
    let passed = report.self_test == "passed";
    if args.json {
        let object = json!({
            "passed": passed,
            "digest": report.digest,
            "trace": report.trace,
            "arena_bytes": report.arena_bytes,
            "instructions": report.instructions,
            "call_instructions": report.call_instructions,
            "stack_high_water_bytes": report.stack_high_water_bytes,
        });
        println!("{object}");
    } else {
        eprintln!(
            "{}: outputs {}, every layer {}\n{} instructions, stack {} bytes, arena {} bytes",
            report.self_test,
            report.digest,
            report.trace,
            show::grouped(report.instructions),
            show::grouped(report.stack_high_water_bytes),
            show::grouped(report.arena_bytes),
        );
    }
    Ok(passed)
}
