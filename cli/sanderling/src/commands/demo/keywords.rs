//! MLPerf Tiny's keyword spotter, see `examples/models/kws/README.md`.

use std::io::Cursor;
use std::path::Path;

use anyhow::{Context, Result};
use sanderling_host::{Array, decode_npz};
use sanderling_runtime::Model;
use sanderling_targets::Target;

use super::Case;
use crate::commands::{BackendArg, compile, run::samples};

const MODEL: &[u8] = include_bytes!("../../../../../examples/models/kws/model.tflite");
const INPUTS: &[u8] = include_bytes!("../../../../../examples/models/kws/inputs.npz");

/// The model and 200 recordings.
pub struct Keywords {
    inputs: Array,
    labels: Vec<usize>,
    /// Outputs of LiteRT's reference kernels.
    reference: Vec<u8>,
}

impl Keywords {
    pub fn new() -> Result<Keywords> {
        let arrays = decode_npz(Cursor::new(INPUTS)).map_err(anyhow::Error::msg)?;
        let find = |name: &str| arrays.iter().find(|a| a.name == name).cloned().with_context(|| format!("no {name}"));
        let labels = find("labels")?;
        let labels = labels.data.as_chunks::<8>().0.iter().map(|b| i64::from_le_bytes(*b) as usize).collect();
        Ok(Keywords { inputs: find("input_1")?, labels, reference: find("litert_ref")?.data })
    }
}

impl Case for Keywords {
    fn compile(&self, target: &Target) -> Result<Vec<u8>> {
        Ok(compile::compile(MODEL, Path::new("kws.tflite"), target, Default::default())?.artifact)
    }

    fn inputs(&self, artifact: &[u8]) -> Result<Vec<Vec<u8>>> {
        samples(&Model::parse(artifact, BackendArg::Scalar.kernels()?)?, std::slice::from_ref(&self.inputs))
    }

    fn labels(&self) -> &[usize] {
        &self.labels
    }

    fn reference(&self) -> &[u8] {
        &self.reference
    }
}
