//! Sanderling for C: `include/sanderling.h` and a static library over `sanderling-runtime`.
//!
//! ```sh
//! cargo rustc -p sanderling-capi --release --crate-type staticlib --features std
//! cargo rustc -p sanderling-capi --profile device --crate-type staticlib --features dsp --target thumbv7em-none-eabihf
//! ```
//!
//! The library allocates nothing: the caller gives the artifact, the arena and a [`SanderlingContext`]. On bare metal it brings
//! a panic handler, which nothing in it reaches, and holds every kernel of its instruction set; with `SANDERLING_ARTIFACTS`, a
//! list of paths as in `PATH`, only those that these artifacts call.
//!
//! The header is written by `cargo xtask header`. Its comments are those of the items here, for readers of C.

#![no_std]
#![allow(clippy::missing_safety_doc, reason = "each page says what its pointers must be, in words that C has too")]

#[cfg(feature = "std")]
extern crate std;

#[cfg(all(target_os = "none", not(test)))]
mod bare;
mod context;
mod io;
mod kernels;
mod load;
mod run;
mod status;

pub use context::{SANDERLING_CONTEXT_WORDS, SanderlingContext};
pub use io::{
    SANDERLING_RANK_MAX, SanderlingElement, SanderlingTensor, sanderling_input, sanderling_output,
    sanderling_read_output, sanderling_write_input,
};
pub use load::{SanderlingInfo, sanderling_info, sanderling_load, sanderling_release, sanderling_start};
pub use run::{sanderling_digests, sanderling_reset, sanderling_run, sanderling_run_traced, sanderling_self_test};
pub use status::{SanderlingStatus, sanderling_message};
