//! 64-bit Arm under an emulator: every layer is the oracle's.

mod common;

use std::process::Command;

use common::{MODELS, compile, has, has_target, root};

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
    let passed = String::from_utf8_lossy(&output.stdout).lines().count();
    assert_eq!(passed, artifacts.len());
}
