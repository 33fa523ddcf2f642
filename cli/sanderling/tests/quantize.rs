//! A real model and samples become an int8 artifact; samples that do not fit are refused.

mod common;

use common::{data, ok, sanderling};
use sanderling_format::Element;
use sanderling_host::{Array, write_npz};

/// Twenty samples of a keyword spotter's features, as real numbers.
fn features(shape: &[usize]) -> Array {
    let count: usize = shape.iter().product();
    let values = (0..count).map(|i| ((i * 37 % 251) as f32 - 125.0) * 0.3);
    Array {
        name: "any".into(),
        element: Element::F32,
        shape: shape.to_vec(),
        data: values.flat_map(f32::to_le_bytes).collect(),
    }
}

#[test]
fn a_real_model_becomes_an_int8_artifact() {
    let Some(data) = data() else {
        eprintln!("skipped: a_real_model_becomes_an_int8_artifact (SANDERLING_DATA is not set)");
        return;
    };
    let model = data.join("models/tflite/mlperf_kws_fp32/model.tflite").display().to_string();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (samples, out) = (path("samples.npz"), path("kws.sndl"));
    let flags = ["compile", &model, "--quantize", "int8", "--calibrate", &samples, "-o", &out];

    write_npz(samples.as_ref(), &[features(&[3, 50, 10, 1])]).unwrap();
    let refused = sanderling(&flags);
    assert!(!refused.status.success());
    let why = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(why.contains("array any is float32[3, 50, 10, 1]"), "{why}");
    assert!(why.contains("takes float32[samples, 49, 10, 1]"), "{why}");
    assert!(!folder.path().join("kws.sndl").exists());

    write_npz(samples.as_ref(), &[features(&[3, 49, 10, 1])]).unwrap();
    for method in ["min-max", "percentile", "mse", "entropy"] {
        let report = ok(&[&flags[..], &["--calibration-method", method, "--samples", "2", "--json"]].concat());
        let report: serde_json::Value = serde_json::from_str(&report).unwrap();
        let layers = report["layers"].as_array().unwrap();
        assert!(layers.iter().all(|l| l["dtype"] == "i8" && l["sqnr_db"].is_number()), "{report}");
        assert_eq!(report["kept_float"].as_array().unwrap().len(), 0);
    }
    ok(&["verify", &out]);
}

#[test]
fn neither_threads_nor_the_folder_show_in_a_quantized_artifact() {
    let Some(data) = data() else {
        eprintln!("skipped: neither_threads_nor_the_folder_show_in_a_quantized_artifact (SANDERLING_DATA is not set)");
        return;
    };
    let model = data.join("models/tflite/mlperf_kws_fp32/model.tflite");
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    for method in ["min-max", "percentile", "mse", "entropy"] {
        let artifact = |folder: &tempfile::TempDir, threads: &str| {
            let path = |name: &str| folder.path().join(name).display().to_string();
            let (copy, samples, out) = (path("model.tflite"), path("samples.npz"), path("out.sndl"));
            std::fs::copy(&model, &copy).unwrap();
            write_npz(samples.as_ref(), &[features(&[20, 49, 10, 1])]).unwrap();
            let flags = ["compile", &copy, "--quantize", "int8", "--calibrate", &samples, "-o", &out];
            let report = ok(&[&flags[..], &["--calibration-method", method, "--threads", threads, "--json"]].concat());
            (std::fs::read(out).unwrap(), report)
        };
        let first = artifact(&folders[0], "1");
        for (folder, threads) in [(0, "2"), (1, "1"), (1, "3")] {
            assert!(first == artifact(&folders[folder], threads), "{method}, {threads} threads, folder {folder}");
        }
    }
}

#[test]
fn rounded_weights_halve_a_real_model() {
    let Some(data) = data() else {
        eprintln!("skipped: rounded_weights_halve_a_real_model (SANDERLING_DATA is not set)");
        return;
    };
    let model = data.join("models/tflite/mlperf_ic_fp32/model.tflite").display().to_string();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("ic.sndl").display().to_string();
    let compiled = |weights: &[&str]| {
        let flags = ["compile", &model, "-o", &out, "--json"];
        let report: serde_json::Value = serde_json::from_str(&ok(&[&flags[..], weights].concat())).unwrap();
        ok(&["verify", &out]);
        report
    };
    let full = compiled(&[]);
    assert!(full["rounded_weights"].is_null());
    for dtype in ["f16", "bf16"] {
        let half = compiled(&["--weights", dtype]);
        let bytes = |report: &serde_json::Value| report["artifact_bytes"].as_u64().unwrap();
        let saved = half["rounded_weights"]["saved_bytes"].as_u64().unwrap();
        assert!(bytes(&full).abs_diff(bytes(&half) + saved) < 1500, "{} {} {saved}", bytes(&full), bytes(&half));
        assert!(bytes(&half) * 100 < bytes(&full) * 62, "{} of {}", bytes(&half), bytes(&full));
        let layers = half["layers"].as_array().unwrap();
        let called = |layer: &serde_json::Value| layer["kernels"].to_string().contains(&format!("conv2d_{dtype}"));
        let noisy = layers.iter().filter(|l| called(l));
        assert!(noisy.clone().count() > 4 && noisy.clone().all(|l| l["sqnr_db"].as_f64().unwrap() > 25.0), "{half}");
    }
}
