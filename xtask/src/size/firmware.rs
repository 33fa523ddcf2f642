//! The programs to measure: built here, and run on the emulated board.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::process::{self, THUMBV7EM};

/// What `sanderling compile --json` says of an artifact, as far as sizes go.
#[derive(Deserialize)]
pub struct Compiled {
    pub constants_bytes: u64,
}

/// What `sanderling verify --backend qemu --json` says of a run.
#[derive(Deserialize)]
pub struct Run {
    pub passed: bool,
    pub arena_bytes: u64,
    pub stack_high_water_bytes: u64,
    pub instructions: u64,
}

/// Where the built programs and artifacts lie.
pub struct Workshop {
    /// The board's, with its programs.
    programs: PathBuf,
    /// For what is made of the models.
    models: PathBuf,
    /// The command line.
    sanderling: PathBuf,
}

impl Workshop {
    /// Builds the command line, which compiles the models.
    pub fn open() -> Result<Workshop> {
        let sanderling = process::program("sanderling")?;
        let models = process::target_folder(&process::root().join("Cargo.toml"))?.join("size");
        fs::create_dir_all(&models).with_context(|| format!("cannot make {}", models.display()))?;
        let programs = process::target_folder(&process::board().join("Cargo.toml"))?.join(THUMBV7EM).join("release");
        Ok(Workshop { programs, models, sanderling })
    }

    /// Builds a program of the board, afresh, because a stale one would have the size of yesterday's code.
    pub fn program(&self, name: &str) -> Result<PathBuf> {
        process::run(process::cargo(&["build", "--release", "--quiet", "--bin", name]).current_dir(process::board()))?;
        Ok(self.programs.join(name))
    }

    /// Compiles a model for the board that the bars are for.
    pub fn artifact(&self, name: &str, model: &Path) -> Result<(PathBuf, Compiled)> {
        let path = self.models.join(format!("{name}.sndl"));
        let mut compile = Command::new(&self.sanderling);
        compile.arg("compile").arg(model).args(["--target", "nucleo-l4r5zi", "--json", "-o"]).arg(&path);
        let compiled = json(&mut compile)?;
        Ok((path, compiled))
    }

    /// Builds the program of one artifact and the kernels that it calls.
    pub fn embedded(&self, name: &str, artifact: &Path) -> Result<PathBuf> {
        let mut build =
            process::cargo(&["build", "--release", "--quiet", "--features", "embedded", "--bin", "embedded"]);
        process::run(build.current_dir(process::board()).env("SANDERLING_ARTIFACT", artifact))?;
        let path = self.models.join(format!("{name}.elf"));
        fs::copy(self.programs.join("embedded"), &path).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(path)
    }

    /// Runs the program of an artifact: itself, not the one that `verify` would build.
    pub fn run(&self, artifact: &Path, program: &Path) -> Result<Run> {
        let mut verify = Command::new(&self.sanderling);
        verify.arg("verify").arg(artifact).args(["--backend", "qemu", "--json"]);
        json(verify.env("SANDERLING_FIRMWARE", program))
    }
}

/// The object that a command prints. Exit code 3 is a self-test that failed, which the object says too.
fn json<T: DeserializeOwned>(command: &mut Command) -> Result<T> {
    let output = command.output().with_context(|| format!("cannot start {command:?}"))?;
    let is_success = output.status.success() || output.status.code() == Some(3);
    ensure!(is_success, "{command:?} failed: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).with_context(|| format!("{command:?} printed something else than JSON"))
}
