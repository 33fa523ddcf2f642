//! The C interface: firmware in C computes what firmware in Rust does, and a program of a PC what the command line does.

mod common;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use common::{MODELS, compile, has, has_target, ok, root};
use sanderling_format::Element;
use serde_json::Value;

/// Most flash of the firmware for the keyword spotter alone; with every kernel it takes more than twice as much.
const FLASH_BYTES: u32 = 48 << 10;

#[test]
fn c_firmware_has_the_digests_of_the_rust_firmware() {
    let tools = ["qemu-system-arm", "arm-none-eabi-gcc", "make"];
    if !tools.into_iter().all(has) || !has_target("thumbv7em-none-eabihf") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let firmware = firmware("");
    for name in MODELS {
        let Some(artifact) = compile(name, "nucleo-l4r5zi", folder.path()) else { continue };
        let rust: Value = serde_json::from_str(&ok(&["verify", &artifact, "--backend", "qemu", "--json"])).unwrap();
        let c: Value = on_board(&firmware, &["verify", &artifact, "--backend", "qemu", "--json"]);
        eprintln!("{name}: Rust {}, C {}: {}, {}", rust["instructions"], c["instructions"], c["digest"], c["trace"]);
        assert_eq!(c["passed"], true, "{name}");
        for key in ["digest", "trace", "arena_bytes"] {
            assert_eq!(c[key], rust[key], "{name}: {key}");
        }
    }
}

#[test]
fn c_firmware_runs_real_inputs_and_links_no_panic() {
    let tools = ["qemu-system-arm", "arm-none-eabi-gcc", "arm-none-eabi-nm", "make"];
    if !tools.into_iter().all(has) || !has_target("thumbv7em-none-eabihf") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let artifact = compile("kws", "nucleo-l4r5zi", folder.path()).unwrap();
    // Of one artifact: only its kernels.
    let small = firmware(&artifact);
    let symbols = succeeds(Command::new("arm-none-eabi-nm").arg(&small));
    assert!(symbols.contains("sanderling_run") && !symbols.contains("panic"), "{symbols}");
    let sizes = succeeds(Command::new("arm-none-eabi-size").arg(&small));
    let flash: u32 = sizes.lines().nth(1).and_then(|l| l.split_whitespace().next()).unwrap().parse().unwrap();
    eprintln!("kws: {flash} bytes of flash without the artifact");
    assert!(flash < FLASH_BYTES, "{flash}");

    let (inputs, _) = recordings(folder.path(), 10);
    let path = |name: &str| folder.path().join(name).display().to_string();
    let run = ["run", &artifact, "--input", &inputs, "--json", "--output"];
    let c = on_board(&small, &[&run[..], &[&path("c.npz"), "--backend", "qemu"]].concat());
    let rust: Value =
        serde_json::from_str(&ok(&[&run[..], &[&path("rust.npz"), "--backend", "qemu"]].concat())).unwrap();
    assert_eq!(c["traces"].as_array().unwrap().len(), 10);
    assert_eq!(c["traces"], rust["traces"]);
    let outputs = |name: &str| sanderling_host::read_npz(path(name).as_ref()).unwrap();
    assert_eq!(outputs("c.npz"), outputs("rust.npz"));

    // What needs a kernel that is not there is refused.
    let other = root().join("examples/models/magicwand/model.tflite").display().to_string();
    ok(&["compile", &other, "--target", "nucleo-l4r5zi", "-o", &path("other.sndl")]);
    let refused = with_firmware(&small, &["verify", &path("other.sndl"), "--backend", "qemu"]);
    let message = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && message.contains("kernel"), "{message}");
}

#[test]
fn a_c_program_computes_what_the_command_line_does() {
    if !["cc", "make"].into_iter().all(has) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("c-host");
    let mut make = Command::new("make");
    make.arg("-C").arg(root().join("examples/c-host")).arg(format!("OUT={}", program.display()));
    make.arg(format!("BUILD={}", built("c-host").display()));
    succeeds(&mut make);

    let artifact = compile("kws", "host", folder.path()).unwrap();
    let (inputs, bytes) = recordings(folder.path(), 1);
    let (input, output) = (folder.path().join("input.bin"), folder.path().join("out.npz"));
    std::fs::write(&input, &bytes).unwrap();
    ok(&["run", &artifact, "--input", &inputs, "--output", &output.display().to_string()]);
    let said = succeeds(Command::new(&program).arg(&artifact).arg(&input));
    let expected = &sanderling_host::read_npz(&output).unwrap()[0];
    assert_eq!(expected.element, Element::I8);
    // MLPerf Tiny's keyword spotter has probabilities of 1/256 from -128 on.
    let values: String =
        expected.data.iter().map(|&b| format!(" {:.5}", (f64::from(b as i8) + 128.0) / 256.0)).collect();
    assert!(said.lines().any(|line| line == values), "{said}\n{values}");
    assert!(said.contains("input 0 input_1 i8[1x49x10x1] scale 0.5847"), "{said}");

    // Short inputs and damaged artifacts are refused with words.
    std::fs::write(&input, &bytes[1..]).unwrap();
    let short = Command::new(&program).arg(&artifact).arg(&input).output().unwrap();
    assert!(refusal(&short).contains("the buffer has not the bytes"), "{}", refusal(&short));
    let mut damaged = std::fs::read(&artifact).unwrap();
    damaged[1000] ^= 1;
    std::fs::write(&artifact, damaged).unwrap();
    let damaged = Command::new(&program).arg(&artifact).arg(&input).output().unwrap();
    assert!(refusal(&damaged).contains("the artifact is damaged"), "{}", refusal(&damaged));
}

/// Builds the firmware in C, for all artifacts or for some.
fn firmware(artifacts: &str) -> PathBuf {
    let build = built(if artifacts.is_empty() { "c-board" } else { "c-board-small" });
    let mut make = Command::new("make");
    make.arg("-C").arg(root().join("targets/boards/mps2-an386-c")).arg(format!("BUILD={}", build.display()));
    make.arg(format!("SANDERLING_ARTIFACTS={artifacts}"));
    succeeds(&mut make);
    build.join("firmware.elf")
}

/// A folder that stays between runs, as cargo's own.
fn built(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// Some of the shipped recordings: a file for the command line, and their bytes.
fn recordings(folder: &Path, count: usize) -> (String, Vec<u8>) {
    let all = sanderling_host::read_npz(&root().join("examples/models/kws/inputs.npz")).unwrap();
    let mut inputs = all.into_iter().find(|a| a.name == "input_1").unwrap();
    inputs.data.truncate(count * 490);
    inputs.shape[0] = count;
    let path = folder.join("in.npz");
    let data = inputs.data.clone();
    sanderling_host::write_npz(&path, &[inputs]).unwrap();
    (path.display().to_string(), data)
}

fn with_firmware(firmware: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sanderling"));
    command.args(arguments).env("SANDERLING_FIRMWARE", firmware).output().unwrap()
}

fn on_board(firmware: &Path, arguments: &[&str]) -> Value {
    let output = with_firmware(firmware, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn succeeds(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn refusal(output: &Output) -> String {
    assert!(!output.status.success());
    String::from_utf8_lossy(&output.stderr).into_owned()
}
