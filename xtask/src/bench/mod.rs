//! `cargo xtask bench TABLE`: our figures beside those of peers.
//!
//! A table is a file here and a line in [`TABLES`]. What a table needs is in [`Bench`]: the command line to measure, a
//! folder for artifacts, the peers.

mod case;
mod check;
mod cli;
mod data;
mod forest;
mod images;
mod latency;
mod machine;
mod mcu;
mod memory;
pub mod peers;
mod row;
mod trainers;
mod trees;

use std::fs;

use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressStyle};
use tempfile::TempDir;

use crate::process;
use cli::Cli;
use row::{Row, Table};

/// Name, what it shows, and the function that fills it.
type Entry = (&'static str, &'static str, fn(&Bench) -> Result<Vec<Row>>);

const TABLES: [Entry; 7] = [
    ("mcu", "instructions, stack, arena and flash on an emulated Cortex-M4, beside CMSIS-NN", mcu::rows),
    ("memory", "arena and artifact bytes, beside published figures and the lower bound", memory::rows),
    ("latency", "x86 latency of one thread, beside ONNX Runtime, tract and LiteRT in the same run", latency::rows),
    ("trees", "x86 latency of forests, one thread, beside XGBoost, LightGBM, Treelite and lleaves", trees::rows),
    ("trainers", "metric and seconds of training, beside scikit-learn and XGBoost", trainers::rows),
    (
        "data",
        "rows a second from files, one thread, beside pandas, pyarrow, scikit-learn and SageMaker's SDK",
        data::rows,
    ),
    (
        "images",
        "a residual network trained on Fashion-MNIST: accuracy and images a second, beside PyTorch",
        images::rows,
    ),
];

#[derive(clap::Args)]
#[command(after_help = tables())]
pub struct Args {
    /// Which table
    #[arg(value_parser = TABLES.map(|(name, ..)| name))]
    table: String,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// Also keep the result in bench/records, in a file of this machine
    #[arg(long)]
    record: bool,
}

/// What tables measure with.
pub struct Bench {
    pub cli: Cli,
    /// For artifacts and arrays; gone with the run.
    pub folder: TempDir,
    /// Whether figures are kept.
    pub record: bool,
}

impl Bench {
    /// A bar on standard error over so many cases.
    pub fn bar(&self, cases: usize) -> ProgressBar {
        let style = ProgressStyle::with_template("{bar:32} {pos}/{len} {elapsed} {msg}");
        ProgressBar::new(cases as u64).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
    }
}

pub fn run(args: &Args) -> Result<()> {
    let rows = TABLES.iter().find(|(name, ..)| *name == args.table).context("no such table")?.2;
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    let bench = Bench { cli: Cli::build()?, folder, record: args.record };
    let table = Table { table: args.table.clone(), machine: machine::describe(), rows: rows(&bench)? };
    if args.json {
        println!("{}", serde_json::to_string(&table)?);
    } else {
        println!("{}", table.text());
    }
    if args.record {
        record(&table)?;
    }
    Ok(())
}

/// One file a table and machine, so that a change of ours shows as a change of the file.
fn record(table: &Table) -> Result<()> {
    let folder = process::root().join("bench/records");
    let path = folder.join(format!("{}-{}.json", table.table, machine::slug(&table.machine)));
    let text = serde_json::to_string_pretty(table)? + "\n";
    fs::create_dir_all(&folder)
        .and_then(|()| fs::write(&path, text))
        .with_context(|| format!("cannot write {}", path.display()))?;
    eprintln!("wrote {}", path.display());
    Ok(())
}

fn tables() -> String {
    let lines: Vec<String> = TABLES.iter().map(|(name, what, _)| format!("  {name:<8} {what}")).collect();
    format!("Tables:\n{}\n\nExample:\n  cargo xtask bench latency --json", lines.join("\n"))
}
