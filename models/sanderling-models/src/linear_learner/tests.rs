//! Linear models of data that are linear.

use std::collections::BTreeMap;

use super::*;
use crate::random::Random;

fn job(text: &str, hyper: &[(&str, &str)]) -> (tempfile::TempDir, Job) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("train.csv");
    std::fs::write(&path, text).unwrap();
    let hyperparameters = hyper.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
    let channels = BTreeMap::from([("train".to_string(), path)]);
    (folder, Job { hyperparameters, channels, ..Job::default() })
}

/// Rows of three features of very different sizes, and a label made of them.
fn rows(count: usize, label: impl Fn([f64; 3]) -> f64) -> String {
    let mut random = Random::new(5);
    let row = |_| {
        let x = [random.normal() * 100.0 + 500.0, random.normal(), random.normal() * 0.01];
        format!("{},{},{},{}\n", label(x), x[0], x[1], x[2])
    };
    (0..count).map(row).collect()
}

fn figure(metrics: &[Metric], name: &str) -> f64 {
    metrics.iter().find(|m| m.name == name).unwrap().value
}

fn evaluate(text: &str, hyper: &[(&str, &str)]) -> Vec<Metric> {
    let (folder, job) = job(text, hyper);
    let model = LinearLearner.train(&job, &mut ()).unwrap();
    let saved = folder.path().join("model");
    std::fs::create_dir(&saved).unwrap();
    model.save(&saved).unwrap();
    let metrics = model.evaluate(&job.channels["train"]).unwrap();
    assert_eq!(crate::load(&saved).unwrap().evaluate(&job.channels["train"]).unwrap(), metrics);
    metrics
}

#[test]
fn regression_finds_the_plane() {
    let text = rows(500, |[a, b, c]| 0.02 * a - 3.0 * b + 200.0 * c + 7.0);
    let hyper =
        [("predictor_type", "regressor"), ("epochs", "60"), ("mini_batch_size", "50"), ("wd", "0"), ("l1", "0")];
    for loss in ["squared_loss", "absolute_loss", "huber_loss", "eps_insensitive_squared_loss", "quantile_loss"] {
        let metrics = evaluate(&text, &[&hyper[..], &[("loss", loss)]].concat());
        assert!(figure(&metrics, "r2") > 0.995, "{loss}: {metrics:?}");
    }
    for optimizer in ["sgd", "rmsprop"] {
        let metrics = evaluate(&text, &[&hyper[..], &[("optimizer", optimizer)]].concat());
        assert!(figure(&metrics, "r2") > 0.995, "{optimizer}: {metrics:?}");
    }
}

#[test]
fn classes_are_told_apart() {
    let text = rows(600, |[a, b, _]| f64::from(0.02 * a - 10.0 + b > 0.0));
    let hyper = [("predictor_type", "binary_classifier"), ("mini_batch_size", "20")];
    for loss in ["logistic", "hinge_loss"] {
        let metrics = evaluate(&text, &[&hyper[..], &[("loss", loss)]].concat());
        assert!(figure(&metrics, "binary_classification_accuracy") > 0.98, "{loss}: {metrics:?}");
    }
    let text = rows(600, |[a, b, _]| {
        let planes = [0.01 * a - 5.0, b, 5.0 - 0.01 * a - b];
        (0..3).max_by(|&i, &j| planes[i].total_cmp(&planes[j])).unwrap_or(0) as f64
    });
    let hyper = [("predictor_type", "multiclass_classifier"), ("num_classes", "3"), ("mini_batch_size", "20")];
    let metrics = evaluate(&text, &[&hyper[..], &[("epochs", "40")]].concat());
    assert!(figure(&metrics, "multiclass_accuracy") > 0.95, "{metrics:?}");
}

#[test]
fn the_threshold_meets_its_target() {
    // A noisy label, so that precision and recall cannot both be high.
    let mut random = Random::new(8);
    let noise: Vec<f64> = (0..800).map(|_| random.normal()).collect();
    let at = std::cell::Cell::new(0);
    let label = |[_, b, _]: [f64; 3]| {
        at.set(at.get() + 1);
        f64::from(b + noise[at.get() - 1] > 0.8)
    };
    let text = rows(800, label);
    let hyper = [("predictor_type", "binary_classifier"), ("mini_batch_size", "20")];
    let criterion = |name: &'static str, target: &'static str| {
        let own = [("binary_classifier_model_selection_criteria", name), (target, "0.9")];
        evaluate(&text, &[&hyper[..], &own].concat())
    };
    let metrics = criterion("precision_at_target_recall", "target_recall");
    assert!(figure(&metrics, "recall") >= 0.9, "{metrics:?}");
    let metrics = criterion("recall_at_target_precision", "target_precision");
    assert!(figure(&metrics, "precision") >= 0.9, "{metrics:?}");
}

