//! `sanderling inspect`

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use sanderling_format::{Header, Kind, READS, Region, VERSION};
use sanderling_host::numpy_name;
use sanderling_runtime::{Io, Model, Step};
use serde_json::{Value, json};

use super::{BackendArg, compile, graph};
use crate::show;

const EXAMPLES: &str = "Examples:
  sanderling inspect kws.sndl
  sanderling inspect kws.tflite --optimized";

/// Show what is in an artifact (sections, kernel calls, memory, provenance), or the graph of a model file
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// A .sndl, .tflite or .onnx file
    file: PathBuf,
    /// Whose kernels to name
    #[arg(long, value_enum, default_value = "auto")]
    backend: BackendArg,
    /// Of a model file: the graph after all passes, not as it was imported
    #[arg(long)]
    optimized: bool,
    /// Of a model file: constants in full, so that the text can be read back
    #[arg(long)]
    constants: bool,
    /// Of a model file: the shape of an input that the file leaves open, such as input=1x3x96x96
    #[arg(long = "shape", value_name = "NAME=1x2x3", value_parser = compile::parse_shape)]
    shapes: Vec<(String, Vec<usize>)>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let bytes = sanderling_host::read(&args.file)?;
    if !bytes.starts_with(b"SNDL") {
        let module = compile::import(&bytes, &args.file, args.shapes.iter().cloned().collect())?;
        graph::show(module, args.optimized, args.constants, args.json)?;
        return Ok(ExitCode::SUCCESS);
    }
    let is_gpu = args.backend == BackendArg::Gpu;
    // On a GPU the plain kernels still say what every call touches.
    let kernels = if is_gpu { BackendArg::Scalar.kernels()? } else { args.backend.kernels()? };
    let model = Model::parse(&bytes, kernels).with_context(|| args.file.display().to_string())?;
    let header = Header::read(&bytes)?;
    let has_shaders = header.section(Kind::Shaders).bytes > 0;
    ensure!(
        !is_gpu || has_shaders,
        "the artifact was compiled for {} and has no shaders: compile the model with --target wgpu",
        model.target()
    );
    let code = |step: &Step<'_>| if is_gpu { "wgsl".to_string() } else { show::isa(step.kernel.isa) };
    if args.json {
        println!("{}", describe(&model, &header, &code));
    } else {
        println!("{}", text(&model, &header, &code));
    }
    Ok(ExitCode::SUCCESS)
}

/// The parts of the file: name, offset, bytes.
fn sections(header: &Header) -> Vec<(&'static str, u32, u32)> {
    let all = Kind::ALL.iter().map(|&(kind, name)| (name, header.section(kind).offset, header.section(kind).bytes));
    all.collect()
}

/// `offset+bytes`, of the arena, or with a c of the constants.
fn place(region: &Region) -> String {
    format!("{}{}+{}", if region.is_constant() { "c" } else { "" }, region.start(), region.bytes)
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

/// What a call runs.
type Code<'c> = &'c dyn Fn(&Step<'_>) -> String;

fn describe(model: &Model<'_>, header: &Header, code: Code<'_>) -> Value {
    let steps = model.steps().map(|step| {
        json!({
            "kernel": step.kernel.name,
            "isa": code(&step),
            "partial": step.call.partial,
            "reads": reads(&step).map(|r| json!({ "constant": r.is_constant(), "offset": r.start(), "bytes": r.bytes })).collect::<Vec<_>>(),
            "output_offset": step.accesses.output.offset,
            "output_bytes": step.accesses.output.bytes,
            "scratch_offset": step.accesses.scratch.offset,
            "scratch_bytes": step.accesses.scratch.bytes,
            "in_place": (0..READS).any(|read| step.accesses.is_in_place(read)),
        })
    });
    let sections = sections(header).into_iter();
    let sections: Vec<Value> =
        sections.map(|(name, offset, bytes)| json!({ "name": name, "offset": offset, "bytes": bytes })).collect();
    json!({
        "format": VERSION,
        "sections": sections,
        "state_bytes": header.state_bytes,
        "golden": {
            "seed": header.golden.seed,
            "outputs": format!("{:016x}", header.golden.outputs),
            "trace": format!("{:016x}", header.golden.trace),
        },
        "target": model.target(),
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

fn text(model: &Model<'_>, header: &Header, code: Code<'_>) -> String {
    let io = |kind: &str, io: Io<'_>| {
        let r = &io.record;
        let quant =
            if r.scale > 0.0 { format!(", scale {} zero point {}", r.scale, r.zero_point) } else { String::new() };
        let at = place(&r.region);
        format!("{kind} {}: {}[{}]{quant}, at {at}", io.name, numpy_name(r.element), show::shape(r.dims()))
    };
    let interface = model.inputs().map(|i| io("input", i)).chain(model.outputs().map(|o| io("output", o)));
    let section = |(name, offset, bytes): (&str, u32, u32)| {
        vec![name.to_string(), show::grouped(offset.into()), show::grouped(bytes.into())]
    };
    format!(
        "artifact of format {VERSION}\n\n{}\n\n{}\n\n{}\n\nfor {}: arena {} bytes, of these states {}; stack {} bytes, constants {} bytes, {} MACs\n{}",
        interface.collect::<Vec<_>>().join("\n"),
        show::table(&["section", "offset", "bytes"], &sections(header).into_iter().map(section).collect::<Vec<_>>()),
        calls(model, code),
        model.target(),
        show::grouped(model.arena_bytes() as u64),
        show::grouped(header.state_bytes.into()),
        show::grouped(model.stack_bytes() as u64),
        show::grouped(model.constants_bytes() as u64),
        show::grouped(model.macs()),
        model.provenance(),
    )
}

/// The program and its places in the arena.
fn calls(model: &Model<'_>, code: Code<'_>) -> String {
    let row = |(index, step): (usize, Step<'_>)| {
        vec![
            index.to_string(),
            step.kernel.name.to_string(),
            code(&step),
            reads(&step).map(place).collect::<Vec<_>>().join(" "),
            place(&step.accesses.output),
            if step.accesses.scratch.bytes > 0 { place(&step.accesses.scratch) } else { "-".to_string() },
        ]
    };
    let rows: Vec<Vec<String>> = model.steps().enumerate().map(row).collect();
    show::table(&["call", "kernel", "code", "reads (c: constants)", "output at", "scratch at"], &rows)
}

/// What a call reads.
fn reads<'s>(step: &'s Step<'_>) -> impl Iterator<Item = &'s Region> {
    step.accesses.reads.iter().filter(|region| region.bytes > 0)
}
