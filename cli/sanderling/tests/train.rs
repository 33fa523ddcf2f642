//! Training from files: a model folder, resuming after a kill, and bad input that leaves nothing behind.

mod common;

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use common::{ok, sanderling};
use sanderling_data::{Batch, Format, Table, Writer};
use serde_json::Value;

/// Rows with a label that a tree finds.
fn rows(count: usize) -> String {
    (0..count).map(|i| format!("{},{},{}\n", u8::from(i * 7 % 10 > 4), i * 7 % 10, i * 13 % 17)).collect()
}

#[test]
fn a_model_is_trained_and_evaluated() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    fs::write(path("train.csv"), rows(200)).unwrap();
    let hyper = ["--hp", "objective=binary:logistic", "--hp", "num_round=10"];
    let train = ["train", "--algorithm", "xgboost", "--train", &path("train.csv"), "-o", &path("model"), "--json"];
    let report: Value = serde_json::from_str(&ok(&[&train[..], &hyper].concat())).unwrap();
    assert!(report["metrics"]["train:logloss"].as_f64().unwrap() < 0.1, "{report}");
    let metrics: Value =
        serde_json::from_str(&ok(&["evaluate", &path("model"), "--data", &path("train.csv"), "--json"])).unwrap();
    assert_eq!(metrics["metrics"]["error"], 0.0);
    let known: Value = serde_json::from_str(&ok(&["algorithms", "--json"])).unwrap();
    assert!(known["algorithms"].as_array().unwrap().iter().any(|a| a["name"] == "linear-learner"));
}

#[test]
fn every_content_type_gives_the_same_model() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    fs::write(path("rows.csv"), rows(200)).unwrap();
    let table = Table::read(&folder.path().join("rows.csv"), Format::CSV).unwrap();
    let batch = Batch::from(table);
    let mut metrics = Vec::new();
    // Names without an extension: half of them tell by their bytes, half by the content type.
    let cases = [
        ("csv", Format::CSV, "text/csv;label_size=1"),
        ("records", Format::RecordIo, "application/x-recordio-protobuf"),
        ("lines", Format::JsonLines, "train=application/jsonlines"),
        ("array", Format::Npy { labels: 1, weights: false }, ""),
        ("packed.csv.gz", Format::CSV, ""),
        ("rows.parquet", Format::Parquet { labels: 1, weights: false }, "application/x-parquet"),
        ("arrow", Format::Arrow { labels: 1, weights: false }, ""),
    ];
    for (name, format, content_type) in cases {
        let mut writer = Writer::create(&folder.path().join(name), format).unwrap();
        writer.write(&batch).unwrap();
        writer.finish().unwrap();
        let (data, model) = (path(name), path("model"));
        let mut arguments = vec!["train", "--algorithm", "xgboost", "--train", &data, "-o", &model, "--json"];
        arguments.extend(["--hp", "objective=binary:logistic", "--hp", "num_round=3"]);
        if !content_type.is_empty() {
            arguments.extend(["--content-type", content_type]);
        }
        let report: Value = serde_json::from_str(&ok(&arguments)).unwrap();
        metrics.push(report["metrics"].clone());
        ok(&["evaluate", &model, "--data", &data]);
        fs::remove_dir_all(&model).unwrap();
    }
    assert!(metrics.iter().all(|metric| *metric == metrics[0]), "{metrics:?}");

    let refused = |content_type: &str, why: &str| {
        let (data, model) = (path("csv"), path("model"));
        let train = ["train", "--algorithm", "xgboost", "--train", &data, "-o", &model, "--hp", "num_round=1"];
        let output = sanderling(&[&train[..], &["--content-type", content_type]].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(why), "{said}");
    };
    refused("text/html", "channel train: content type \"text/html\" is not one of");
    refused("valid=text/csv", "channel valid: there is no such channel");
    refused("application/x-recordio-protobuf", "record 1 (byte 0): it begins with");
    refused("text/csv;label_size=0", "its rows have no labels");
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_sanderling"));
    let mut child =
        child.args(["algorithms", "xgboost"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn bad_input_is_refused_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    fs::write(path("ragged.csv"), "1,2,3\n0,1\n").unwrap();
    fs::write(path("nan.csv"), "nan,2\n").unwrap();
    fs::write(path("good.csv"), "1,2\n0,3\n").unwrap();
    fs::write(path("three.csv"), "3,2\n0,3\n").unwrap();
    let refused = |algorithm: &str, data: &str, hyper: &[&str], words: &[&str]| {
        let (data, model) = (path(data), path("model"));
        let mut arguments = vec!["train", "--algorithm", algorithm, "--train", &data, "-o", &model];
        arguments.extend(hyper.iter().flat_map(|one| ["--hp", one]));
        let output = sanderling(&arguments);
        let why = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{why}");
        assert!(words.iter().all(|word| why.contains(word)), "{why}");
        assert!(!folder.path().join("model").exists(), "{why}");
    };
    let once = "num_round=1";
    refused("xgbost", "good.csv", &[once], &["xgbost", "did you mean xgboost"]);
    refused("xgboost", "good.csv", &["num_rond=1"], &["num_rond", "did you mean num_round"]);
    refused("xgboost", "good.csv", &["eta=7"], &["num_round is required"]);
    refused("xgboost", "good.csv", &[once, "eta=7"], &["eta = 7 is not possible", "to 1"]);
    refused("xgboost", "good.csv", &[once, "eta=fast"], &["eta = fast is not possible", "a number"]);
    refused("xgboost", "ragged.csv", &[once], &["ragged.csv, line 2", "2 columns"]);
    refused("xgboost", "nan.csv", &[once], &["nan.csv, line 1", "label"]);
    refused("xgboost", "absent.csv", &[once], &["absent.csv", "No such file"]);
    let classes = [once, "objective=multi:softmax", "num_class=3"];
    refused("xgboost", "three.csv", &classes, &["train", "row 1", "label 3", "num_class"]);
    refused("linear-learner", "good.csv", &["predictor_type=regresor"], &["regresor", "regressor"]);
}

#[test]
fn data_of_another_width_is_not_evaluated() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    fs::write(path("train.csv"), rows(50)).unwrap();
    fs::write(path("wide.csv"), "1,2,3,4,5,6,7\n").unwrap();
    for (algorithm, hyper) in [("xgboost", "num_round=2"), ("linear-learner", "predictor_type=regressor")] {
        let (model, data) = (path(algorithm), path("train.csv"));
        let trained = sanderling(&["train", "--algorithm", algorithm, "--train", &data, "--hp", hyper, "-o", &model]);
        assert!(trained.status.success(), "{}", String::from_utf8_lossy(&trained.stderr));
        let output = sanderling(&["evaluate", &model, "--data", &path("wide.csv")]);
        let why = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{why}");
        assert!(why.contains("6 features") && why.contains(" 2"), "{why}");
    }
}

