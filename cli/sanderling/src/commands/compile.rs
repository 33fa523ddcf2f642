//! `sanderling compile`

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use sanderling_compile::{Compiled, Options, Progress, Weights, compile_with};
use sanderling_import::ImportOptions;
use sanderling_ir::{Module, Tensor};
use sanderling_targets::Target;

use super::{calibration, summary::summary};

const EXAMPLES: &str = "Examples:
  sanderling compile kws.tflite --target nucleo-l4r5zi -o kws.sndl
  sanderling compile boosted.json -o boosted.sndl   # XGBoost; MODEL_DIR of `sanderling train` and LightGBM's text too
  sanderling compile det.onnx --target host --shape x=1x3x320x320 -o det.sndl --json
  sanderling compile kws_float.tflite --weights f16 -o kws.sndl
  sanderling compile MODEL_DIR --target nucleo-l4r5zi --quantize int8 -o model.sndl   # a network that was trained here
  sanderling compile kws_float.tflite --quantize int8 --calibrate features.npz -o kws.sndl --report kws.html";

/// Calibrations that take longer show how far they are.
const PATIENCE: Duration = Duration::from_secs(1);

/// Compile a model into an artifact for one target
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// A file of TFLite, ONNX, XGBoost (JSON, UBJSON) or LightGBM, or a folder that `sanderling train` wrote
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
    /// Round the weights that stay real to two bytes each; half the size, and the layers compute in f32 as before
    #[arg(long, value_enum, value_name = "TYPE")]
    weights: Option<WeightsArg>,
    #[command(flatten)]
    calibration: calibration::Args,
    /// Where a page about the result goes: arena over time, cost and noise of each layer, fusions, accuracy
    #[arg(long, value_name = "OUT.html")]
    report: Option<PathBuf>,
    /// Threads that run the calibration samples; RAYON_NUM_THREADS or all cores without it. The artifact is the same
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// What weights are rounded to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum WeightsArg {
    /// 11 significant bits, up to 65504
    F16,
    /// 8 significant bits, as large as f32
    Bf16,
}

impl From<WeightsArg> for Weights {
    fn from(weights: WeightsArg) -> Weights {
        match weights {
            WeightsArg::F16 => Weights::F16,
            WeightsArg::Bf16 => Weights::Bf16,
        }
    }
}

/// `input=1x3x96x96`
pub fn parse_shape(text: &str) -> Result<(String, Vec<usize>), String> {
    let (name, dims) = text.rsplit_once('=').ok_or("it should look like input=1x3x96x96")?;
    let dims =
        dims.split('x').map(|d| d.parse().map_err(|_| format!("{d} is not a number"))).collect::<Result<_, _>>()?;
    Ok((name.to_string(), dims))
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let target = sanderling_targets::find(&args.target)?;
    ensure!(args.report.as_ref() != Some(&args.output), "--report and --output name the same file");
    let (module, kept) = if args.model.is_dir() {
        ensure!(args.shapes.is_empty(), "{} is a trained model, whose shapes are fixed", args.model.display());
        trained(&args.model)?
    } else {
        (import(&sanderling_host::read(&args.model)?, &args.model, args.shapes.iter().cloned().collect())?, Vec::new())
    };
    let options = Options {
        quantize: args.calibration.calibration(&module, kept)?,
        weights: args.weights.map(Weights::from),
        ..Options::default()
    };
    let threads = rayon::ThreadPoolBuilder::new().num_threads(usize::from(args.threads.unwrap_or(0)));
    let compiled = threads.build()?.install(|| compile_module(&module, &args.model, &target, options))?;
    let page = args.report.as_deref().map(|path| (path, compiled.report.html()));
    let mut files = vec![(args.output.as_path(), compiled.artifact.as_slice())];
    files.extend(page.iter().map(|(path, page)| (*path, page.as_bytes())));
    sanderling_host::write_together(&files)?;
    if args.json {
        println!("{}", serde_json::to_string(&compiled.report)?);
    } else {
        eprintln!("{}", summary(&compiled.report));
        for (path, _) in files {
            eprintln!("wrote {}", path.display());
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Imports and compiles the bytes of a model file; `path` gives the model its name.
pub fn compile(bytes: &[u8], path: &Path, target: &Target, shapes: BTreeMap<String, Vec<usize>>) -> Result<Compiled> {
    compile_module(&import(bytes, path, shapes)?, path, target, Options::default())
}

/// Imports the bytes of a model file; `path` gives the model its name.
pub fn import(bytes: &[u8], path: &Path, shapes: BTreeMap<String, Vec<usize>>) -> Result<Module> {
    let mut module =
        sanderling_import::import(bytes, &ImportOptions { shapes }).with_context(|| path.display().to_string())?;
    module.name = path.file_stem().map_or(String::new(), |stem| stem.to_string_lossy().into_owned());
    Ok(module)
}

/// The graph of what `sanderling train` wrote, and the samples of its training that it keeps.
fn trained(folder: &Path) -> Result<(Module, Vec<Vec<Tensor>>)> {
    let trained = sanderling_models::load(folder)?;
    let mut module = trained.lower().with_context(|| folder.display().to_string())?;
    module.name = folder.file_name().map_or(String::new(), |name| name.to_string_lossy().into_owned());
    Ok((module, trained.samples()))
}

/// Compiles a graph and shows how far it is; `path` is what people call it.
pub fn compile_module(module: &Module, path: &Path, target: &Target, options: Options) -> Result<Compiled> {
    let spinner = super::spinner(format!("compiling {}", path.display()));
    let options = Options { progress: progress(spinner.clone()), ..options };
    let compiled = compile_with(module, target, &options).with_context(|| path.display().to_string());
    spinner.finish_and_clear();
    compiled
}

/// Turns a spinner into a bar once the runs of the samples have taken a second.
fn progress(bar: ProgressBar) -> Progress {
    let style = ProgressStyle::with_template("{msg}: {wide_bar} {pos} of {len} runs of samples, {eta} left");
    Progress::new(move |done, all| {
        if bar.elapsed() < PATIENCE {
            return;
        }
        if bar.length().is_none() {
            bar.set_length(all as u64);
            style.iter().for_each(|style| bar.set_style(style.clone()));
        }
        bar.set_position(done as u64);
    })
}
