//! The models and their samples.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sanderling_ir::Tensor;

use crate::samples::{fashion, gestures, keywords, photographs};

/// A real model, and samples of its one input.
pub struct Case {
    pub name: &'static str,
    /// The real model's file.
    pub model: PathBuf,
    /// The file of the same model as its makers quantized it.
    pub peer: Option<PathBuf>,
    pub calibration: Vec<Tensor>,
    pub held_out: Vec<Tensor>,
    /// The class of each held-out sample, where it is known.
    pub labels: Vec<usize>,
}

/// Reads the samples of a case from the folder of the public data.
pub type Load = fn(&Path) -> Result<Case>;

/// The cases by name.
pub const CASES: [(&str, Load); 5] = [
    ("mlperf_kws", keywords::case),
    ("mlperf_ic", photographs::image_classification),
    ("mlperf_vww", photographs::visual_wake_words),
    ("fashion_resnet", fashion::case),
    ("magicwand_cnn1d", gestures::case),
];

/// The case with this name, from the public data in a folder.
pub fn case(data: &Path, name: &str) -> Result<Case> {
    let names = CASES.map(|(name, _)| name).join(", ");
    let (_, load) = CASES.iter().find(|(n, _)| *n == name).with_context(|| format!("{name} is none of {names}"))?;
    load(data)
}
