//! Repository chores, run as `cargo xtask <command>`.
//!
//! They are Rust rather than shell so that they are type-checked, unit-tested and need nothing but the toolchain.

mod bench;
mod ci;
mod conformance;
mod header;
mod instructions;
mod mlperf;
mod process;
mod setup;
mod size;
mod soak;
mod test;
mod tidy;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Repository chores")]
struct Args {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Install emulators, cross compilers and Rust targets; whatever cannot be installed is skipped
    Setup {
        /// Also install the Python packages that `bench` compares with, into target/peers
        #[arg(long)]
        peers: bool,
    },
    /// Run every test of the workspace
    Test,
    /// Run every check that a change must pass
    Ci,
    /// Write anew what LiteRT computes in the integer models, for the tests of `conformance/`
    Conformance,
    /// Write the C header anew
    Header,
    /// Check the layering and the source rules of the workspace
    Tidy,
    /// Check flash, RAM, instructions and panics of the firmware against its bars
    Size {
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Measure, and print a table of our figures beside those of peers
    Bench(bench::Args),
    /// Count the instructions of an inference on 64-bit Arm, plain and with NEON
    Instructions,
    /// Run a long proof: `soak mutate`, `soak fuzz`; `--smoke` for a few seconds of it
    #[command(disable_help_flag = true)]
    Soak {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
}

fn main() -> Result<()> {
    match Args::parse().task {
        Task::Setup { peers } => {
            setup::run(peers);
            Ok(())
        }
        Task::Test => test::run(),
        Task::Ci => ci::run(),
        Task::Conformance => conformance::run(),
        Task::Header => header::run(),
        Task::Tidy => tidy::run(),
        Task::Size { json } => size::run(json),
        Task::Bench(args) => bench::run(&args),
        Task::Instructions => instructions::run(),
        Task::Soak { arguments } => soak::run(&arguments),
    }
}
