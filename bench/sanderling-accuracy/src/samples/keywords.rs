//! Features of spoken keywords.

use std::path::Path;

use anyhow::{Context, Result};
use sanderling_ir::Tensor;

use super::tensor;
use crate::case::Case;

/// Real value of a step of the stored features, see their README.
const STEP: f32 = 0.41;
/// The first samples calibrate, the others are held out.
const CALIBRATION: usize = 100;

/// The keyword spotter of MLPerf Tiny on 1,000 labelled samples of Speech Commands.
pub fn case(data: &Path) -> Result<Case> {
    let arrays = sanderling_host::read_npz(&data.join("datasets/audio/kws_features/kws_features.npz"))?;
    let find = |name: &str| arrays.iter().find(|a| a.name == name).with_context(|| format!("there is no array {name}"));
    let real = |bytes: &[u8]| bytes.iter().map(|&b| STEP * f32::from(b as i8)).collect::<Vec<_>>();
    let mut samples: Vec<Tensor> =
        find("features_i8")?.data.chunks_exact(49 * 10).map(|s| tensor(&[1, 49, 10, 1], &real(s))).collect();
    let labels = find("labels")?.data.as_chunks::<8>().0.iter().map(|b| i64::from_le_bytes(*b) as usize);
    Ok(Case {
        name: "mlperf_kws",
        model: data.join("models/tflite/mlperf_kws_fp32/model.tflite"),
        peer: Some(data.join("models/tflite/mlperf_kws_int8/model.tflite")),
        labels: labels.skip(CALIBRATION).collect(),
        held_out: samples.split_off(CALIBRATION),
        calibration: samples,
    })
}
