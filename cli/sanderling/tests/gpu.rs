//! `--backend gpu`: the same bytes as elsewhere, and clear errors where there is no GPU or no shader.

#![cfg(feature = "gpu")]

mod common;

use std::process::{Command, Output};

use common::{compile, ok, root, sanderling};
use serde_json::Value;

/// Runs `sanderling` with an environment variable.
fn with(variable: (&str, &str), arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sanderling"));
    command.args(arguments).env(variable.0, variable.1).output().unwrap()
}

/// The error of a run that must fail.
fn error(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(output.stdout.is_empty());
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Whether there is a GPU; says that it skips where there is none.
fn has_gpu(artifact: &str) -> bool {
    let output = sanderling(&["verify", artifact, "--backend", "gpu"]);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let is_missing = text.contains("there is no GPU");
    if is_missing {
        eprintln!("skipped: {text}");
    }
    !is_missing
}

#[test]
fn a_gpu_computes_what_the_cpu_computes() {
    let folder = tempfile::tempdir().unwrap();
    let artifact = compile("kws", "wgpu", folder.path()).unwrap();
    if !has_gpu(&artifact) {
        return;
    }
    let verify = |backend: &str| -> Value {
        serde_json::from_str(&ok(&["verify", &artifact, "--backend", backend, "--json"])).unwrap()
    };
    let (gpu, cpu) = (verify("gpu"), verify("scalar"));
    assert_eq!(gpu["passed"], true);
    assert_eq!((&gpu["digest"], &gpu["trace"]), (&cpu["digest"], &cpu["trace"]));
    let inputs = root().join("examples/models/kws/inputs.npz");
    let only = sanderling_host::read_npz(&inputs).unwrap().into_iter().find(|a| a.name == "input_1").unwrap();
    let inputs = folder.path().join("in.npz");
    sanderling_host::write_npz(&inputs, &[only]).unwrap();
    let outputs = ["gpu", "scalar"].map(|backend| {
        let out = folder.path().join(format!("{backend}.npz")).display().to_string();
        ok(&["run", &artifact, "--input", &inputs.display().to_string(), "--output", &out, "--backend", backend]);
        // Not the files: they carry the time.
        sanderling_host::read_npz(out.as_ref()).unwrap().remove(0).data
    });
    assert!(outputs[0] == outputs[1], "the outputs differ");
    let bench: Value =
        serde_json::from_str(&ok(&["bench", &artifact, "--backend", "gpu", "--runs", "3", "--json"])).unwrap();
    assert_eq!((&bench["runs"], &bench["calls"][0]["isa"]), (&Value::from(3), &Value::from("wgsl")));
}

#[test]
fn shaders_are_a_section_of_the_artifact() {
    let folder = tempfile::tempdir().unwrap();
    let shaders = |target: &str| -> u64 {
        let artifact = compile("kws", target, folder.path()).unwrap();
        let shown: Value = serde_json::from_str(&ok(&["inspect", &artifact, "--json"])).unwrap();
        let sections = shown["sections"].as_array().unwrap();
        sections.iter().find(|section| section["name"] == "shaders").unwrap()["bytes"].as_u64().unwrap()
    };
    assert!(shaders("wgpu") > 1000);
    assert_eq!(shaders("host"), 0);
    let artifact = compile("kws", "wgpu", folder.path()).unwrap();
    let shown: Value = serde_json::from_str(&ok(&["inspect", &artifact, "--backend", "gpu", "--json"])).unwrap();
    assert_eq!(shown["calls"][0]["isa"], "wgsl");
}

#[test]
fn what_is_missing_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let host = compile("kws", "host", folder.path()).unwrap();
    let artifact = compile("kws", "wgpu", folder.path()).unwrap();
    // No driver, wherever the loader looks.
    for variable in ["VK_ICD_FILENAMES", "VK_DRIVER_FILES"] {
        let text = error(&with((variable, "/nonexistent.json"), &["verify", &artifact, "--backend", "gpu"]));
        let says = |word: &str| text.contains(word);
        assert!(says("no GPU") && says("mesa-vulkan-drivers") && says("--backend auto"), "{variable}: {text}");
    }
    let text = error(&sanderling(&["inspect", &host, "--backend", "gpu"]));
    assert!(text.contains("no shaders") && text.contains("--target wgpu"), "{text}");
    if !has_gpu(&artifact) {
        return;
    }
    let text = error(&sanderling(&["verify", &host, "--backend", "gpu"]));
    assert!(text.contains("no shaders") && text.contains("--target wgpu"), "{text}");
    let text = error(&with(("WGPU_ADAPTER_NAME", "toaster"), &["verify", &artifact, "--backend", "gpu"]));
    assert!(text.contains("toaster") && text.contains("WGPU_ADAPTER_NAME"), "{text}");
    let text = error(&sanderling(&["bench", &artifact, "--backend", "gpu", "--calls"]));
    assert!(text.contains("submitted together"), "{text}");
}
