//! Artifacts on a computer: files, arrays by name, and the kernels that its CPU can run.

#![forbid(unsafe_code)]

mod array;
mod backend;
mod file;
mod npz;
mod runner;

pub use array::{Array, numpy_name};
pub use backend::{Backend, kernels};
pub use file::{FileError, read, write_atomically, write_together};
pub use npz::{decode_npz, encode_npz, read_npz, write_npz};
pub use runner::{RowError, Rows, bind, run_rows, stack};
