//! `sanderling run`

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use sanderling_host::{Array, Backend, bind, kernels, read_npz, run_rows, write_npz};
use sanderling_runtime::{Model, Session};
use serde_json::json;

use super::{BackendArg, with_model};
use crate::{qemu, show};

const EXAMPLES: &str = "Examples:
  sanderling run kws.sndl --input features.npz --output scores.npz
  sanderling run kws.sndl --input features.npz --output scores.npz --backend qemu
  sanderling run kws-wgpu.sndl --input features.npz --output scores.npz --backend gpu";

/// Run an artifact on arrays of a .npz file
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    artifact: PathBuf,
    /// Arrays by input name, in the model's own types; a leading dimension runs row by row
    #[arg(long, value_name = "IN.npz")]
    input: PathBuf,
    /// Where the arrays by output name go
    #[arg(long, value_name = "OUT.npz")]
    output: PathBuf,
    #[arg(long, value_enum, default_value = "auto")]
    backend: BackendArg,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let arrays = read_npz(&args.input)?;
    let (outputs, traces) = match args.backend {
        BackendArg::Qemu => on_qemu(args, &arrays)?,
        #[cfg(feature = "gpu")]
        BackendArg::Gpu => (on_gpu(args, &arrays)?, Vec::new()),
        _ => (on_host(args, &arrays)?, Vec::new()),
    };
    write_npz(&args.output, &outputs)?;
    if args.json {
        let described = outputs.iter().map(|a| json!({ "name": a.name, "shape": a.shape }));
        let mut object = json!({ "outputs": described.collect::<Vec<_>>() });
        if args.backend == BackendArg::Qemu {
            object["traces"] = json!(traces);
        }
        println!("{object}");
    } else {
        for array in &outputs {
            eprintln!("{} {}", array.name, show::shape(&array.shape));
        }
        eprintln!("wrote {}", args.output.display());
    }
    Ok(ExitCode::SUCCESS)
}

fn on_host(args: &Args, arrays: &[Array]) -> Result<Vec<Array>> {
    with_model(&args.artifact, args.backend.kernels()?, |model| {
        let mut arena = vec![0; model.arena_bytes()];
        let mut session = Session::new(model, &mut arena)?;
        run_rows(&mut session, arrays).with_context(|| args.input.display().to_string())
    })
}

#[cfg(feature = "gpu")]
fn on_gpu(args: &Args, arrays: &[Array]) -> Result<Vec<Array>> {
    super::gpu::with_session(&args.artifact, |_, session| {
        super::gpu::run_rows(session, arrays).with_context(|| args.input.display().to_string())
    })
}

/// The outputs, and a digest of what all kernel calls wrote for each row.
fn on_qemu(args: &Args, arrays: &[Array]) -> Result<(Vec<Array>, Vec<String>)> {
    with_model(&args.artifact, kernels(Backend::Scalar), |model| {
        let samples = samples(model, arrays).with_context(|| args.input.display().to_string())?;
        let (_, rows) = bind(model, arrays)?;
        let report = qemu::run(&args.artifact, &samples.concat())?;
        Ok((sanderling_host::stack(model, rows, &report.outputs), report.traces))
    })
}

/// The bytes of the inputs of each row, one behind another.
pub fn samples(model: &Model<'_>, arrays: &[Array]) -> Result<Vec<Vec<u8>>> {
    let (bound, rows) = bind(model, arrays)?;
    let sizes: Vec<usize> = model.inputs().map(|io| io.record.region.bytes as usize).collect();
    let row = |row: usize| bound.iter().zip(&sizes).flat_map(|(a, &n)| a.data[row * n..][..n].to_vec()).collect();
    Ok((0..rows.count()).map(row).collect())
}
