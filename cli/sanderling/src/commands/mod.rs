//! One file a subcommand: its arguments, and what it does with the crates below.

pub mod algorithms;
pub mod bench;
pub mod calibration;
pub mod compile;
pub mod demo;
pub mod evaluate;
pub mod graph;
pub mod inspect;
pub mod run;
pub mod summary;
pub mod targets;
pub mod train;
pub mod verify;

use std::path::Path;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;
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
            BackendArg::Gpu => bail!("there is no GPU backend yet; use --backend auto"),
            BackendArg::Qemu => bail!("this command does not run in the emulator; use verify or run"),
        }
    }
}

/// Reads an artifact and checks it.
pub fn with_model<T>(path: &Path, kernels: &[Kernel], work: impl FnOnce(&Model<'_>) -> Result<T>) -> Result<T> {
    let bytes = sanderling_host::read(path)?;
    let model = Model::parse(&bytes, kernels).with_context(|| path.display().to_string())?;
    work(&model)
}
