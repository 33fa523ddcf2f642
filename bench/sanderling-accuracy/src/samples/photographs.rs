//! Crops of photographs: blood under a microscope, and nuclei of cells.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use image::RgbImage;
use image::imageops::{FilterType, crop_imm, resize};
use sanderling_ir::Tensor;

use super::tensor;
use crate::case::Case;

const FOLDERS: [&str; 2] = ["datasets/detection/bccd/JPEGImages", "datasets/segmentation/dsb2018_nuclei/images"];
/// Every fourth photograph calibrates, the others are held out.
const CALIBRATION_EVERY: usize = 4;

/// The image classifier of MLPerf Tiny, which takes pixels from 0 to 255.
pub fn image_classification(data: &Path) -> Result<Case> {
    case(data, "ic", 32, 1.0)
}

/// The person detector of MLPerf Tiny, which takes pixels from 0 to 1.
pub fn visual_wake_words(data: &Path) -> Result<Case> {
    case(data, "vww", 96, 1.0 / 255.0)
}

fn case(data: &Path, name: &'static str, side: u32, step: f32) -> Result<Case> {
    let model = |precision: &str| data.join(format!("models/tflite/mlperf_{name}_{precision}/model.tflite"));
    let (mut calibration, mut held_out) = (Vec::new(), Vec::new());
    for (index, path) in paths(data)?.iter().enumerate() {
        let photograph = image::open(path).with_context(|| path.display().to_string())?.to_rgb8();
        let crops = squares(&photograph).map(|square| sample(&photograph, square, side, step));
        if index % CALIBRATION_EVERY == 0 { calibration.extend(crops) } else { held_out.extend(crops) }
    }
    let name = if name == "ic" { "mlperf_ic" } else { "mlperf_vww" };
    Ok(Case { name, model: model("fp32"), peer: Some(model("int8")), calibration, held_out, labels: Vec::new() })
}

fn paths(data: &Path) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for folder in FOLDERS.map(|folder| data.join(folder)) {
        let entries = fs::read_dir(&folder).with_context(|| folder.display().to_string())?;
        paths.extend(entries.filter_map(|entry| Some(entry.ok()?.path())));
    }
    paths.sort();
    Ok(paths)
}

/// The squares of a photograph, as left, top and side: the largest in its middle, and the four quarters of that one.
///
/// The classifiers know pictures that show a thing wholly. The large square is such a picture, with much on it; the
/// quarters show single cells. Together they show everything in it once at each size, and nothing is left to chance.
fn squares(photograph: &RgbImage) -> [[u32; 3]; 5] {
    let (width, height) = photograph.dimensions();
    let whole = width.min(height);
    let (x, y, half) = ((width - whole) / 2, (height - whole) / 2, whole / 2);
    [[x, y, whole], [x, y, half], [x + half, y, half], [x, y + half, half], [x + half, y + half, half]]
}

/// A square brought to `side` pixels, each step of a pixel worth `step`.
fn sample(photograph: &RgbImage, [x, y, own]: [u32; 3], side: u32, step: f32) -> Tensor {
    let square = crop_imm(photograph, x, y, own, own).to_image();
    let pixels = resize(&square, side, side, FilterType::Triangle);
    let values: Vec<f32> = pixels.as_raw().iter().map(|&v| f32::from(v) * step).collect();
    tensor(&[1, side as usize, side as usize, 3], &values)
}
