//! `sanderling evaluate`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use sanderling_format::Element;
use sanderling_models::{Labelled, Metric, Trained};
use sanderling_runtime::{Model, Session};
use serde_json::{Map, Value, json};

use super::{BackendArg, with_model};
use crate::{qemu, show};

const EXAMPLES: &str = "Examples:
  sanderling evaluate model --data test.csv
  sanderling evaluate model --data t10k-images-idx3-ubyte.gz --artifact int8.sndl";

/// Measure a trained model on labelled data, and what was compiled from it
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// What `sanderling train` wrote
    model: PathBuf,
    /// Labelled data of the format of the training
    #[arg(long, value_name = "PATH")]
    data: PathBuf,
    /// An artifact of this model (image-classification), to find its accuracy too
    #[arg(long, value_name = "MODEL.sndl")]
    artifact: Option<PathBuf>,
    /// Where the artifact runs
    #[arg(long, value_enum, default_value = "auto", requires = "artifact")]
    backend: BackendArg,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let trained = sanderling_models::load(&args.model)?;
    let bar = super::spinner(format!("evaluating {}", args.model.display()));
    let mut metrics = trained.evaluate(&args.data)?;
    if let Some(path) = &args.artifact {
        bar.set_message(format!("evaluating {}", path.display()));
        metrics.extend(of_artifact(&*trained, args, path)?);
    }
    bar.finish_and_clear();
    if args.json {
        let object: Map<String, Value> = metrics.into_iter().map(|m| (m.name, json!(m.value))).collect();
        println!("{}", json!({ "metrics": object }));
    } else {
        let rows: Vec<Vec<String>> = metrics.into_iter().map(|m| vec![m.name, format!("{:.5}", m.value)]).collect();
        println!("{}", show::table(&["metric", "value"], &rows));
    }
    Ok(ExitCode::SUCCESS)
}

/// The accuracy of an artifact.
fn of_artifact(trained: &dyn Trained, args: &Args, path: &Path) -> Result<Vec<Metric>> {
    let data = trained.labelled(&args.data)?;
    let data = data.with_context(|| format!("{}: only networks are compared with artifacts", args.model.display()))?;
    let kernels = if args.backend == BackendArg::Qemu { BackendArg::Scalar } else { args.backend }.kernels()?;
    with_model(path, kernels, |model| {
        let inputs = stored(model, &data).with_context(|| path.display().to_string())?;
        let outputs = match args.backend {
            BackendArg::Qemu => qemu::run(path, &inputs.concat())?.outputs,
            _ => {
                let mut arena = vec![0; model.arena_bytes()];
                let mut session = Session::new(model, &mut arena)?;
                let mut outputs = Vec::new();
                for input in &inputs {
                    session.input(0)?.copy_from_slice(input);
                    session.run()?;
                    outputs.extend_from_slice(session.output(0)?);
                }
                outputs
            }
        };
        let record = model.outputs().next().context("the artifact has no output")?.record;
        let scores = outputs.chunks_exact(record.region.bytes as usize);
        let right = scores.zip(&data.labels).filter(|(scores, label)| best(record.element, scores) == **label).count();
        Ok(vec![Metric::new("artifact:accuracy", right as f64 / data.labels.len() as f64)])
    })
}

/// The first index of the largest score.
fn best(element: Element, scores: &[u8]) -> usize {
    let scores: Vec<f32> = match element {
        Element::F32 => scores.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect(),
        _ => scores.iter().map(|&b| f32::from(b as i8)).collect(),
    };
    (0..scores.len()).rev().max_by(|&a, &b| scores[a].total_cmp(&scores[b])).unwrap_or(0)
}

/// The bytes of every input for an artifact, in its quantization if it has one.
pub fn stored(model: &Model<'_>, data: &Labelled) -> Result<Vec<Vec<u8>>> {
    let record = model.inputs().next().context("the artifact has no input")?.record;
    let elements = record.region.bytes / record.element.bytes();
    ensure!(
        model.inputs().count() == 1
            && model.outputs().count() == 1
            && matches!(record.element, Element::F32 | Element::I8)
            && data.inputs.iter().all(|values| values.len() == elements as usize),
        "the artifact is none of this model"
    );
    let quantized = |v: f32| ((v / record.scale).round() as i32 + record.zero_point).clamp(-128, 127) as i8;
    let bytes = |values: &Vec<f32>| match record.element {
        Element::F32 => values.iter().flat_map(|v| v.to_le_bytes()).collect(),
        _ => values.iter().map(|&v| quantized(v) as u8).collect(),
    };
    Ok(data.inputs.iter().map(bytes).collect())
}
