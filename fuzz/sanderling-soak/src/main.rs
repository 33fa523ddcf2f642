//! Long proofs that broken artifacts do no harm, run as `cargo xtask soak`.

mod campaign;
mod fault;
mod fuzz;
mod memory;
mod mutate;
mod trial;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::{Parser, Subcommand};
use sanderling_soak::{models, targets};
use serde::Serialize;

use campaign::Plan;

#[derive(Parser)]
#[command(name = "cargo xtask soak", about = "Long proofs that broken artifacts do no harm")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Change artifacts, make their hashes right again, and run what still parses in a guarded arena
    Mutate {
        /// Artifacts to make
        #[arg(long, default_value_t = 1_000_000)]
        count: u64,
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Stop after so many seconds
        #[arg(long)]
        seconds: Option<u64>,
        #[arg(long, default_value_t = 2)]
        threads: usize,
        /// Run this artifact alone
        #[arg(long)]
        only: Option<u64>,
        /// A few seconds with a fixed seed and without the public data, as CI does
        #[arg(long)]
        smoke: bool,
        /// Keep the counts in this file
        #[arg(long)]
        record: Option<PathBuf>,
    },
    /// Build the fuzz targets and run them one after another
    Fuzz {
        /// One target alone
        #[arg(value_parser = targets::ALL.map(|(name, _)| name))]
        target: Option<String>,
        /// Seconds for each target
        #[arg(long, default_value_t = 300)]
        seconds: u64,
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// A second for each target with a fixed seed
        #[arg(long)]
        smoke: bool,
        /// Keep the counts in this file
        #[arg(long)]
        record: Option<PathBuf>,
    },
}

fn main() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let data = env::var_os("SANDERLING_DATA").map(PathBuf::from);
    match Arguments::parse().task {
        Task::Mutate { count, seed, seconds, threads, only, smoke, record } => {
            let (data, count, seed) = if smoke { (None, 20_000, 1) } else { (data, count, seed) };
            let seconds = if smoke { Some(8) } else { seconds };
            let models = models::all(&root, data.as_deref())?;
            let limit = seconds.map(Duration::from_secs);
            let plan = Plan { count, seed, limit, threads: threads.clamp(1, fault::WORKERS) };
            if let Some(index) = only {
                return campaign::only(&plan, &models, index);
            }
            let counts = campaign::run(&plan, &models)?;
            finish(&counts, record)?;
            ensure!(counts.faults.is_empty(), "{}", counts.faults.join("\n"));
            Ok(())
        }
        Task::Fuzz { target, seconds, seed, smoke, record } => {
            let (seconds, seed) = if smoke { (1, 1) } else { (seconds, seed) };
            let names = targets::ALL.map(|(name, _)| name);
            let chosen: Vec<&str> = names.into_iter().filter(|n| target.as_ref().is_none_or(|t| t == n)).collect();
            finish(&fuzz::run(&root, &chosen, seconds, seed)?, record)
        }
    }
}

/// Prints the counts, and keeps them.
fn finish(counts: &impl Serialize, record: Option<PathBuf>) -> Result<()> {
    let text = serde_json::to_string_pretty(counts)?;
    println!("{text}");
    match record {
        Some(path) => fs::write(&path, text + "\n").with_context(|| format!("cannot write {}", path.display())),
        None => Ok(()),
    }
}
