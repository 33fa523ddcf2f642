//! A trained network.

use std::path::Path;

use sanderling_data::Images;
use sanderling_ir::{DType, Module, Tensor, TensorType};
use serde::{Deserialize, Serialize};

use super::augment::planes;
use super::forward::{Weights, predict};
use super::hyperparameters::Hyperparameters;
use super::net::Net;
use super::{NAME, read};
use crate::metrics::{Metric, Scored};
use crate::{Labelled, TrainError, Trained, store};

/// Images that are predicted at once.
const BATCH: usize = 64;
/// Images that are kept for calibration, at most, and their bytes.
const SAMPLES: usize = 256;
const SAMPLE_BYTES: usize = 4 << 20;

/// A network, its numbers, and some of its training images.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImageModel {
    pub hyper: Hyperparameters,
    /// Height, width, channels.
    pub shape: [usize; 3],
    /// Names, or numbers where the data has none.
    pub classes: Vec<String>,
    pub weights: Weights,
    #[serde(with = "crate::packed::bytes")]
    samples: Vec<u8>,
}

impl ImageModel {
    pub fn new(hyper: Hyperparameters, net: Net, weights: Weights, train: &Images) -> ImageModel {
        let bytes = net.shape.iter().product::<usize>();
        let count = train.len().min(SAMPLES).min((SAMPLE_BYTES / bytes).max(1));
        // Evenly from all: the images of a folder lie class by class.
        let samples = (0..count).flat_map(|i| train.image(i * train.len() / count)).copied().collect();
        ImageModel { hyper, shape: net.shape, classes: train.classes.clone(), weights, samples }
    }

    pub fn load(folder: &Path) -> Result<ImageModel, TrainError> {
        let path = folder.join(store::MODEL);
        let model: ImageModel = store::load(&path, NAME)?;
        let is_image = model.shape.iter().all(|&n| (1..=1 << 16).contains(&n)) && matches!(model.shape[2], 1 | 3);
        if !is_image || model.hyper.check().is_err() {
            return TrainError::model(&path, "its hyperparameters or its image shape are not possible");
        }
        if !model.weights.fits(&model.net()) {
            return TrainError::model(&path, "its weights do not fit its network");
        }
        Ok(model)
    }

    /// The network that the weights are of.
    pub fn net(&self) -> Net {
        Net::new(&self.hyper, self.shape)
    }

    /// The probabilities of all classes, a row for each image of the model's shape.
    pub fn predict(&self, images: &Images) -> Vec<f32> {
        probabilities(&self.net(), &self.weights, images)
    }
}

impl Trained for ImageModel {
    fn save(&self, folder: &Path) -> Result<(), TrainError> {
        store::save(&folder.join(store::MODEL), NAME, self)
    }

    fn evaluate(&self, data: &Path) -> Result<Vec<Metric>, TrainError> {
        let images = read(data, "data", &self.hyper, Some((self.shape, &self.classes)))?;
        Ok(metrics(&self.hyper, &self.net(), &self.weights, &images))
    }

    fn lower(&self) -> Result<Module, TrainError> {
        super::lower::lower(&self.net(), &self.weights)
    }

    fn samples(&self) -> Vec<Vec<Tensor>> {
        let [height, width, channels] = self.shape;
        let ty = TensorType::new(DType::F32, &[1, height, width, channels]);
        let sample = |pixels: &[u8]| {
            let values: Vec<f32> = pixels.iter().map(|&p| f32::from(p)).collect();
            vec![Tensor::from_f32(ty.clone(), &values)]
        };
        self.samples.chunks_exact(ty.elements()).map(sample).collect()
    }

    fn labelled(&self, data: &Path) -> Result<Option<Labelled>, TrainError> {
        let images = read(data, "data", &self.hyper, Some((self.shape, &self.classes)))?;
        let real = |i: usize| images.image(i).iter().map(|&p| f32::from(p)).collect();
        let inputs = (0..images.len()).map(real).collect();
        Ok(Some(Labelled { inputs, labels: images.labels.iter().map(|&label| label as usize).collect() }))
    }
}

fn probabilities(net: &Net, weights: &Weights, images: &Images) -> Vec<f32> {
    let mut found = Vec::with_capacity(images.len() * net.classes);
    for start in (0..images.len()).step_by(BATCH) {
        let mut batch = Vec::new();
        let range = start..images.len().min(start + BATCH);
        range.for_each(|image| planes(images.image(image), net.shape, &mut batch));
        found.extend(predict(net, weights, batch));
    }
    found
}

/// Accuracy, which comes first, top-k accuracy if it is asked for, and cross entropy.
pub fn metrics(hyper: &Hyperparameters, net: &Net, weights: &Weights, images: &Images) -> Vec<Metric> {
    let scores = probabilities(net, weights, images);
    let labels: Vec<f32> = images.labels.iter().map(|&label| label as f32).collect();
    let scored = Scored { scores: &scores, labels: &labels, weights: None };
    let mut metrics = vec![Metric::new("accuracy", 1.0 - scored.class_error(net.classes))];
    if let Some(k) = hyper.top_k {
        let rows = scores.chunks(net.classes).zip(&images.labels);
        let is_in_top = |scores: &[f32], label: u32| scores.iter().filter(|&&s| s > scores[label as usize]).count() < k;
        let right = rows.filter(|(scores, label)| is_in_top(scores, **label)).count();
        metrics.push(Metric::new("top_k_accuracy", right as f64 / images.len() as f64));
    }
    metrics.push(Metric::new("cross_entropy", scored.class_log_loss(net.classes)));
    metrics
}
