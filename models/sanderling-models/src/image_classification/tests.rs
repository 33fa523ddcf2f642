//! Networks on pictures that anybody could tell apart, and trainings that are interrupted.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sanderling_host::{Backend, kernels};
use sanderling_runtime::{Model, Session};

use super::*;
use crate::random::Random;

/// Writes a pair of IDX files: bars that lie, stand, or run across, on noise.
fn bars(folder: &Path, name: &str, count: usize, seed: u64) {
    let mut random = Random::new(seed);
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    for i in 0..count {
        let class = i % 3;
        let offset = random.below(4);
        for y in 0..12 {
            for x in 0..12 {
                let at = [y, x, x + y][class];
                let bright = (at + offset) % 4 < 2;
                pixels.push(if bright { 170 } else { 30 } + random.below(60) as u8);
            }
        }
        labels.push(class as u8);
    }
    let head = |rank: u8, dims: &[u32]| {
        let dims = dims.iter().flat_map(|d| d.to_be_bytes());
        [0, 0, 8, rank].into_iter().chain(dims).collect::<Vec<u8>>()
    };
    std::fs::create_dir_all(folder).unwrap();
    let images = [head(3, &[count as u32, 12, 12]), pixels].concat();
    std::fs::write(folder.join(format!("{name}-images-idx3-ubyte")), images).unwrap();
    let labels = [head(1, &[count as u32]), labels].concat();
    std::fs::write(folder.join(format!("{name}-labels-idx1-ubyte")), labels).unwrap();
}

struct Case {
    folder: tempfile::TempDir,
    job: Job,
}

const QUICK: [(&str, &str); 7] = [
    ("num_classes", "3"),
    ("num_layers", "8"),
    ("width_multiplier", "0.25"),
    ("epochs", "3"),
    ("mini_batch_size", "16"),
    ("optimizer", "adamw"),
    ("learning_rate", "0.01"),
];

impl Case {
    fn new(hyper: &[(&str, &str)]) -> Case {
        let folder = tempfile::tempdir().unwrap();
        bars(&folder.path().join("train"), "train", 240, 1);
        bars(&folder.path().join("test"), "test", 60, 2);
        let hyperparameters = QUICK.iter().chain(hyper).map(|(k, v)| (k.to_string(), v.to_string())).collect();
        let channels = BTreeMap::from([("train".to_string(), folder.path().join("train"))]);
        Case { folder, job: Job { hyperparameters, channels, ..Job::default() } }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn train(&self, observer: &mut dyn Observer) -> Result<Box<dyn Trained>, TrainError> {
        ImageClassification.train(&self.job, observer)
    }

    fn why(&self) -> String {
        self.train(&mut ()).err().unwrap().to_string()
    }

    fn accuracy(&self, model: &dyn Trained) -> f64 {
        model.evaluate(&self.path("test")).unwrap()[0].value
    }
}

fn saved(model: &dyn Trained) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    model.save(folder.path()).unwrap();
    std::fs::read(folder.path().join("model.json")).unwrap()
}

/// Counts steps and perhaps cancels after some.
#[derive(Default)]
struct Watch {
    until: Option<u64>,
    steps: Cell<u64>,
    resumed: Option<u64>,
    stopped: bool,
    metrics: Vec<String>,
}

impl Observer for Watch {
    fn event(&mut self, event: &Event) {
        match event {
            Event::Progress { done, .. } => self.steps.set(*done),
            Event::Resumed { epoch } => self.resumed = Some(*epoch),
            Event::EarlyStop { .. } => self.stopped = true,
            Event::Metric { metric, .. } => self.metrics.push(metric.name.clone()),
            Event::Checkpoint { .. } => {}
        }
    }

    fn is_cancelled(&self) -> bool {
        self.until.is_some_and(|until| self.steps.get() >= until)
    }
}

