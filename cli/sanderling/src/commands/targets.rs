//! `sanderling targets`

use std::process::ExitCode;

use anyhow::Result;

use crate::show;

/// List what models can be compiled for
#[derive(clap::Args)]
pub struct Args {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let targets = sanderling_targets::all();
    if args.json {
        println!("{}", serde_json::json!({ "targets": targets }));
        return Ok(ExitCode::SUCCESS);
    }
    let memory = |bytes: Option<u64>| bytes.map_or("-".to_string(), show::grouped);
    let rows: Vec<Vec<String>> =
        targets.into_iter().map(|t| vec![t.name, memory(t.ram_bytes), memory(t.flash_bytes), t.about]).collect();
    println!("{}", show::table(&["target", "RAM", "flash", "about"], &rows));
    Ok(ExitCode::SUCCESS)
}
