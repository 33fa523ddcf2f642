//! `sanderling train`

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressStyle};
use sanderling_models::{Event, Job, Metric, Observer};
use serde_json::{Map, Value, json};

/// Exit code for a training that was stopped; the model so far is kept.
const STOPPED: u8 = 130;

const EXAMPLES: &str = "Examples:
  sanderling train --algorithm xgboost --train train.csv --validation val.csv \\
      --hp objective=binary:logistic --hp num_round=100 -o model
  sanderling train --algorithm image-classification --train photographs --hp num_classes=3 -o model
  sanderling train --algorithm linear-learner --train rows.libsvm --hp predictor_type=regressor -o model
  sanderling train --algorithm xgboost --train parts --content-type application/x-recordio-protobuf \\
      --hp objective=reg:squarederror --hp num_round=100 -o model
Stop it with Ctrl-C and run the same command again to go on.";

/// Train a model with a built-in algorithm
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// `sanderling algorithms` lists them
    #[arg(long, value_name = "NAME")]
    algorithm: String,
    /// The training data, a file or a folder
    #[arg(long, value_name = "PATH")]
    train: PathBuf,
    /// Data to choose and to stop by
    #[arg(long, value_name = "PATH")]
    validation: Option<PathBuf>,
    /// Another channel of the algorithm
    #[arg(long = "channel", value_name = "NAME=PATH", value_parser = pair)]
    channels: Vec<(String, String)>,
    /// What rows are written in, where names and contents of files do not tell: `text/csv;label_size=1`, `text/libsvm`,
    /// `application/x-recordio-protobuf`, `application/jsonlines`, `application/x-parquet`; CHANNEL=TYPE for one channel
    #[arg(long = "content-type", value_name = "TYPE")]
    content_types: Vec<String>,
    /// A hyperparameter; `sanderling algorithms NAME` lists them
    #[arg(long = "hp", value_name = "KEY=VALUE", value_parser = pair)]
    hyperparameters: Vec<(String, String)>,
    /// Of all random choices: the same seed gives the same model
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// The folder of the model, made if it is not there
    #[arg(short, long, value_name = "MODEL_DIR")]
    output: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("it should look like key=value")?;
    Ok((key.to_string(), value.to_string()))
}

/// The content type of each channel. One for all channels comes first, so that one of a channel counts more.
fn content_types<'a>(given: &[String], channels: impl Iterator<Item = &'a String>) -> BTreeMap<String, String> {
    // The name of a channel has no slash, the name of a content type has one.
    let of =
        |text: &String| text.split_once('=').filter(|(key, _)| !key.contains('/')).map(|(k, v)| (k.into(), v.into()));
    let all: Vec<&String> = given.iter().filter(|text| of(text).is_none()).collect();
    let common = channels.flat_map(|channel| all.iter().map(|text| (channel.clone(), (*text).clone())));
    common.chain(given.iter().filter_map(of)).collect()
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let algorithm = sanderling_models::find(&args.algorithm)?;
    let mut channels: BTreeMap<String, PathBuf> =
        args.channels.iter().map(|(name, path)| (name.clone(), path.into())).collect();
    channels.insert("train".into(), args.train.clone());
    channels.extend(args.validation.iter().map(|path| ("validation".to_string(), path.clone())));
    let checkpoints = args.output.join("checkpoints");
    let job = Job {
        hyperparameters: args.hyperparameters.iter().cloned().collect(),
        content_types: content_types(&args.content_types, channels.keys()),
        channels,
        seed: args.seed,
        checkpoints: Some(checkpoints.clone()),
    };
    let is_new = !args.output.exists();
    let cancelled = Arc::new(AtomicBool::new(false));
    let flag = cancelled.clone();
    ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed)).context("cannot listen for Ctrl-C")?;
    let mut watch = Watch::new(cancelled)?;
    let trained = algorithm.train(&job, &mut watch);
    watch.clear();
    // A folder with nothing in it is removed again; one with a checkpoint stays.
    let _ = fs::remove_dir(&checkpoints);
    if trained.is_err() && is_new {
        let _ = fs::remove_dir(&args.output);
    }
    let shown = args.output.display();
    let trained = trained.with_context(|| format!("training {}", args.algorithm))?;
    fs::create_dir_all(&args.output).with_context(|| shown.to_string())?;
    trained.save(&args.output)?;
    let is_stopped = watch.is_cancelled();
    if args.json {
        println!("{}", json!({ "model": args.output, "metrics": watch.metrics, "stopped": is_stopped }));
    } else {
        eprintln!("wrote {shown}");
    }
    if is_stopped {
        eprintln!("stopped: {shown} has the model so far; run the same command again to go on");
        return Ok(ExitCode::from(STOPPED));
    }
    Ok(ExitCode::SUCCESS)
}

/// Shows a training and ends it when somebody sets the flag.
pub struct Watch {
    bar: ProgressBar,
    /// The last value of each metric.
    metrics: Map<String, Value>,
    cancelled: Arc<AtomicBool>,
}

impl Watch {
    pub fn new(cancelled: Arc<AtomicBool>) -> Result<Watch> {
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {elapsed}<{eta} {msg}")?;
        Ok(Watch { bar: ProgressBar::new(0).with_style(style), metrics: Map::new(), cancelled })
    }

    /// Takes the bar off the screen.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

impl Observer for Watch {
    fn event(&mut self, event: &Event) {
        match event {
            Event::Progress { done, total } => {
                self.bar.set_length(*total);
                self.bar.set_position(*done);
            }
            Event::Metric { metric: Metric { name, value }, .. } => {
                self.metrics.insert(name.clone(), json!(value));
                let shown = self.metrics.iter().map(|(name, value)| match value.as_f64() {
                    Some(value) => format!("{name} {value:.5}"),
                    None => format!("{name} -"),
                });
                self.bar.set_message(shown.collect::<Vec<_>>().join("  "));
            }
            Event::Resumed { epoch } => self.bar.println(format!("going on from the checkpoint after step {epoch}")),
            Event::EarlyStop { epoch } => self.bar.println(format!("stopped early after step {}", epoch + 1)),
            _ => {}
        }
    }

    fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }
}