#[test]
fn both_families_learn_with_every_optimizer() {
    let ways = [
        ("resnet", "8", "adamw", "0.01"),
        ("resnet", "8", "sgd", "0.05"),
        ("resnet", "14", "adam", "0.01"),
        ("mobilenet", "10", "nag", "0.05"),
        ("mobilenet", "10", "rmsprop", "0.003"),
    ];
    for (network, layers, optimizer, rate) in ways {
        let hyper = [("network", network), ("num_layers", layers), ("optimizer", optimizer), ("learning_rate", rate)];
        let case = Case::new(&[&hyper[..], &[("lr_scheduler", "one_cycle"), ("epochs", "5")]].concat());
        let accuracy = case.accuracy(&*case.train(&mut ()).unwrap());
        assert!(accuracy >= 0.95, "{network} {optimizer}: {accuracy}");
    }
}

#[test]
fn the_small_network_has_its_known_size() {
    let hyper: BTreeMap<String, String> = [("num_classes".to_string(), "10".to_string())].into();
    let hyper: Hyperparameters = crate::hyperparameters::read(hyperparameters::TABLE, &hyper).unwrap();
    assert_eq!(net::Net::new(&hyper, [28, 28, 1]).parameters, 77_658);
}

#[test]
fn the_same_job_gives_the_same_model_on_any_number_of_threads() {
    let case = Case::new(&[("augmentation_type", "crop"), ("epochs", "1")]);
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| saved(&*case.train(&mut ()).unwrap()))
    };
    let first = on(1);
    assert!(first == on(1));
    assert!(first == on(3));
    let other = Job { seed: Some(9), ..case.job.clone() };
    assert!(first != saved(&*ImageClassification.train(&other, &mut ()).unwrap()));
}

#[test]
fn an_interrupted_training_goes_on_to_the_same_model() {
    let mut case = Case::new(&[("augmentation_type", "crop_color_transform"), ("top_k", "2")]);
    case.job.channels.insert("validation".into(), case.path("test"));
    let whole = saved(&*case.train(&mut ()).unwrap());
    case.job.checkpoints = Some(case.path("checkpoints"));
    // In the middle of the second epoch.
    let part = saved(&*case.train(&mut Watch { until: Some(20), ..Watch::default() }).unwrap());
    assert!(part != whole);
    let mut rest = Watch::default();
    assert!(saved(&*case.train(&mut rest).unwrap()) == whole);
    assert_eq!((rest.resumed, rest.steps.get()), (Some(20), 45));
    assert!(rest.metrics.iter().any(|name| name == "validation:top_k_accuracy"));
    assert!(!case.path("checkpoints/checkpoint.json").exists());
    assert!(matches!(case.train(&mut Watch { until: Some(0), ..Watch::default() }), Err(TrainError::Cancelled)));

    case.train(&mut Watch { until: Some(7), ..Watch::default() }).unwrap();
    case.job.hyperparameters.insert("learning_rate".into(), "0.5".into());
    assert!(case.why().contains("another job"), "{}", case.why());
}

#[test]
fn the_best_epoch_is_kept_and_a_stuck_training_ends() {
    // So long a step that the network gets no better after its first epochs.
    let hyper = [("epochs", "60"), ("early_stopping", "1"), ("early_stopping_min_epochs", "2")];
    let mut case = Case::new(&[&hyper[..], &[("early_stopping_patience", "2")]].concat());
    case.job.channels.insert("validation".into(), case.path("test"));
    let mut watch = Watch::default();
    let model = case.train(&mut watch).unwrap();
    assert!(watch.stopped && watch.steps.get() < 60 * 15);
    assert!(case.accuracy(&*model) >= 0.95);
}

