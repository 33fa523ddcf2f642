//! Pictures of clothes.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result};
use flate2::read::GzDecoder;
use sanderling_ir::Tensor;

use super::tensor;
use crate::case::Case;

const CALIBRATION: usize = 200;
const HELD_OUT: usize = 2000;

/// A residual network on the test pictures of Fashion-MNIST, calibrated on training pictures.
pub fn case(data: &Path) -> Result<Case> {
    let folder = data.join("datasets/images/fashion-mnist");
    let labels = idx(&folder.join("t10k-labels-idx1-ubyte.gz"), 8)?;
    Ok(Case {
        name: "fashion_resnet",
        model: data.join("models/onnx/fashion_resnet/model.onnx"),
        peer: None,
        calibration: pictures(&folder.join("train20k-images-idx3-ubyte.gz"), CALIBRATION)?,
        held_out: pictures(&folder.join("t10k-images-idx3-ubyte.gz"), HELD_OUT)?,
        labels: labels.into_iter().take(HELD_OUT).map(usize::from).collect(),
    })
}

fn pictures(path: &Path, count: usize) -> Result<Vec<Tensor>> {
    let real = |pixels: &[u8]| pixels.iter().map(|&p| f32::from(p) / 255.0).collect::<Vec<_>>();
    Ok(idx(path, 16)?.chunks_exact(28 * 28).take(count).map(|p| tensor(&[1, 1, 28, 28], &real(p))).collect())
}

/// The elements of a compressed IDX file, behind its header.
fn idx(path: &Path, header: usize) -> Result<Vec<u8>> {
    let shown = || path.display().to_string();
    let mut bytes = Vec::new();
    GzDecoder::new(File::open(path).with_context(shown)?).read_to_end(&mut bytes).with_context(shown)?;
    Ok(bytes.get(header..).with_context(shown)?.to_vec())
}
