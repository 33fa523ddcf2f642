//! The rows of the public forests: `io.npz` has them in double precision for LightGBM.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use npyz::npz::NpzArchive;
use sanderling_format::Element;
use sanderling_host::Array;

/// What the importers call the only input.
pub const INPUT: &str = "input";
/// Different rows of batch 1: so many that no CPU learns their ways through the trees.
const ROWS_MAX: usize = 1000;

/// Columns of the rows.
pub fn features(folder: &Path) -> Result<usize> {
    Ok(matrix(folder)?.0)
}

/// Rows for runs of `batch` rows: different runs of one row, or one run of rows that repeat where there are not enough.
pub fn rows(folder: &Path, batch: usize) -> Result<Array> {
    let (features, values) = matrix(folder)?;
    let all = values.len() / features;
    let runs = if batch == 1 { all.min(ROWS_MAX) } else { 1 };
    let count = runs * batch * features;
    let data = values.iter().cycle().take(count).flat_map(|v| v.to_le_bytes()).collect();
    Ok(Array { name: INPUT.into(), element: Element::F32, shape: vec![runs, batch, features], data })
}

/// The features and all values of `X`, in single precision.
fn matrix(folder: &Path) -> Result<(usize, Vec<f32>)> {
    let path = folder.join("io.npz");
    let read = || -> Result<(usize, Vec<f32>)> {
        let mut archive = NpzArchive::new(BufReader::new(File::open(&path)?))?;
        let file = archive.by_name("X")?.context("there is no array X")?;
        let &[rows, features] = file.shape() else { anyhow::bail!("X is no matrix") };
        ensure!(rows > 0 && features > 0, "X is empty");
        let is_double = file.dtype().descr().contains("f8");
        let values = if is_double {
            file.into_vec::<f64>()?.into_iter().map(|v| v as f32).collect()
        } else {
            file.into_vec::<f32>()?
        };
        Ok((features as usize, values))
    };
    read().with_context(|| path.display().to_string())
}
