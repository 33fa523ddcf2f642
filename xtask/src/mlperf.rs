//! The four int8 models of MLPerf Tiny.

use std::env;
use std::path::PathBuf;

use crate::process;

pub const MODELS: [&str; 4] = ["kws", "ic", "vww", "ad"];

/// The file of one: shipped with the repository, or of the public data where they are.
pub fn path(name: &str) -> Option<PathBuf> {
    if name == "kws" {
        return Some(process::root().join("examples/models/kws/model.tflite"));
    }
    let data = PathBuf::from(env::var_os("SANDERLING_DATA")?);
    Some(data.join(format!("models/tflite/mlperf_{name}_int8/model.tflite")))
}
