//! A network that the demo trains on pictures of clothes, see `examples/models/fashion-mnist/README.md`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use sanderling_compile::{Calibration, Options};
use sanderling_models::{Job, Labelled, Trained};
use sanderling_runtime::Model;
use sanderling_targets::Target;

use super::{Case, machines};
use crate::commands::{BackendArg, compile, evaluate, train::Watch};
use crate::show;

/// IDX files by name, images and labels.
const FILES: [(&str, &[u8]); 4] = [
    (
        "train-images-idx3-ubyte.gz",
        include_bytes!("../../../../../examples/models/fashion-mnist/train-images-idx3-ubyte.gz"),
    ),
    (
        "train-labels-idx1-ubyte.gz",
        include_bytes!("../../../../../examples/models/fashion-mnist/train-labels-idx1-ubyte.gz"),
    ),
    (
        "test-images-idx3-ubyte.gz",
        include_bytes!("../../../../../examples/models/fashion-mnist/test-images-idx3-ubyte.gz"),
    ),
    (
        "test-labels-idx1-ubyte.gz",
        include_bytes!("../../../../../examples/models/fashion-mnist/test-labels-idx1-ubyte.gz"),
    ),
];

const HYPERPARAMETERS: [(&str, &str); 7] = [
    ("num_classes", "10"),
    ("num_layers", "8"),
    ("epochs", "3"),
    ("mini_batch_size", "64"),
    ("optimizer", "adamw"),
    ("lr_scheduler", "one_cycle"),
    ("learning_rate", "0.003"),
];

/// The trained network, and the pictures that it has not seen.
pub struct Clothes {
    model: Box<dyn Trained>,
    test: Labelled,
    reference: Vec<u8>,
    /// Of the network before it is quantized.
    pub accuracy: f64,
    seconds: f64,
}

impl Clothes {
    /// Trains; a bar shows how far it is.
    pub fn train() -> Result<Clothes> {
        let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
        for (name, bytes) in FILES {
            fs::write(folder.path().join(name), bytes).with_context(|| name.to_string())?;
        }
        let path = |name: &str| folder.path().join(name);
        let job = Job {
            hyperparameters: HYPERPARAMETERS.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect(),
            channels: BTreeMap::from([("train".to_string(), path(FILES[0].0))]),
            ..Job::default()
        };
        let mut watch = Watch::new(Default::default())?;
        let start = Instant::now();
        let model = sanderling_models::find("image-classification")?.train(&job, &mut watch);
        watch.clear();
        let model = model.context("training the network")?;
        let seconds = start.elapsed().as_secs_f64();
        let test = path(FILES[2].0);
        let metrics = model.evaluate(&test)?;
        let accuracy = metrics.iter().find(|m| m.name == "accuracy").context("no accuracy")?.value;
        let test = model.labelled(&test)?.context("no labelled images")?;
        let mut clothes = Clothes { model, test, reference: Vec::new(), accuracy, seconds };
        let artifact = clothes.compile(&sanderling_targets::find("host")?)?;
        let inputs = clothes.inputs(&artifact)?;
        clothes.reference = machines::outputs(&Model::parse(&artifact, BackendArg::Scalar.kernels()?)?, &inputs)?;
        Ok(clothes)
    }

    /// What the training gave, for people.
    pub fn about(&self) -> String {
        let right = 100.0 * self.accuracy;
        let images = show::grouped(self.test.labels.len() as u64);
        format!(
            "trained in {:.0} s; in float {right:.1} % of {images} test pictures are right, and in int8:",
            self.seconds
        )
    }
}

impl Case for Clothes {
    fn compile(&self, target: &Target) -> Result<Vec<u8>> {
        let calibration = Calibration { samples: self.model.samples(), method: Default::default() };
        let options = Options { quantize: Some(calibration), ..Options::default() };
        let module = self.model.lower()?;
        Ok(compile::compile_module(&module, Path::new("clothes"), target, options)?.artifact)
    }

    fn inputs(&self, artifact: &[u8]) -> Result<Vec<Vec<u8>>> {
        let model = Model::parse(artifact, BackendArg::Scalar.kernels()?)?;
        evaluate::stored(&model, &self.test)
    }

    fn labels(&self) -> &[usize] {
        &self.test.labels
    }

    fn reference(&self) -> &[u8] {
        &self.reference
    }
}
