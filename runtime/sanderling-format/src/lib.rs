//! The artifact `.sndl`: all that the compiler and the runtime share. `docs/format.md` draws it byte by byte.
//!
//! Reading allocates nothing and panics on no input. The `alloc` feature adds the writer.

#![no_std]
#![forbid(unsafe_code)]

#[cfg(feature = "alloc")]
extern crate alloc;

mod access;
pub mod calls;
mod features;
mod hash;
mod header;
mod io;
mod program;
mod shaders;
mod words;
#[cfg(feature = "alloc")]
mod write;

pub use access::{Accesses, CONSTANTS, READS, Region};
pub use calls::Call;
pub use features::Features;
pub use hash::{Digest, fnv1a32, golden_input, lcg_bytes};
pub use header::{
    ALIGN, FormatError, Golden, HEADER_BYTES, Header, Kind, Release, SECTION_ENTRY_BYTES, Section, VERSION,
};
pub use io::{Element, IO_RECORD_BYTES, IoRecord, RANK_MAX, read_io};
pub use program::{Program, RawCall};
#[cfg(feature = "alloc")]
#[cfg(feature = "alloc")]
pub use shaders::write_dispatches;
pub use shaders::{Dispatch, read_dispatches};
pub use words::{Reader, Words};
#[cfg(feature = "alloc")]
pub use write::{Artifact, Written, rehash, write};