#[test]
fn what_does_not_fit_is_named() {
    let why = |hyper: &[(&str, &str)]| Case::new(hyper).why();
    assert_eq!(why(&[("num_classes", "2")]), "channel train: its labels go up to 2, but num_classes is 2");
    assert!(why(&[("image_shape", "1,28,28")]).contains("[12, 12, 1], not [28, 28, 1]"));
    assert!(why(&[("num_layers", "9")]).contains("there is no ResNet of 9 layers; there are 8, 14"));
    assert!(why(&[("num_training_samples", "999")]).contains("there are 240 images"));
    assert!(why(&[("image_shape", "2,28,28")]).contains("channels (1 or 3)"));
    assert!(why(&[("use_pretrained_model", "1")]).contains("use_pretrained_model = 1"));

    let case = Case::new(&[]);
    let photographs = case.path("photographs");
    for class in ["cat", "dog"] {
        bars(&photographs.join(class), "x", 3, 1);
    }
    let mut job = case.job.clone();
    job.channels.insert("train".into(), photographs.clone());
    let why = ImageClassification.train(&job, &mut ()).err().unwrap().to_string();
    assert!(why.contains("cat/x-images-idx3-ubyte") && why.contains("no picture"), "{why}");
}

#[test]
fn a_damaged_model_is_refused() {
    let case = Case::new(&[("epochs", "1")]);
    let good = String::from_utf8(saved(&*case.train(&mut ()).unwrap())).unwrap();
    let refused = |text: &str| {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("model.json"), text).unwrap();
        crate::load(folder.path()).err().map(|e| e.to_string())
    };
    assert_eq!(refused(&good), None);
    assert!(refused(&good[..good.len() / 2]).is_some());
    assert!(refused(&good.replacen("\"parameters\":\"", "\"parameters\":\"0000", 1)).unwrap().contains("cut short"));
    let wide = good.replacen("\"width_multiplier\":0.25", "\"width_multiplier\":0.5", 1);
    assert!(refused(&wide).unwrap().contains("do not fit its network"));
    assert!(refused(&good.replacen("\"shape\":[12", "\"shape\":[0", 1)).unwrap().contains("not possible"));
}

/// What an artifact finds for images: the class and, of real ones, the probabilities.
fn run(artifact: &[u8], backend: Backend, images: &[Vec<u8>]) -> Vec<u8> {
    let model = Model::parse(artifact, kernels(backend)).unwrap();
    let mut arena = vec![0; model.arena_bytes()];
    let mut session = Session::new(&model, &mut arena).unwrap();
    session.self_test().unwrap();
    let mut outputs = Vec::new();
    for image in images {
        session.input(0).unwrap().copy_from_slice(image);
        session.run().unwrap();
        outputs.extend_from_slice(session.output(0).unwrap());
    }
    outputs
}

#[test]
fn artifacts_predict_what_networks_predict() {
    for network in ["resnet", "mobilenet"] {
        let layers = if network == "resnet" { "8" } else { "10" };
        let case = Case::new(&[("network", network), ("num_layers", layers)]);
        let folder = case.path("model");
        std::fs::create_dir(&folder).unwrap();
        case.train(&mut ()).unwrap().save(&folder).unwrap();
        let model = ImageModel::load(&folder).unwrap();
        let images = Images::read(&case.path("test"), None).unwrap();
        let expected = model.predict(&images);
        let real: Vec<Vec<u8>> = (0..images.len())
            .map(|i| images.image(i).iter().flat_map(|&p| f32::from(p).to_le_bytes()).collect())
            .collect();
        let target = sanderling_targets::find("host").unwrap();
        let compiled = sanderling_compile::compile(&model.lower().unwrap(), &target).unwrap();
        // Nothing of the normalizations is left.
        assert!(compiled.report.layers.iter().all(|layer| layer.op != "mul"), "{:?}", compiled.report.layers);
        for backend in [Backend::Scalar, Backend::Auto] {
            let found = run(&compiled.artifact, backend, &real);
            let found = found.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b));
            let worst = found.zip(&expected).fold(0f32, |m, (a, b)| m.max((a - b).abs()));
            assert!(worst < 1e-4, "{network}: {worst}");
        }
    }
}
