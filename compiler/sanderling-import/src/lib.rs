//! Model files into the graph of [`sanderling_ir`].
//!
//! [`import`] recognises the format by its content, decomposes the ops of the source format into the
//! canonical ones, and verifies the result. Input bytes are not trusted: every error is an
//! [`ImportError`] that names the place, and no input can make the importer panic.

#![forbid(unsafe_code)]

mod error;
mod flatbuffer;
mod onnx;
mod tflite;
mod trees;

use std::collections::BTreeMap;

pub use error::{ImportError, Site};
use sanderling_ir::{Module, verify};

/// What the caller decides about an import.
#[derive(Clone, Debug, Default)]
pub struct ImportOptions {
    /// Static shapes of graph inputs, by input name; needed where the file leaves a dimension open.
    ///
    /// The first of several dimensions needs none: left open it is a batch, and of size 1 unless given here.
    pub shapes: BTreeMap<String, Vec<usize>>,
}

/// Reads a model file and returns its verified graphs.
pub fn import(bytes: &[u8], options: &ImportOptions) -> Result<Module, ImportError> {
    let module = match Format::of(bytes) {
        Some(Format::Tflite) => tflite::import(bytes, options)?,
        Some(Format::Onnx) => onnx::import(bytes, options)?,
        Some(Format::LightGbm) => trees::import_lightgbm(bytes, options)?,
        Some(Format::XgBoost) => trees::import_xgboost(bytes, options)?,
        None => return Err(ImportError::UnknownFormat { found: start(bytes) }),
    };
    for function in &module.functions {
        verify(function).map_err(|source| ImportError::Verify { function: function.name.clone(), source })?;
    }
    Ok(module)
}

/// The formats that [`import`] dispatches on.
enum Format {
    Tflite,
    Onnx,
    LightGbm,
    XgBoost,
}

impl Format {
    fn of(bytes: &[u8]) -> Option<Format> {
        if bytes.get(4..8) == Some(tflite::IDENTIFIER) {
            return Some(Format::Tflite);
        }
        if onnx::recognises(bytes) {
            return Some(Format::Onnx);
        }
        if trees::is_lightgbm(bytes) {
            return Some(Format::LightGbm);
        }
        if trees::is_xgboost(bytes) {
            return Some(Format::XgBoost);
        }
        None
    }
}

/// The first bytes of a file, for the message that says it was not recognised.
fn start(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "an empty file".to_string();
    }
    let hex: Vec<String> = bytes.iter().take(8).map(|b| format!("{b:02x}")).collect();
    format!("a file that starts with {}", hex.join(" "))
}
