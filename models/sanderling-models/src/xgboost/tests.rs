//! Trees on data whose best trees are known, and trainings that are interrupted.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::PathBuf;

use super::*;
use crate::random::Random;

/// Rows of `x0, x1, x2`, some missing, with a label that depends on two of them.
fn rows(count: usize, classes: bool) -> String {
    let mut random = Random::new(3);
    let mut text = String::new();
    for _ in 0..count {
        let [a, b, c] = [(); 3].map(|()| (random.unit() * 100.0).round() / 10.0);
        let is_missing = random.unit() < 0.2;
        let target = if is_missing { 5.0 } else { a } + 2.0 * f64::from(b > 4.0) + random.unit() * 0.1;
        let label = if classes { f64::from(target > 6.0) } else { target };
        let a = if is_missing { String::new() } else { a.to_string() };
        text.push_str(&format!("{label},{a},{b},{c}\n"));
    }
    text
}

struct Case {
    folder: tempfile::TempDir,
    job: Job,
}

impl Case {
    fn new(hyper: &[(&str, &str)], text: &str) -> Case {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("train.csv");
        std::fs::write(&path, text).unwrap();
        let hyperparameters = hyper.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
        let channels = BTreeMap::from([("train".to_string(), path)]);
        Case { folder, job: Job { hyperparameters, channels, ..Job::default() } }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn train(&self, observer: &mut dyn Observer) -> Result<Box<dyn Trained>, TrainError> {
        XgBoost.train(&self.job, observer)
    }

    fn why(&self) -> String {
        self.train(&mut ()).err().unwrap().to_string()
    }
}

fn saved(model: &dyn Trained) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    model.save(folder.path()).unwrap();
    std::fs::read(folder.path().join(MODEL_FILE)).unwrap()
}

fn figure(metrics: &[Metric], name: &str) -> f64 {
    metrics.iter().find(|m| m.name == name).unwrap().value
}

#[test]
fn regression_and_classes_are_learnt_with_values_missing() {
    let case = Case::new(&[("num_round", "60"), ("eta", "0.2")], &rows(2000, false));
    let model = case.train(&mut ()).unwrap();
    let rmse = figure(&model.evaluate(&case.path("train.csv")).unwrap(), "rmse");
    assert!(rmse < 0.1, "{rmse}");

    let hyper = [("num_round", "30"), ("objective", "binary:logistic")];
    let case = Case::new(&hyper, &rows(2000, true));
    let model = case.train(&mut ()).unwrap();
    assert!(figure(&model.evaluate(&case.path("train.csv")).unwrap(), "auc") > 0.999);

    let hyper = [("num_round", "30"), ("objective", "multi:softprob"), ("num_class", "2")];
    let case = Case::new(&hyper, &rows(2000, true));
    let model = case.train(&mut ()).unwrap();
    assert!(figure(&model.evaluate(&case.path("train.csv")).unwrap(), "merror") < 0.01);
}

#[test]
fn being_there_is_worth_a_split() {
    // One-hot rows of libsvm: features have one value, or none.
    let text: String = (0..40).map(|i| if i % 2 == 0 { "1 0:1 2:1\n" } else { "0 1:1 2:1\n" }).collect();
    let mut case = Case::new(&[("num_round", "5"), ("objective", "binary:logistic"), ("eta", "1")], "1,1\n");
    let path = case.path("train.libsvm");
    std::fs::write(&path, text).unwrap();
    case.job.channels.insert("train".into(), path.clone());
    let metrics = case.train(&mut ()).unwrap().evaluate(&path).unwrap();
    assert_eq!((figure(&metrics, "error"), figure(&metrics, "auc")), (0.0, 1.0));
}

#[test]
fn one_split_has_the_values_of_the_formula() {
    // Squared error from base score 0: leaves are sums over counts plus lambda.
    let hyper = [("num_round", "1"), ("max_depth", "1"), ("eta", "1"), ("base_score", "0"), ("min_child_weight", "0")];
    let case = Case::new(&hyper, "1,0\n2,1\n9,2\n11,3\n");
    let folder = case.path("model");
    std::fs::create_dir(&folder).unwrap();
    case.train(&mut ()).unwrap().save(&folder).unwrap();
    let booster = file::read(&std::fs::read(folder.join(MODEL_FILE)).unwrap()).unwrap();
    let tree = &booster.trees[0];
    let split = tree.nodes[0].split.unwrap();
    assert_eq!((split.feature, split.threshold), (0, 2.0));
    let (left, right) = (tree.nodes[split.left as usize].value, tree.nodes[split.right as usize].value);
    assert_eq!((left, right), (3.0 / 3.0, 20.0 / 3.0));
    // Gain: left^2/(n+1) + right^2/(n+1) - all^2/(n+1).
    assert!((split.gain - (9.0 / 3.0 + 400.0 / 3.0 - 529.0 / 5.0)).abs() < 1e-4);
}

#[test]
fn the_same_job_gives_the_same_model_on_any_number_of_threads() {
    let hyper = [("num_round", "12"), ("subsample", "0.7"), ("colsample_bynode", "0.6"), ("max_depth", "4")];
    let case = Case::new(&hyper, &rows(20_000, false));
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| saved(&*case.train(&mut ()).unwrap()))
    };
    let first = on(1);
    assert_eq!(first, on(1));
    assert_eq!(first, on(3));
    let other = Case { job: Job { seed: Some(9), ..case.job.clone() }, folder: tempfile::tempdir().unwrap() };
    assert_ne!(first, saved(&*other.train(&mut ()).unwrap()));
}

