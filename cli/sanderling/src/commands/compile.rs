//! `sanderling compile`

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use indicatif::ProgressBar;
use sanderling_compile::{Compiled, Options, Report, compile_with};
use sanderling_import::ImportOptions;
use sanderling_ir::Module;
use sanderling_targets::Target;

use super::calibration;
use crate::show;

const EXAMPLES: &str = "Examples:
  sanderling compile kws.tflite --target nucleo-l4r5zi -o kws.sndl
  sanderling compile det.onnx --target host --shape x=1x3x320x320 -o det.sndl --json
  sanderling compile kws_float.tflite --quantize int8 --calibrate features.npz -o kws.sndl";

/// Compile a TFLite or ONNX model into an artifact for one target
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// A .tflite or .onnx file
    model: PathBuf,
    /// Where the artifact goes
    #[arg(short, long, value_name = "OUT.sndl")]
    output: PathBuf,
    /// What to compile for; `sanderling targets` lists them
    #[arg(long, default_value = "host")]
    target: String,
    /// The shape of an input whose file leaves it open, such as input=1x3x96x96
    #[arg(long = "shape", value_name = "NAME=1x2x3", value_parser = parse_shape)]
    shapes: Vec<(String, Vec<usize>)>,
    #[command(flatten)]
    calibration: calibration::Args,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// `input=1x3x96x96`
fn parse_shape(text: &str) -> Result<(String, Vec<usize>), String> {
    let (name, dims) = text.rsplit_once('=').ok_or("it should look like input=1x3x96x96")?;
    let dims =
        dims.split('x').map(|d| d.parse().map_err(|_| format!("{d} is not a number"))).collect::<Result<_, _>>()?;
    Ok((name.to_string(), dims))
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let target = sanderling_targets::find(&args.target)?;
    let bytes = sanderling_host::read(&args.model)?;
    let module = import(&bytes, &args.model, args.shapes.iter().cloned().collect())?;
    let options = Options { quantize: args.calibration.calibration(&module)? };
    let compiled = compile_module(&module, &args.model, &target, &options)?;
    sanderling_host::write_atomically(&args.output, &compiled.artifact)?;
    if args.json {
        println!("{}", serde_json::to_string(&compiled.report)?);
    } else {
        eprintln!("{}", summary(&compiled.report));
        eprintln!("wrote {}", args.output.display());
    }
    Ok(ExitCode::SUCCESS)
}

/// Imports and compiles the bytes of a model file; `path` gives the model its name.
pub fn compile(bytes: &[u8], path: &Path, target: &Target, shapes: BTreeMap<String, Vec<usize>>) -> Result<Compiled> {
    compile_module(&import(bytes, path, shapes)?, path, target, &Options::default())
}

fn import(bytes: &[u8], path: &Path, shapes: BTreeMap<String, Vec<usize>>) -> Result<Module> {
    let mut module =
        sanderling_import::import(bytes, &ImportOptions { shapes }).with_context(|| path.display().to_string())?;
    module.name = path.file_stem().map_or(String::new(), |stem| stem.to_string_lossy().into_owned());
    Ok(module)
}

fn compile_module(module: &Module, path: &Path, target: &Target, options: &Options) -> Result<Compiled> {
    let spinner = ProgressBar::new_spinner().with_message(format!("compiling {}", path.display()));
    spinner.enable_steady_tick(Duration::from_millis(200));
    let compiled = compile_with(module, target, options).with_context(|| path.display().to_string());
    spinner.finish_and_clear();
    compiled
}

/// The cost of every layer and of the whole.
pub fn summary(report: &Report) -> String {
    let measured = report.layers.iter().any(|l| l.sqnr_db.is_some());
    let rows: Vec<Vec<String>> = report
        .layers
        .iter()
        .map(|l| {
            let out = format!("{}[{}]", l.dtype, show::shape(&l.shape));
            let numbers = [l.macs, l.parameter_bytes, u64::from(l.live_bytes)].map(show::grouped);
            let noise = measured.then(|| l.sqnr_db.map_or(String::new(), |db| format!("{db:.1}")));
            [vec![shortened(&l.name), l.op.to_string(), out], numbers.to_vec(), noise.into_iter().collect()].concat()
        })
        .collect();
    let mut header = vec!["layer", "op", "output", "MACs", "parameters", "arena"];
    header.extend(measured.then_some("SQNR dB"));
    let kept: String = report.kept_float.iter().map(|layer| format!("\nstays real: {layer}")).collect();
    let bound = match report.arena_is_optimal {
        true => "no plan is smaller".to_string(),
        false => format!("lower bound {}", show::grouped(u64::from(report.arena_lower_bound_bytes))),
    };
    format!(
        "{}{kept}\n\nfor {}: artifact {} bytes, arena {} bytes ({bound}), stack {} bytes, {} MACs",
        show::table(&header, &rows),
        report.target,
        show::grouped(report.artifact_bytes as u64),
        show::grouped(u64::from(report.arena_bytes)),
        show::grouped(u64::from(report.stack_bytes)),
        show::grouped(report.macs),
    )
}

/// The end of a long name: files repeat the path of the scope at the front.
fn shortened(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    if chars.len() <= 40 {
        name.to_string()
    } else {
        format!("...{}", chars[chars.len() - 37..].iter().collect::<String>())
    }
}
