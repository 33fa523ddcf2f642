//! The command line, as a user has it: tables measure through it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, anyhow, bail};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::case::Case;
use crate::process;

/// The built `sanderling`.
pub struct Cli {
    program: PathBuf,
}

impl Cli {
    /// An example program that was built beside it.
    pub fn example(&self, name: &str) -> Command {
        Command::new(self.program.with_file_name("examples").join(name).with_extension(std::env::consts::EXE_EXTENSION))
    }
}

/// What `compile --json` says.
#[derive(Deserialize)]
pub struct Report {
    pub artifact_bytes: u64,
    pub arena_bytes: u64,
    pub arena_lower_bound_bytes: u64,
    layers: Vec<Layer>,
}

#[derive(Deserialize)]
struct Layer {
    dtype: String,
}

impl Report {
    /// Whether some layer computes with quantized numbers.
    pub fn is_quantized(&self) -> bool {
        self.layers.iter().any(|layer| matches!(layer.dtype.as_str(), "i8" | "u8" | "i16"))
    }
}

/// What `verify --backend qemu --json` says.
#[derive(Deserialize)]
pub struct Board {
    pub passed: bool,
    pub instructions: u64,
    pub arena_bytes: u64,
    pub stack_high_water_bytes: u64,
}

impl Cli {
    pub fn build() -> Result<Cli> {
        Ok(Cli { program: process::program("sanderling")? })
    }

    /// Compiles a case with its fixed shapes.
    pub fn compile(&self, case: &Case, target: &str, artifact: &Path) -> Result<Report> {
        let mut command = self.command("compile");
        command.arg(&case.model).args(["--target", target, "--json", "-o"]).arg(artifact);
        for shape in case.shapes()? {
            command.args(["--shape", &shape]);
        }
        // The row names the case; where its file lies on this machine belongs in no record.
        let path = format!("{}: ", case.model.display());
        json(&mut command).map_err(|error| anyhow!("{}", format!("{error:#}").replace(&path, "")))
    }

    /// Runs an artifact on the emulated Cortex-M4.
    pub fn verify_on_board(&self, artifact: &Path) -> Result<Board> {
        json(self.command("verify").arg(artifact).args(["--backend", "qemu", "--json"]))
    }

    /// Runs the rows of `inputs`; the names of the outputs, in the model's order.
    pub fn run(&self, artifact: &Path, inputs: &Path, outputs: &Path) -> Result<Vec<String>> {
        #[derive(Deserialize)]
        struct Ran {
            outputs: Vec<Output>,
        }
        #[derive(Deserialize)]
        struct Output {
            name: String,
        }
        let ran: Ran = json(
            self.command("run").arg(artifact).arg("--input").arg(inputs).arg("--output").arg(outputs).arg("--json"),
        )?;
        Ok(ran.outputs.into_iter().map(|output| output.name).collect())
    }

    /// The median microseconds of runs on the rows of `inputs` for so many seconds.
    pub fn bench(&self, artifact: &Path, inputs: &Path, seconds: f64) -> Result<f64> {
        #[derive(Deserialize)]
        struct Measured {
            median_us: f64,
        }
        let mut command = self.command("bench");
        command.arg(artifact).arg("--input").arg(inputs).arg(format!("--seconds={seconds}")).arg("--json");
        json::<Measured>(&mut command).map(|measured| measured.median_us)
    }

    /// Trains a model from nothing: a folder that is there would be gone on with.
    pub fn train(&self, algorithm: &str, data: &Path, hyperparameters: &[impl AsRef<str>], model: &Path) -> Result<()> {
        if model.exists() {
            std::fs::remove_dir_all(model).with_context(|| format!("cannot remove {}", model.display()))?;
        }
        let mut command = self.command("train");
        command.args(["--algorithm", algorithm, "--json"]).arg("--train").arg(data).arg("-o").arg(model);
        for pair in hyperparameters {
            command.args(["--hp", pair.as_ref()]);
        }
        json::<IgnoredAny>(&mut command).map(|_| ())
    }

    /// Compiles a trained network to int8 by the samples that it keeps.
    pub fn quantize(&self, model: &Path, target: &str, artifact: &Path) -> Result<Report> {
        let mut command = self.command("compile");
        json(command.arg(model).args(["--target", target, "--quantize", "int8", "--json", "-o"]).arg(artifact))
    }

    /// The metrics of a trained model on labelled data.
    pub fn evaluate(&self, model: &Path, data: &Path) -> Result<Map<String, Value>> {
        self.metrics(model, data, &[])
    }

    /// The metrics of a trained network and of an artifact of it.
    pub fn evaluate_artifact(
        &self,
        model: &Path,
        data: &Path,
        artifact: &Path,
        backend: &str,
    ) -> Result<Map<String, Value>> {
        let artifact = artifact.as_os_str();
        self.metrics(model, data, &["--artifact".as_ref(), artifact, "--backend".as_ref(), backend.as_ref()])
    }

    fn metrics(&self, model: &Path, data: &Path, more: &[&OsStr]) -> Result<Map<String, Value>> {
        #[derive(Deserialize)]
        struct Evaluated {
            metrics: Map<String, Value>,
        }
        let mut command = self.command("evaluate");
        command.arg(model).arg("--data").arg(data).args(more).arg("--json");
        json::<Evaluated>(&mut command).map(|found| found.metrics)
    }

    fn command(&self, subcommand: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.arg(subcommand).stdin(Stdio::null());
        command
    }
}

/// The JSON that a command prints; its failure is the reason that it gave.
fn json<T: for<'a> Deserialize<'a>>(command: &mut Command) -> Result<T> {
    let output = command.output().with_context(|| format!("cannot start {command:?}"))?;
    // `verify` fails with a result where a self-test fails, and the result says so.
    if let Ok(result) = serde_json::from_slice(&output.stdout) {
        return Ok(result);
    }
    let text = String::from_utf8_lossy(&output.stderr);
    match text.lines().rev().find_map(|line| line.strip_prefix("error: ")) {
        Some(reason) => bail!("{reason}"),
        None => bail!("{command:?}: {}: {text}", output.status),
    }
}
