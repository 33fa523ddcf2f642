//! The emulated Cortex-M4: every layer is the oracle's, in exactly the memory that was planned.

mod common;

use common::{MODELS, compile, has, has_target, ok};
use serde_json::Value;

/// At most this many instructions: one and a half times those of CMSIS-NN on the same emulator, see `docs/measuring.md`.
const INSTRUCTIONS_MAX: [u64; 4] = [11_773_000, 45_465_000, 37_380_000, 868_500];
/// At most this many bytes of RAM for activations, input, output and scratch.
const ARENA_MAX: [u64; 4] = [17_000, 53_500, 57_000, 1_024];
const STACK_MAX: u64 = 2048;

#[test]
fn models_pass_their_self_test_within_their_bars() {
    if !has("qemu-system-arm") || !has_target("thumbv7em-none-eabihf") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for (index, name) in MODELS.into_iter().enumerate() {
        let Some(artifact) = compile(name, "nucleo-l4r5zi", folder.path()) else { continue };
        let report: Value = serde_json::from_str(&ok(&["verify", &artifact, "--backend", "qemu", "--json"])).unwrap();
        eprintln!("{name}: {report}");
        assert_eq!(report["passed"], true, "{name}");
        assert!(report["instructions"].as_u64().unwrap() <= INSTRUCTIONS_MAX[index], "{name}");
        assert!(report["arena_bytes"].as_u64().unwrap() <= ARENA_MAX[index], "{name}");
        assert!(report["stack_high_water_bytes"].as_u64().unwrap() <= STACK_MAX, "{name}");
        let host: Value = serde_json::from_str(&ok(&["verify", &artifact, "--json"])).unwrap();
        assert_eq!((&host["digest"], &host["trace"]), (&report["digest"], &report["trace"]), "{name}");
    }
}

#[test]
fn the_board_runs_real_inputs_as_the_host_does() {
    if !has("qemu-system-arm") || !has_target("thumbv7em-none-eabihf") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let artifact = compile("kws", "nucleo-l4r5zi", folder.path()).unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let all = sanderling_host::read_npz(&common::root().join("examples/models/kws/inputs.npz")).unwrap();
    let mut inputs = all.into_iter().find(|a| a.name == "input_1").unwrap();
    inputs.data.truncate(10 * 490);
    inputs.shape[0] = 10;
    sanderling_host::write_npz(path("in.npz").as_ref(), &[inputs]).unwrap();
    for backend in ["scalar", "auto", "qemu"] {
        let out = path(&format!("{backend}.npz"));
        ok(&["run", &artifact, "--input", &path("in.npz"), "--output", &out, "--backend", backend]);
    }
    let outputs = |backend: &str| sanderling_host::read_npz(path(&format!("{backend}.npz")).as_ref()).unwrap();
    assert_eq!(outputs("scalar")[0].shape, [10, 1, 12]);
    assert_eq!(outputs("scalar"), outputs("auto"));
    assert_eq!(outputs("scalar"), outputs("qemu"));
}
