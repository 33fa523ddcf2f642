//! Data for trainers: rows of numbers, and images.
//!
//! A [`Reader`] turns the files of a channel into [`Batch`]es of bounded size, whatever their [`Format`]; [`Table`]
//! gathers them for trainers that need all rows at once. A [`Writer`] is the way back. [`Images`] reads IDX and folders of pictures. Files may be packed
//! with gzip or zstd. Errors name the file, the record and the byte.

#![forbid(unsafe_code)]

mod batch;
mod error;
mod file;
mod idx;
mod images;
mod lines;
mod matrix;
mod picture;
mod reader;
mod rows;
mod store;
mod table;
mod unpack;
mod write;

pub use batch::{Batch, Bounds};
pub use error::{At, DataError};
pub use images::Images;
pub use matrix::{Csr, Matrix};
pub use reader::{Batches, Reader};
pub use store::{Local, Part, Store};
pub use table::{Format, Table};
pub use unpack::Limit;
pub use write::Writer;
