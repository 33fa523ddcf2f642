//! Networks from pictures: trained, killed, stopped, quantized, and the same on every machine.

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::{has, has_target, ok, root, sanderling};
use sanderling_format::Element;
use sanderling_host::{Array, Backend, kernels, read_npz, write_npz};
use sanderling_runtime::Model;
use serde_json::Value;

/// The pictures of clothes that the demo ships.
fn clothes(part: &str) -> PathBuf {
    root().join(format!("examples/models/fashion-mnist/{part}-images-idx3-ubyte.gz"))
}

/// A short training on few of them.
fn train(model: &Path, hyper: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sanderling"));
    command
        .args(["train", "--algorithm", "image-classification", "--train"])
        .arg(clothes("train"))
        .arg("-o")
        .arg(model);
    let given = [
        "num_classes=10",
        "num_training_samples=800",
        "mini_batch_size=32",
        "optimizer=adamw",
        "learning_rate=0.003",
        "lr_scheduler=one_cycle",
    ];
    for value in given.iter().chain(hyper) {
        command.args(["--hp", value]);
    }
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

#[test]
fn a_quantized_network_is_the_same_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let model = path("model");
    assert!(train(model.as_ref(), &["epochs=3"]).status().unwrap().success());
    let test = clothes("test").display().to_string();
    for target in ["host", "nucleo-l4r5zi", "aarch64-neon"] {
        let out = path(&format!("{target}.sndl"));
        ok(&["compile", &model, "--target", target, "--quantize", "int8", "-o", &out]);
    }
    let report = ok(&["evaluate", &model, "--data", &test, "--artifact", &path("host.sndl"), "--json"]);
    let report: Value = serde_json::from_str(&report).unwrap();
    let [real, int8] = ["accuracy", "artifact:accuracy"].map(|name| report["metrics"][name].as_f64().unwrap());
    eprintln!("{report}");
    assert!(real > 0.5 && (real - int8).abs() <= 0.02, "{report}");

    write_npz(path("in.npz").as_ref(), &[pixels(&path("host.sndl"), 300)]).unwrap();
    let run = |artifact: &str, backend: &str| {
        let out = path("out.npz");
        ok(&["run", &path(artifact), "--input", &path("in.npz"), "--output", &out, "--backend", backend]);
        read_npz(out.as_ref()).unwrap().remove(0)
    };
    let expected = run("host.sndl", "scalar");
    assert_eq!(expected.shape, [300, 10]);
    assert_eq!(run("host.sndl", "auto"), expected);
    assert_eq!(run("nucleo-l4r5zi.sndl", "scalar"), expected);
    if has("qemu-aarch64") && has("aarch64-linux-gnu-gcc") && has_target("aarch64-unknown-linux-gnu") {
        for cpu in ["cortex-a53", "max"] {
            let arguments = [&path("aarch64-neon.sndl"), "auto", &path("in.npz"), &path("arm.npz")];
            let cargo = Command::new(env!("CARGO"))
                .args(["run", "--release", "--quiet", "--target", "aarch64-unknown-linux-gnu"])
                .args(["--package", "sanderling-host", "--example", "rows", "--"])
                .args(arguments)
                .env("QEMU_CPU", cpu)
                .current_dir(root())
                .output()
                .unwrap();
            assert!(cargo.status.success(), "{cpu}: {}", String::from_utf8_lossy(&cargo.stderr));
            assert_eq!(read_npz(path("arm.npz").as_ref()).unwrap()[0], expected, "{cpu}");
        }
    }
    if has("qemu-system-arm") && has_target("thumbv7em-none-eabihf") {
        const FEW: usize = 10;
        write_npz(path("in.npz").as_ref(), &[pixels(&path("host.sndl"), FEW)]).unwrap();
        assert_eq!(run("nucleo-l4r5zi.sndl", "qemu").data, expected.data[..FEW * 10]);
    }
}

/// Test pictures as an artifact takes them.
fn pixels(artifact: &str, count: usize) -> Array {
    let bytes = fs::read(artifact).unwrap();
    let model = Model::parse(&bytes, kernels(Backend::Scalar)).unwrap();
    let record = model.inputs().next().unwrap().record;
    assert_eq!(record.element, Element::I8);
    let all = sanderling_data::Images::read(&clothes("test"), None).unwrap();
    let stored =
        |&pixel: &u8| ((f32::from(pixel) / record.scale).round() as i32 + record.zero_point).clamp(-128, 127) as u8;
    let data = all.pixels[..count * 784].iter().map(stored).collect();
    Array { name: "input".into(), element: Element::I8, shape: vec![count, 28, 28, 1], data }
}

/// Starts a training and waits for its first checkpoint.
fn until_checkpoint(model: &Path) -> Child {
    let mut child = train(model, &["epochs=6", "width_multiplier=0.25"]).spawn().unwrap();
    let start = Instant::now();
    // Where the machine is so fast that it ends before its first checkpoint, there is nothing to go on from.
    let checkpoint = model.join("checkpoints/checkpoint.json");
    while !checkpoint.exists() && child.try_wait().unwrap().is_none() && start.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(10));
    }
    child
}

#[test]
fn neither_a_kill_nor_ctrl_c_loses_a_training() {
    let folder = tempfile::tempdir().unwrap();
    let model = |name: &str| folder.path().join(name);
    let mut killed = until_checkpoint(&model("killed"));
    killed.kill().unwrap();
    killed.wait().unwrap();

    let mut stopped = until_checkpoint(&model("stopped"));
    Command::new("kill").args(["-INT", &stopped.id().to_string()]).status().unwrap();
    let status = stopped.wait().unwrap();
    // It may have come to its end just before.
    assert!(status.code() == Some(130) || status.success(), "{status}");
    ok(&["evaluate", &model("stopped").display().to_string(), "--data", &clothes("test").display().to_string()]);

    let bytes = |name: &str| {
        assert!(train(&model(name), &["epochs=6", "width_multiplier=0.25"]).status().unwrap().success());
        assert!(!model(name).join("checkpoints").exists());
        fs::read(model(name).join("model.json")).unwrap()
    };
    let whole = bytes("whole");
    assert!(bytes("killed") == whole && bytes("stopped") == whole);
}

#[test]
fn what_does_not_fit_is_named_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    for class in ["cat", "dog"] {
        fs::create_dir_all(folder.path().join("photographs").join(class)).unwrap();
        fs::write(path(&format!("photographs/{class}/one.png")), b"\x89PNG\r\n\x1a\n and then nothing").unwrap();
    }
    let refused = |data: &str, hyper: &[&str], words: &[&str]| {
        let model = path("model");
        let mut arguments = vec!["train", "--algorithm", "image-classification", "--train", data, "-o", &model];
        hyper.iter().for_each(|value| arguments.extend(["--hp", value]));
        let output = sanderling(&arguments);
        let why = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{why}");
        assert!(words.iter().all(|word| why.contains(word)) && !why.contains("panicked"), "{why}");
        assert!(!folder.path().join("model").exists(), "{why}");
    };
    let clothes = clothes("train").display().to_string();
    refused(&path("photographs"), &["num_classes=2"], &["cat/one.png", "no picture"]);
    refused(&clothes, &["num_classes=7"], &["labels go up to 9", "num_classes is 7"]);
    refused(&clothes, &["num_classes=10", "image_shape=3,32,32"], &["train-images", "[28, 28, 1], not [32, 32, 3]"]);
    refused(&clothes, &["num_classes=10", "num_layer=8"], &["num_layer", "did you mean num_layers"]);
    refused(&clothes, &[], &["num_classes is required"]);
}
