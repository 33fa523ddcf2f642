//! `sanderling algorithms`

use std::process::ExitCode;

use anyhow::Result;
use sanderling_models::hyperparameters::{Default, Hyperparameter};
use sanderling_models::{ALGORITHMS, Algorithm};
use serde_json::{Value, json};

use crate::show;

/// List the built-in algorithms, or the channels and hyperparameters of one
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  sanderling algorithms\n  sanderling algorithms xgboost")]
pub struct Args {
    /// The algorithm to describe
    name: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let chosen = match &args.name {
        Some(name) => vec![sanderling_models::find(name)?],
        None => ALGORITHMS.to_vec(),
    };
    if args.json {
        println!("{}", json!({ "algorithms": chosen.iter().map(|a| describe(*a)).collect::<Vec<_>>() }));
    } else if args.name.is_some() {
        chosen.iter().for_each(|algorithm| println!("{}", text(*algorithm)));
    } else {
        let rows: Vec<Vec<String>> = chosen.iter().map(|a| vec![a.name().into(), a.about().into()]).collect();
        println!("{}", show::table(&["algorithm", "about"], &rows));
    }
    Ok(ExitCode::SUCCESS)
}

fn default(hyperparameter: &Hyperparameter) -> &'static str {
    match hyperparameter.default {
        Default::Required => "required",
        Default::Auto => "auto",
        Default::Is(value) => value,
    }
}

fn text(algorithm: &dyn Algorithm) -> String {
    let channel = |c: &sanderling_models::Channel| {
        vec![c.name.to_string(), if c.required { "yes" } else { "no" }.to_string(), c.about.to_string()]
    };
    let hyperparameter =
        |h: &Hyperparameter| vec![h.name.to_string(), default(h).to_string(), h.kind.to_string(), h.about.to_string()];
    format!(
        "{}: {}\n\n{}\n\n{}",
        algorithm.name(),
        algorithm.about(),
        show::table(&["channel", "required", "about"], &algorithm.channels().iter().map(channel).collect::<Vec<_>>()),
        show::table(
            &["hyperparameter", "default", "takes", "about"],
            &algorithm.hyperparameters().iter().map(hyperparameter).collect::<Vec<_>>()
        ),
    )
}

fn describe(algorithm: &dyn Algorithm) -> Value {
    let channels =
        algorithm.channels().iter().map(|c| json!({ "name": c.name, "required": c.required, "about": c.about }));
    let hyperparameters = algorithm
        .hyperparameters()
        .iter()
        .map(|h| json!({ "name": h.name, "default": default(h), "takes": h.kind.to_string(), "about": h.about }));
    json!({
        "name": algorithm.name(),
        "about": algorithm.about(),
        "channels": channels.collect::<Vec<_>>(),
        "hyperparameters": hyperparameters.collect::<Vec<_>>(),
    })
}
