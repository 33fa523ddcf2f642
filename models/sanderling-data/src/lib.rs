//! Data for trainers: rows of numbers, images and sounds, from files, pipes and other stores, at any size.
//!
//! # The way of a row
//!
//! A [`Channel`] says where the rows of a training are and how they come: files or a FIFO for each epoch, a shard of them,
//! shuffled, read ahead on a thread. A [`Store`] has the bytes of its [`Part`]s, which are unpacked where gzip or zstd packed
//! them, up to a [`Limit`]. A [`Reader`] decodes parts in one [`Format`] into [`Batch`]es of bounded size: the seam that all
//! trainers share, as [`Batches`]. [`Table`] gathers them for trainers that need all rows at once. A [`Writer`] is the way back.
//!
//! # Where things are
//!
//! | file | what |
//! |---|---|
//! | `batch` | [`Batch`], and the builder that all formats fill, which refuses rows that do not fit |
//! | `reader`, `table`, `write` | batches from parts, tables from batches, files from batches |
//! | `channel`, `shuffle`, `prefetch` | File and Pipe mode, shards, seeds, reading ahead |
//! | `store`, `unpack`, `lines` | where bytes come from, gzip and zstd, lines of text |
//! | `content` | [`Format`] by content type, by name, by first bytes |
//! | `manifest` | `ManifestFile` |
//! | `rows/` | a file for each format: `csv`, `libsvm`, `recordio/`, `json`, `npy`, and with the feature `parquet` also `parquet` and `arrow` |
//! | [`images`] | IDX, folders, image RecordIO, `.lst`, augmented manifests |
//! | [`wav`] | sounds |
//!
//! # Rules
//!
//! Memory is bounded by batch and by what is there, never by a length that a file declares. Errors name the file, the record
//! or line from 1, and the byte where it starts in the unpacked data. Values are `f32`: NaN is a missing feature; infinite features and
//! labels that are not finite are refused. Nothing comes behind an error.

#![forbid(unsafe_code)]

mod batch;
mod channel;
mod content;
mod error;
mod file;
pub mod images;
mod lines;
mod manifest;
mod matrix;
mod prefetch;
mod reader;
mod rows;
mod shuffle;
mod store;
mod table;
mod unpack;
pub mod wav;
mod write;

pub use batch::{Batch, Bounds};
pub use channel::{Channel, Mode, Shard};
pub use content::Format;
pub use error::{At, DataError};
pub use images::Images;
pub use matrix::{Csr, Matrix};
pub use reader::{Batches, Reader};
pub use rows::recordio;
pub use store::{Local, Part, Store};
pub use table::Table;
pub use unpack::Limit;
pub use write::Writer;
