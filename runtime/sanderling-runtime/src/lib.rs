//! Runs artifacts in memory that the caller lends: no heap, no unsafe code, no panics.
//!
//! [`Model::parse`] checks an artifact once; [`Session::new`] takes an arena of [`Model::arena_bytes`] bytes; from
//! then on nothing can fail but a call that asks for an input or output that is not there.
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn core::error::Error>> {
//! # let artifact: &[u8] = &[];
//! use sanderling_runtime::{Arena, Model, Session};
//!
//! let model = Model::parse(artifact, sanderling_kernels::scalar::ALL)?;
//! let mut memory = Arena::<16_384>::new();
//! let mut session = Session::new(&model, memory.as_mut())?;
//! session.input(0)?.copy_from_slice(&[0; 490]);
//! session.run()?;
//! let scores = session.output(0)?;
//! # Ok(()) }
//! ```

#![no_std]
#![forbid(unsafe_code)]

mod arena;
mod model;
mod self_test;
mod session;

pub use arena::Arena;
pub use model::{Io, Model, Step};
pub use sanderling_format::FormatError;
pub use self_test::{SelfTestError, judge};
pub use session::{RunError, Session};
