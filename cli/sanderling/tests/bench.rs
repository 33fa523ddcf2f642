//! `sanderling bench` measures on given inputs, and refuses those that are not the model's.

mod common;

use common::{compile, ok, root, sanderling};
use serde_json::Value;

#[test]
fn measures_on_real_inputs_for_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let artifact = compile("kws", "host", folder.path()).unwrap();
    let inputs = root().join("examples/models/kws/inputs.npz").display().to_string();
    let text = ok(&["bench", &artifact, "--input", &inputs, "--seconds", "0", "--json"]);
    let report: Value = serde_json::from_str(&text).unwrap();
    // No time is left after the first run.
    assert_eq!(report["runs"], 1);
    assert!(report["median_us"].as_f64().unwrap() > 0.0);
    let text = ok(&["bench", &artifact, "--runs", "3", "--json"]);
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap()["runs"], 3);
}

#[test]
fn refuses_other_inputs_and_times() {
    let folder = tempfile::tempdir().unwrap();
    let artifact = compile("kws", "host", folder.path()).unwrap();
    let inputs = folder.path().join("in.npz");
    let element = sanderling_format::Element::I8;
    let array = sanderling_host::Array { name: "input_1".into(), element, shape: vec![1, 7], data: vec![0; 7] };
    sanderling_host::write_npz(&inputs, &[array]).unwrap();
    let refused = |arguments: &[&str], reason: &str| {
        let output = sanderling(arguments);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && text.contains(reason), "{text}");
        assert!(output.stdout.is_empty());
    };
    let inputs = inputs.display().to_string();
    refused(
        &["bench", &artifact, "--input", &inputs],
        "input input_1 is int8[1, 7], the model takes int8[1, 49, 10, 1]",
    );
    refused(&["bench", &artifact, "--seconds=-1"], "--seconds");
    refused(&["bench", &artifact, "--seconds=1", "--runs=2"], "--runs");
}
