//! One file a subcommand: its arguments, and what it does with the crates below.

pub mod algorithms;
pub mod bench;
pub mod calibration;
pub mod compile;
pub mod demo;
pub mod evaluate;
#[cfg(feature = "gpu")]
pub mod gpu;
pub mod graph;
pub mod inspect;
pub mod run;
pub mod summary;
pub mod targets;
pub mod train;
pub mod verify;

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use indicatif::ProgressBar;
use sanderling_host::Backend;
use sanderling_kernels::Kernel;
use sanderling_runtime::Model;

/// Where an artifact runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum BackendArg {
    /// The fastest kernels of this CPU
    Auto,
    /// Plain Rust kernels on this CPU
    Scalar,
    /// The GPU, through wgpu
    Gpu,
    /// A Cortex-M4 that QEMU emulates
    Qemu,
}

impl BackendArg {
    /// The kernels of a backend on this CPU.
    pub fn kernels(self) -> Result<&'static [Kernel]> {
        match self {
            BackendArg::Auto => Ok(sanderling_host::kernels(Backend::Auto)),
            BackendArg::Scalar => Ok(sanderling_host::kernels(Backend::Scalar)),
            BackendArg::Gpu => bail!("{NO_GPU}"),
            BackendArg::Qemu => bail!("this command does not run in the emulator; use verify or run"),
        }
    }
}

/// What a command says that does not run on a GPU, or not in a build without.
const NO_GPU: &str = match cfg!(feature = "gpu") {
    true => "this command does not run on a GPU; use run, verify or bench",
    false => "this build has no GPU backend: build it with --features gpu, or use --backend auto",
};

/// Reads an artifact and checks it.
pub fn with_model<T>(path: &Path, kernels: &[Kernel], work: impl FnOnce(&Model<'_>) -> Result<T>) -> Result<T> {
    let bytes = sanderling_host::read(path)?;
    let model = Model::parse(&bytes, kernels).with_context(|| path.display().to_string())?;
    work(&model)
}

/// Shows that work goes on whose length nobody knows.
pub fn spinner(message: String) -> ProgressBar {
    let spinner = ProgressBar::new_spinner().with_message(message);
    spinner.enable_steady_tick(Duration::from_millis(200));
    spinner
}