#[test]
fn the_same_seed_gives_the_same_model_on_any_number_of_threads() {
    let (_folder, job) = job(&rows(300, |x| x[1]), &[("predictor_type", "regressor"), ("mini_batch_size", "40")]);
    let on = |threads, seed| {
        let job = Job { seed: Some(seed), ..job.clone() };
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let saved = tempfile::tempdir().unwrap();
        pool.install(|| LinearLearner.train(&job, &mut ()).unwrap().save(saved.path()).unwrap());
        std::fs::read(saved.path().join("model.json")).unwrap()
    };
    assert_eq!(on(1, 1), on(3, 1));
    assert_ne!(on(1, 1), on(1, 2));
}

#[test]
fn data_that_do_not_fit_are_named() {
    let fails = |text: &str, hyper: &[(&str, &str)]| {
        let (_folder, job) = job(text, hyper);
        LinearLearner.train(&job, &mut ()).err().unwrap().to_string()
    };
    let binary = [("predictor_type", "binary_classifier")];
    assert_eq!(fails("0,1\n2,1\n", &binary), "channel train: row 2: label 2 is neither 0 nor 1");
    let missing = "channel train: row 2: feature 1 is missing; fill it in, or use xgboost";
    assert_eq!(fails("0,1,2\n1,,1\n", &binary), missing);
    let multi = [("predictor_type", "multiclass_classifier")];
    assert_eq!(fails("0,1\n", &multi), "predictor_type multiclass_classifier needs num_classes");
    let hinge = [("predictor_type", "regressor"), ("loss", "hinge_loss")];
    assert_eq!(fails("0,1\n", &hinge), "loss does not fit predictor_type");
}

#[test]
fn artifacts_predict_what_models_predict() {
    for (predictor, classes) in [("regressor", 0.0), ("binary_classifier", 2.0), ("multiclass_classifier", 3.0)] {
        let label = |[a, b, _]: [f64; 3]| match classes {
            0.0 => 0.02 * a - 3.0 * b,
            classes => (b + 1.5).clamp(0.0, classes - 1.0).floor(),
        };
        let mut hyper = vec![("predictor_type", predictor), ("epochs", "3")];
        if classes == 3.0 {
            hyper.push(("num_classes", "3"));
        }
        let (folder, job) = job(&rows(100, label), &hyper);
        LinearLearner.train(&job, &mut ()).unwrap().save(folder.path()).unwrap();
        let model: LinearModel = store::load(&folder.path().join(store::MODEL), NAME).unwrap();
        let path = &job.channels["train"];
        let table = read(path, Format::of(path).unwrap(), "train", &model.hyper, Some(3)).unwrap();
        let mut expected = model.scores(&table);
        for scores in expected.chunks_mut(model.biases.len()) {
            match predictor {
                "binary_classifier" => scores[0] = 1.0 / (1.0 + (-scores[0]).exp()),
                "multiclass_classifier" => {
                    let sum: f32 = scores.iter().map(|s| s.exp()).sum();
                    scores.iter_mut().for_each(|s| *s = s.exp() / sum);
                }
                _ => {}
            }
        }
        let row = |row: usize| {
            let mut values = vec![0.0; 3];
            table.features.copy_row(row, 0.0, &mut values);
            values
        };
        let inputs: Vec<Vec<f32>> = (0..table.rows()).map(row).collect();
        for found in crate::lower::predict(&model.lower().unwrap(), &inputs) {
            let most = expected.iter().fold(0f32, |m, v| m.max(v.abs()));
            let worst = found.iter().zip(&expected).fold(0f32, |m, (a, b)| m.max((a - b).abs()));
            assert!(found.len() == expected.len() && worst <= 1e-5 * most.max(1.0), "{predictor}: {worst}");
        }
    }
}