#[test]
fn a_killed_training_goes_on_to_the_same_model() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    fs::write(path("train.csv"), rows(20_000)).unwrap();
    let train = |model: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sanderling"));
        command.args(["train", "--algorithm", "xgboost", "--train", &path("train.csv"), "-o", &path(model)]);
        command.args(["--hp", "num_round=1200", "--hp", "subsample=0.8", "--hp", "max_depth=3"]);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    let mut child = train("killed").spawn().unwrap();
    let checkpoint = folder.path().join("killed/checkpoints/checkpoint.json");
    let start = Instant::now();
    // Where the machine is so fast that it ends before its first checkpoint, there is nothing to go on from.
    while !checkpoint.exists() && child.try_wait().unwrap().is_none() && start.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    for model in ["killed", "whole"] {
        assert!(train(model).status().unwrap().success());
    }
    let bytes = |model: &str| fs::read(folder.path().join(model).join("xgboost-model")).unwrap();
    assert_eq!(bytes("killed"), bytes("whole"));
    assert!(!checkpoint.exists());
}

#[test]
fn a_trained_model_compiles_and_predicts() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    fs::write(path("train.csv"), rows(200)).unwrap();
    for (algorithm, hyper) in [("xgboost", "num_round=10"), ("linear-learner", "predictor_type=regressor")] {
        let (model, artifact) = (path(algorithm), path(&format!("{algorithm}.sndl")));
        ok(&["train", "--algorithm", algorithm, "--train", &path("train.csv"), "--hp", hyper, "-o", &model]);
        let report: Value = serde_json::from_str(&ok(&["compile", &model, "-o", &artifact, "--json"])).unwrap();
        assert_eq!(report["model"], algorithm, "{report}");
        ok(&["verify", &artifact]);
        let given = sanderling(&["compile", &model, "-o", &artifact, "--shape", "input=2x2"]);
        assert!(String::from_utf8_lossy(&given.stderr).contains("whose shapes are fixed"));
    }
    fs::create_dir(path("empty")).unwrap();
    let refused = sanderling(&["compile", &path("empty"), "-o", &path("empty.sndl")]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("model.json"));
    assert!(!folder.path().join("empty.sndl").exists());
}
