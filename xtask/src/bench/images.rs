//! `images`: a small residual network trained on the 20,000 training images of Fashion-MNIST, as PyTorch trains it.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result};
use serde_json::Value;

use super::Bench;
use super::row::Row;

/// The same network and settings on two cores: the accuracy is the mean of three seeds.
const PEER: &str = "PyTorch 2, CPU (quoted, docs/measuring.md)";
const PEER_ACCURACY: f64 = 89.3;
const PEER_IMAGES_PER_SECOND: f64 = 676.0;

const IMAGES: f64 = 20_000.0;
const EPOCHS: f64 = 5.0;
const HYPERPARAMETERS: [&str; 8] = [
    "num_classes=10",
    "num_layers=8",
    "epochs=5",
    "mini_batch_size=64",
    "optimizer=adamw",
    "weight_decay=0.01",
    "lr_scheduler=one_cycle",
    "learning_rate=0.003",
];

pub fn rows(bench: &Bench) -> Result<Vec<Row>> {
    let case = "fashion-mnist, image-classification";
    let Some(data) = std::env::var_os("SANDERLING_DATA").map(PathBuf::from) else {
        return Ok(vec![Row::new(case, "accuracy", "%", None).note(Some("SANDERLING_DATA is not set".into()))]);
    };
    let folder = data.join("datasets/images/fashion-mnist");
    let (train, test) = (folder.join("train20k-images-idx3-ubyte.gz"), folder.join("t10k-images-idx3-ubyte.gz"));
    let (model, artifact) = (bench.folder.path().join("model"), bench.folder.path().join("int8.sndl"));
    let bar = bench.bar(3);
    bar.enable_steady_tick(std::time::Duration::from_millis(200));
    bar.set_message("training");
    let start = Instant::now();
    bench.cli.train("image-classification", &train, &HYPERPARAMETERS, &model)?;
    let rate = IMAGES * EPOCHS / start.elapsed().as_secs_f64();
    bar.inc(1);
    bar.set_message("quantizing");
    bench.cli.quantize(&model, "host", &artifact)?;
    bar.inc(1);
    bar.set_message("evaluating");
    let percent = |backend: &str, name: &str| accuracy(bench, &model, &test, &artifact, backend, name);
    let real = percent("auto", "accuracy")?;
    let int8 = [percent("auto", "artifact:accuracy")?, percent("scalar", "artifact:accuracy")?];
    bar.finish_and_clear();
    Ok(vec![
        Row::new(case, "accuracy, float", "%", Some(real)).beside(PEER, Some(PEER_ACCURACY)),
        Row::new(case, "accuracy, int8", "%", Some(int8[0])).beside("its plain Rust kernels", Some(int8[1])),
        Row::new(case, "images a second", "1/s", Some(rate)).beside(PEER, Some(PEER_IMAGES_PER_SECOND)),
    ])
}

fn accuracy(bench: &Bench, model: &Path, test: &Path, artifact: &Path, backend: &str, name: &str) -> Result<f64> {
    let metrics = bench.cli.evaluate_artifact(model, test, artifact, backend)?;
    Ok(100.0 * metrics.get(name).and_then(Value::as_f64).with_context(|| format!("no metric {name}"))?)
}
