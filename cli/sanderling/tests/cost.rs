//! Predicted instructions against those that QEMU counts.

mod common;

use common::{MODELS, compile, data, has, has_target, ok};
use serde_json::Value;

/// Further than this from the count, in parts of it, a prediction for a model misleads.
const ERROR_MAX: f64 = 0.1;

#[test]
fn predicted_instructions_are_near_those_counted() {
    if !has("qemu-system-arm") || !has_target("thumbv7em-none-eabihf") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    println!("{:20} {:>12} {:>12} {:>8}  worst layers", "model", "predicted", "counted", "error");
    for name in MODELS {
        let Some(artifact) = compile(name, "nucleo-l4r5zi", folder.path()) else { continue };
        let model = common::model(name).unwrap().display().to_string();
        let error = compare(name, &model, &artifact);
        assert!(error.abs() <= ERROR_MAX, "{name} is off by {:.1} %", 100.0 * error);
    }
    // The table is fitted to these too, less well: they are shown, not held.
    for name in ["mlperf_sww_int8", "mlperf_ic_fp32", "mlperf_vww_fp32", "mlperf_ad_fp32"] {
        let Some(data) = data() else { continue };
        let model = data.join(format!("models/tflite/{name}/model.tflite")).display().to_string();
        compare(name, &model, &folder.path().join("other.sndl").display().to_string());
    }
}

/// Prints one model's line and returns the relative error.
fn compare(name: &str, model: &str, artifact: &str) -> f64 {
    let flags = ["compile", model, "--target", "nucleo-l4r5zi", "-o", artifact, "--json"];
    let report: Value = serde_json::from_str(&ok(&flags)).unwrap();
    let measured: Value = serde_json::from_str(&ok(&["verify", artifact, "--backend", "qemu", "--json"])).unwrap();
    let (predicted, counted) = (report["instructions"].as_f64().unwrap(), measured["instructions"].as_f64().unwrap());
    let calls = report["calls"].as_array().unwrap().iter().zip(measured["call_instructions"].as_array().unwrap());
    let mut errors: Vec<(f64, String)> = calls
        .map(|(call, counted)| {
            let error = call["instructions"].as_f64().unwrap() / counted.as_f64().unwrap() - 1.0;
            (error, format!("{} {:+.0} %", call["kernel"].as_str().unwrap(), 100.0 * error))
        })
        .collect();
    errors.sort_by(|a, b| b.0.abs().total_cmp(&a.0.abs()));
    let worst: Vec<&str> = errors.iter().take(3).map(|(_, text)| text.as_str()).collect();
    let error = predicted / counted - 1.0;
    println!("{name:20} {predicted:>12} {counted:>12} {:>+7.1}%  {}", 100.0 * error, worst.join(", "));
    error
}