/// Cancels after some rounds.
struct Stop {
    after: u64,
    seen: Cell<u64>,
    resumed: bool,
}

impl Stop {
    fn after(after: u64) -> Stop {
        Stop { after, seen: Cell::new(0), resumed: false }
    }
}

impl Observer for Stop {
    fn event(&mut self, event: &Event) {
        match event {
            Event::Progress { done, .. } => self.seen.set(*done),
            Event::Resumed { .. } => self.resumed = true,
            _ => {}
        }
    }

    fn is_cancelled(&self) -> bool {
        self.seen.get() >= self.after
    }
}

#[test]
fn an_interrupted_training_goes_on_to_the_same_model() {
    let hyper = [("num_round", "20"), ("subsample", "0.5")];
    let mut case = Case::new(&hyper, &rows(500, false));
    let whole = saved(&*case.train(&mut ()).unwrap());
    case.job.checkpoints = Some(case.path("checkpoints"));
    let part = saved(&*case.train(&mut Stop::after(7)).unwrap());
    assert_ne!(part, whole);
    let mut rest = Stop::after(100);
    assert_eq!(saved(&*case.train(&mut rest).unwrap()), whole);
    assert!(rest.resumed);
    assert!(!case.path("checkpoints/checkpoint.json").exists());

    case.train(&mut Stop::after(7)).unwrap();
    case.job.hyperparameters.insert("eta".into(), "0.5".into());
    assert!(case.why().contains("another job"), "{}", case.why());
}

#[test]
fn validation_stops_a_training_that_gets_no_better() {
    let hyper = [("num_round", "500"), ("early_stopping_rounds", "5"), ("eta", "0.5")];
    let mut case = Case::new(&hyper, &rows(300, false));
    assert_eq!(case.why(), "channel validation is missing");
    std::fs::write(case.path("validation.csv"), rows(200, false).replace("1,", "3,")).unwrap();
    case.job.channels.insert("validation".into(), case.path("validation.csv"));
    let mut stop = Stop::after(1000);
    case.train(&mut stop).unwrap();
    assert!(stop.seen.get() < 400);
}

#[test]
fn labels_that_do_not_fit_are_named() {
    let why = |hyper: &[(&str, &str)], text: &str| Case::new(hyper, text).why();
    let classes = [("num_round", "1"), ("objective", "multi:softmax"), ("num_class", "3")];
    let label = "channel train: row 2: label 3 is no class from 0 to 2; num_class says how many there are";
    assert_eq!(why(&classes, "1,2\n3,4\n"), label);
    let logistic = [("num_round", "1"), ("objective", "binary:logistic")];
    assert_eq!(why(&logistic, "1,2\n2,4\n"), "channel train: row 2: label 2 is not between 0 and 1");
    assert_eq!(why(&classes[..2], "1,2\n"), "objective multi:softmax needs num_class");
}

#[test]
fn a_damaged_model_is_refused() {
    let case = Case::new(&[("num_round", "3")], &rows(100, false));
    let good = String::from_utf8(saved(&*case.train(&mut ()).unwrap())).unwrap();
    assert_eq!(file::write(&file::read(good.as_bytes()).unwrap()), good.as_bytes());
    assert!(file::read(&good.as_bytes()[..good.len() / 2]).is_err());
    // A child that is its own parent would be walked for ever.
    let cycle = good.replacen("\"left_children\":[1,", "\"left_children\":[0,", 1);
    assert_ne!(cycle, good);
    assert!(file::read(cycle.as_bytes()).unwrap_err().contains("tree 0"));
}

/// Training rows as the artifact takes them.
fn dense(table: &Table, features: usize) -> Vec<Vec<f32>> {
    let row = |row: usize| {
        let mut values = vec![f32::NAN; features];
        table.features.copy_row(row, f32::NAN, &mut values);
        values
    };
    (0..table.rows()).map(row).collect()
}

#[test]
fn artifacts_predict_what_boosters_predict() {
    for (objective, classes) in [("reg:squarederror", false), ("binary:logistic", true), ("multi:softprob", true)] {
        let mut hyper = vec![("num_round", "12"), ("objective", objective)];
        if objective == "multi:softprob" {
            hyper.push(("num_class", "2"));
        }
        let case = Case::new(&hyper, &rows(200, classes));
        let model = file::read(&saved(&*case.train(&mut ()).unwrap())).unwrap();
        let table = Table::read(&case.job.channels["train"], Format::CSV).unwrap();
        let expected = model.predict(&table.features);
        let found = crate::lower::predict(&lower::lower(&model).unwrap(), &dense(&table, model.features));
        for found in found {
            assert_eq!(found.len(), expected.len());
            // The sums are the same to the last bit, the exponential function is not.
            let slack = if classes { 1e-6 } else { 0.0 };
            let worst = found.iter().zip(&expected).fold(0f32, |m, (a, b)| m.max((a - b).abs()));
            assert!(worst <= slack, "{objective}: {worst}");
        }
    }
}
