//! `sanderling algorithms`

use std::process::ExitCode;

use anyhow::Result;
use sanderling_models::hyperparameters::{Default, Hyperparameter};
use sanderling_models::{ALGORITHMS, Card};
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
        Some(name) => vec![sanderling_models::find(name)?.card()],
        None => ALGORITHMS.iter().map(|algorithm| algorithm.card()).collect(),
    };
    if args.json {
        println!("{}", json!({ "algorithms": chosen.iter().map(|a| describe(a)).collect::<Vec<_>>() }));
    } else if args.name.is_some() {
        chosen.iter().for_each(|card| println!("{}", text(card)));
    } else {
        let rows: Vec<Vec<String>> = chosen.iter().map(|a| vec![a.name.into(), a.about.into()]).collect();
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

fn text(card: &Card) -> String {
    let channel = |c: &sanderling_models::Channel| {
        vec![c.name.to_string(), if c.required { "yes" } else { "no" }.to_string(), c.about.to_string()]
    };
    let hyperparameter =
        |h: &Hyperparameter| vec![h.name.to_string(), default(h).to_string(), h.kind.to_string(), h.about.to_string()];
    format!(
        "{}: {}\n\n{}\n\n{}",
        card.name,
        card.about,
        show::table(&["channel", "required", "about"], &card.channels.iter().map(channel).collect::<Vec<_>>()),
        show::table(
            &["hyperparameter", "default", "takes", "about"],
            &card.hyperparameters.iter().map(hyperparameter).collect::<Vec<_>>()
        ),
    )
}

fn describe(card: &Card) -> Value {
    let channels = card.channels.iter().map(|c| json!({ "name": c.name, "required": c.required, "about": c.about }));
    let hyperparameters = card
        .hyperparameters
        .iter()
        .map(|h| json!({ "name": h.name, "default": default(h), "takes": h.kind.to_string(), "about": h.about }));
    json!({
        "name": card.name,
        "about": card.about,
        "channels": channels.collect::<Vec<_>>(),
        "hyperparameters": hyperparameters.collect::<Vec<_>>(),
    })
}
