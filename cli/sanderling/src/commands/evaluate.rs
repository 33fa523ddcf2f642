//! `sanderling evaluate`

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use serde_json::{Map, Value, json};

use crate::show;

/// Measure a trained model on labelled data
#[derive(clap::Args)]
#[command(after_help = "Example:\n  sanderling evaluate model --data test.csv")]
pub struct Args {
    /// What `sanderling train` wrote
    model: PathBuf,
    /// Labelled data of the format of the training
    #[arg(long, value_name = "PATH")]
    data: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let metrics = sanderling_models::load(&args.model)?.evaluate(&args.data)?;
    if args.json {
        let object: Map<String, Value> = metrics.into_iter().map(|m| (m.name, json!(m.value))).collect();
        println!("{}", json!({ "metrics": object }));
    } else {
        let rows: Vec<Vec<String>> = metrics.into_iter().map(|m| vec![m.name, format!("{:.5}", m.value)]).collect();
        println!("{}", show::table(&["metric", "value"], &rows));
    }
    Ok(ExitCode::SUCCESS)
}
