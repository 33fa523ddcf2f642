//! `sanderling inspect`

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use sanderling_host::numpy_name;
use sanderling_runtime::{Io, Model};
use serde_json::{Value, json};

use super::{BackendArg, with_model};
use crate::show;

/// Show what is in an artifact: inputs, outputs, kernel calls, memory, provenance
#[derive(clap::Args)]
#[command(after_help = "Example:\n  sanderling inspect kws.sndl")]
pub struct Args {
    artifact: PathBuf,
    /// Whose kernels to name
    #[arg(long, value_enum, default_value = "auto")]
    backend: BackendArg,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    with_model(&args.artifact, args.backend.kernels()?, |model| {
        if args.json {
            println!("{}", describe(model));
        } else {
            println!("{}", text(model));
        }
        Ok(ExitCode::SUCCESS)
    })
}

fn io_json(io: &Io<'_>) -> Value {
    json!({
        "name": io.name,
        "dtype": numpy_name(io.record.element),
        "shape": io.record.dims(),
        "scale": io.record.scale,
        "zero_point": io.record.zero_point,
        "offset": io.record.region.offset,
        "bytes": io.record.region.bytes,
    })
}

fn describe(model: &Model<'_>) -> Value {
    let steps = model.steps().map(|step| {
        json!({
            "kernel": step.kernel.name,
            "isa": format!("{:?}", step.kernel.isa).to_lowercase(),
            "output_offset": step.accesses.output.offset,
            "output_bytes": step.accesses.output.bytes,
            "scratch_bytes": step.accesses.scratch.bytes,
        })
    });
    json!({
        "arena_bytes": model.arena_bytes(),
        "stack_bytes": model.stack_bytes(),
        "macs": model.macs(),
        "constants_bytes": model.constants_bytes(),
        "inputs": model.inputs().map(|io| io_json(&io)).collect::<Vec<_>>(),
        "outputs": model.outputs().map(|io| io_json(&io)).collect::<Vec<_>>(),
        "calls": steps.collect::<Vec<_>>(),
        "provenance": serde_json::from_str::<Value>(model.provenance()).unwrap_or(Value::Null),
    })
}

fn text(model: &Model<'_>) -> String {
    let io = |kind: &str, io: Io<'_>| {
        let r = &io.record;
        let quant =
            if r.scale > 0.0 { format!(", scale {} zero point {}", r.scale, r.zero_point) } else { String::new() };
        format!("{kind} {}: {}[{}]{quant}", io.name, numpy_name(r.element), show::shape(r.dims()))
    };
    let interface = model.inputs().map(|i| io("input", i)).chain(model.outputs().map(|o| io("output", o)));
    let rows: Vec<Vec<String>> = model
        .steps()
        .enumerate()
        .map(|(index, step)| {
            let a = &step.accesses;
            let input = a.reads[0];
            vec![
                index.to_string(),
                step.kernel.name.to_string(),
                format!("{:?}", step.kernel.isa).to_lowercase(),
                format!("{}+{}", input.start(), input.bytes),
                format!("{}+{}", a.output.offset, a.output.bytes),
                format!("{}+{}", a.scratch.offset, a.scratch.bytes),
            ]
        })
        .collect();
    format!(
        "{}\n\n{}\n\narena {} bytes, stack {} bytes, constants {} bytes, {} MACs\n{}",
        interface.collect::<Vec<_>>().join("\n"),
        show::table(&["call", "kernel", "code", "input at", "output at", "scratch at"], &rows),
        show::grouped(model.arena_bytes() as u64),
        show::grouped(model.stack_bytes() as u64),
        show::grouped(model.constants_bytes() as u64),
        show::grouped(model.macs()),
        model.provenance(),
    )
}
