//! 64-bit Arm under an emulator: every layer is the oracle's.

mod common;

use std::process::Command;

use common::{MODELS, compile, has, has_target, root};
use sanderling_host::{Backend, kernels};
use sanderling_runtime::{Model, Session};

const TRIPLE: &str = "aarch64-unknown-linux-gnu";

#[test]
fn models_pass_their_self_test() {
    if !has("qemu-aarch64") || !has("aarch64-linux-gnu-gcc") || !has_target(TRIPLE) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let artifacts: Vec<String> =
        MODELS.into_iter().filter_map(|name| compile(name, "aarch64-neon", folder.path())).collect();
    let output = Command::new(env!("CARGO"))
        .args(["run", "--release", "--quiet", "--package", "sanderling-host", "--example", "self_test"])
        .args(["--target", TRIPLE, "--"])
        .args(&artifacts)
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    let mut lines = text.lines();
    for artifact in &artifacts {
        let bytes = std::fs::read(artifact).unwrap();
        let model = Model::parse(&bytes, kernels(Backend::Scalar)).unwrap();
        let mut arena = vec![0; model.arena_bytes()];
        let mut session = Session::new(&model, &mut arena).unwrap();
        let digests = (1..=3).map(|seed| session.digests(seed).unwrap());
        let here: String = digests.map(|(outputs, trace)| format!(" {outputs:016x} {trace:016x}")).collect();
        for backend in [Backend::Auto, Backend::Scalar] {
            assert_eq!(lines.next(), Some(format!("{artifact} {backend:?}{here}").as_str()));
        }
    }
    assert_eq!(lines.next(), None);
}
