//! `sanderling`: trains models, compiles them for edge devices, runs, measures and verifies them.
//!
//! Text for people goes to standard error, results to standard output; with `--json` the result is one JSON object.

mod commands;
mod qemu;
mod show;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use commands::{algorithms, bench, compile, demo, evaluate, inspect, run, targets, train, verify};

/// What the exit codes mean, for `--help`.
const EXIT_CODES: &str = "Exit codes:
  0  done
  1  it could not be done; standard error says why
  2  the command line makes no sense
  3  `verify` found a difference
  130  `train` was stopped; the model so far is kept";

#[derive(Parser)]
#[command(version, about, after_help = EXIT_CODES, propagate_version = true)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Algorithms(algorithms::Args),
    Train(train::Args),
    Evaluate(evaluate::Args),
    Compile(compile::Args),
    Run(run::Args),
    Inspect(inspect::Args),
    Verify(verify::Args),
    Bench(bench::Args),
    Targets(targets::Args),
    Demo(demo::Args),
    /// Print the completion script of a shell
    #[command(
        after_help = "Example:\n  sanderling completions bash > ~/.local/share/bash-completion/completions/sanderling"
    )]
    Completions {
        shell: clap_complete::Shell,
    },
}

fn main() -> ExitCode {
    // `sanderling ... | head` ends quietly, as other programs do.
    sigpipe::reset();
    let result = match Args::parse().command {
        Command::Algorithms(args) => algorithms::run(&args),
        Command::Train(args) => train::run(&args),
        Command::Evaluate(args) => evaluate::run(&args),
        Command::Compile(args) => compile::run(&args),
        Command::Run(args) => run::run(&args),
        Command::Inspect(args) => inspect::run(&args),
        Command::Verify(args) => verify::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Targets(args) => targets::run(&args),
        Command::Demo(args) => demo::run(&args),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Args::command(), "sanderling", &mut std::io::stdout());
            Ok(ExitCode::SUCCESS)
        }
    };
    result.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}
