//! Runs artifacts on a GPU, through wgpu.
//!
//! An artifact that is compiled for the target `wgpu` carries a shader or more for each kernel call. [`Gpu::open`] finds a
//! device; [`GpuSession::new`] checks the artifact as every runtime does, builds the pipelines once, and puts the constants
//! and the arena, whose offsets are those that the compiler planned, into one buffer each. A run writes the inputs, submits
//! all dispatches together, and reads the outputs.
//!
//! ```no_run
//! # fn main() -> Result<(), sanderling_gpu::GpuError> {
//! # let artifact: &[u8] = &[];
//! use sanderling_gpu::{Gpu, GpuSession};
//!
//! let gpu = Gpu::open()?;
//! let mut session = GpuSession::new(&gpu, artifact)?;
//! session.input(0)?.fill(0);
//! session.run()?;
//! let scores = session.output(0)?;
//! # Ok(()) }
//! ```
//!
//! Which device is taken is told by wgpu's own environment variables: `WGPU_BACKEND`, `WGPU_ADAPTER_NAME` (a part of the
//! name) and `WGPU_POWER_PREF` (`low`, `high`).

#![forbid(unsafe_code)]

mod error;
mod gpu;
mod self_test;
mod session;
#[cfg(test)]
mod tests;
mod transfer;

pub use error::GpuError;
pub use gpu::Gpu;
pub use session::GpuSession;
