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
/// Every eighth photograph calibrates, the others are held out.
const CALIBRATION_EVERY: usize = 8;
/// Crops of each photograph, each of another size.
const CROPS: usize = 3;

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
    let mut places = Places(1);
    for (index, path) in paths(data)?.iter().enumerate() {
        let photograph = image::open(path).with_context(|| path.display().to_string())?.to_rgb8();
        let crops = (0..CROPS).map(|size| crop(&photograph, &mut places, size, side, step));
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

/// A square of a photograph somewhere, its side that of the photograph, half or a quarter of it, brought to `side`.
fn crop(photograph: &RgbImage, places: &mut Places, size: usize, side: u32, step: f32) -> Tensor {
    let (width, height) = photograph.dimensions();
    let own = (width.min(height) >> size).max(side.min(width.min(height)));
    let (x, y) = (places.below(width - own + 1), places.below(height - own + 1));
    let square = crop_imm(photograph, x, y, own, own).to_image();
    let pixels = resize(&square, side, side, FilterType::Triangle);
    let values: Vec<f32> = pixels.as_raw().iter().map(|&v| f32::from(v) * step).collect();
    tensor(&[1, side as usize, side as usize, 3], &values)
}

/// Where crops lie: the same on every machine.
struct Places(u32);

impl Places {
    fn below(&mut self, end: u32) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((u64::from(self.0) * u64::from(end)) >> 32) as u32
    }
}
