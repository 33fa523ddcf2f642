//! Movements of a wand.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use sanderling_ir::Tensor;

use super::tensor;
use crate::case::Case;

/// Rows of a window.
const ROWS: usize = 119;
const GESTURES: [&str; 5] = ["AlohomoraCharm", "ArrestoMomentumCharm", "AvadaKedavra", "LocomotorCharm", "Revelio"];

/// A network over one dimension on the test windows of Magic Wand, calibrated on training windows.
pub fn case(data: &Path) -> Result<Case> {
    let folder = data.join("datasets/gestures/magic_wand");
    Ok(Case {
        name: "magicwand_cnn1d",
        model: data.join("models/onnx/magicwand_cnn1d/model.onnx"),
        peer: None,
        calibration: windows(&folder.join("train"))?,
        held_out: windows(&folder.join("test"))?,
        labels: Vec::new(),
    })
}

fn windows(folder: &Path) -> Result<Vec<Tensor>> {
    let mut windows = Vec::new();
    for gesture in GESTURES {
        let path = folder.join(format!("{gesture}.csv"));
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let rows: Vec<[f32; 6]> = text.lines().filter_map(row).collect();
        windows.extend(rows.chunks_exact(ROWS).map(window));
    }
    Ok(windows)
}

/// Acceleration and rotation along three axes; `None` for the header.
fn row(line: &str) -> Option<[f32; 6]> {
    let numbers: Vec<f32> = line.split(',').map(|v| v.trim().parse().ok()).collect::<Option<_>>()?;
    numbers.try_into().ok()
}

/// Channels first, each from 0 to 1: 4 g either way, and 2000 degrees a second.
fn window(rows: &[[f32; 6]]) -> Tensor {
    let scaled = |axis: usize, v: f32| if axis < 3 { (v + 4.0) / 8.0 } else { (v + 2000.0) / 4000.0 };
    let values: Vec<f32> = (0..6).flat_map(|axis| rows.iter().map(move |row| scaled(axis, row[axis]))).collect();
    tensor(&[1, 6, ROWS], &values)
}
