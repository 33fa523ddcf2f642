//! From files to typed arrays that trainers read: rows of numbers, and images.
//!
//! [`Table::read`] takes CSV and libsvm, [`Images::read`] takes IDX and folders of pictures, each plain or gzipped, a
//! file or a folder of files. Errors name the file, the line and what would be right.

#![forbid(unsafe_code)]

mod csv;
mod error;
mod file;
mod idx;
mod images;
mod libsvm;
mod matrix;
mod picture;
mod table;

pub use error::DataError;
pub use images::Images;
pub use matrix::{Csr, Matrix};
pub use table::{Format, Table};
