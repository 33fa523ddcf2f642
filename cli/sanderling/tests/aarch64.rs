//! 64-bit Arm under an emulator: every kernel is its scalar twin's equal, every layer the oracle's, on CPUs with SDOT and
//! without.

mod common;

use std::process::{Command, Output};

use common::{MODELS, compile, has, has_target, root};
use sanderling_host::{Backend, kernels};
use sanderling_runtime::{Model, Session};

const TRIPLE: &str = "aarch64-unknown-linux-gnu";
/// CPUs that QEMU emulates, and the instruction set that their int8 convolutions use.
const CPUS: [(&str, &str); 2] = [("cortex-a53", "Neon"), ("max", "DotProd")];

fn can_run() -> bool {
    has("qemu-aarch64") && has("aarch64-linux-gnu-gcc") && has_target(TRIPLE)
}

/// Runs cargo for the other architecture, what it builds on an emulated CPU.
fn cargo(cpu: &str, arguments: &[&str]) -> Output {
    let (command, rest) = arguments.split_first().unwrap();
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args([command, "--release", "--quiet", "--target", TRIPLE]).args(rest);
    let output = cargo.env("QEMU_CPU", cpu).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{cpu}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

#[test]
fn models_pass_their_self_test() {
    if !can_run() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let artifacts: Vec<String> =
        MODELS.into_iter().filter_map(|name| compile(name, "aarch64-neon", folder.path())).collect();
    for (cpu, isa) in CPUS {
        let mut arguments = vec!["run", "--package", "sanderling-host", "--example", "self_test", "--"];
        arguments.extend(artifacts.iter().map(String::as_str));
        let output = cargo(cpu, &arguments);
        let text = String::from_utf8_lossy(&output.stdout);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2 * artifacts.len(), "{text}");
        for (artifact, lines) in artifacts.iter().zip(lines.chunks(2)) {
            assert!(lines[0].contains(isa), "{cpu}: {}", lines[0]);
            assert!(lines[1].contains("passed: Scalar "), "{cpu}: {}", lines[1]);
            let here = digests(artifact);
            assert!(lines.iter().all(|line| line.ends_with(&here)), "{cpu}: {lines:?} should be {here}");
        }
    }
}

/// Of the outputs and of all calls on this machine, for the generated inputs of seeds 1 to 3. The test `mlperf_tiny` of the
/// compiler holds these outputs to LiteRT's.
fn digests(artifact: &str) -> String {
    let bytes = std::fs::read(artifact).unwrap();
    let model = Model::parse(&bytes, kernels(Backend::Scalar)).unwrap();
    let mut arena = vec![0; model.arena_bytes()];
    let mut session = Session::new(&model, &mut arena).unwrap();
    let digests = (1..=3).map(|seed| session.digests(seed).unwrap());
    digests.map(|(outputs, trace)| format!(" {outputs:016x} {trace:016x}")).collect()
}

#[test]
fn kernels_equal_their_scalar_twins() {
    if !can_run() {
        return;
    }
    for (cpu, _) in CPUS {
        let output = cargo(cpu, &["test", "--package", "sanderling-kernels", "--lib", "neon"]);
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.contains(" passed") && !text.contains(" 0 passed"), "{cpu}: {text}");
    }
}
