//! Bad input: a message that names what, where and what to do, exit code 1, nothing written or overwritten.

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::{compile, model, ok, sanderling};
use sanderling_format::Element;
use sanderling_host::{Array, write_npz};

/// Runs `sanderling`, which must fail with all of these words and leave `untouched` as it was.
fn refused(arguments: &[&str], untouched: &Path, words: &[&str]) {
    fs::write(untouched, "before").unwrap();
    let output = sanderling(arguments);
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {message}");
    for word in words {
        assert!(message.contains(word), "{arguments:?}: {message} should say {word}");
    }
    assert!(!message.contains("panicked"), "{message}");
    assert_eq!(fs::read_to_string(untouched).unwrap(), "before");
    let left =
        fs::read_dir(untouched.parent().unwrap()).unwrap().filter_map(|e| e.unwrap().file_name().into_string().ok());
    assert_eq!(left.filter(|name| name.starts_with('.')).count(), 0, "a temporary file is left");
}

#[test]
fn models_that_cannot_be_compiled() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (out, kws) = (path("out.sndl"), model("kws").unwrap());
    let compile = |file: &str, extra: &[&str], words: &[&str]| {
        let arguments = [&["compile", file, "-o", &out], extra].concat();
        refused(&arguments, out.as_ref(), words);
    };
    compile(&path("absent.tflite"), &[], &["absent.tflite", "No such file"]);

    let mut bytes = fs::read(&kws).unwrap();
    fs::write(path("noise"), [0x5a; 100]).unwrap();
    compile(&path("noise"), &[], &["noise", "TFLite"]);
    fs::write(path("short.tflite"), &bytes[..bytes.len() / 2]).unwrap();
    compile(&path("short.tflite"), &[], &["short.tflite"]);
    // The offset of the root table.
    bytes[..4].copy_from_slice(&[0xff, 0xff, 0xff, 0x7f]);
    fs::write(path("offset.tflite"), &bytes).unwrap();
    compile(&path("offset.tflite"), &[], &["offset.tflite"]);

    compile(&kws.display().to_string(), &["--target", "toaster"], &["toaster", "nucleo-l4r5zi"]);
    compile(&kws.display().to_string(), &["--shape", "input_1=1x50x10x1"], &["input_1", "50"]);
    if let Some(data) = common::data() {
        let large = data.join("models/tflite/mobilenet_v2_1.0_224_quant/model.tflite").display().to_string();
        compile(&large, &["--target", "rp2040"], &["does not fit", "rp2040", "bytes", "costs most"]);
        let onnx = fs::read(data.join("models/onnx/fsdd_dscnn/model.onnx")).unwrap();
        fs::write(path("short.onnx"), &onnx[..onnx.len() / 2]).unwrap();
        compile(&path("short.onnx"), &[], &["short.onnx"]);
        let open = data.join("models/onnx/ppocr_cls/model.onnx").display().to_string();
        compile(&open, &[], &["--shape"]);
    }
}

/// A field of a protobuf message: a message, a string, bytes.
fn field(number: u8, content: &[u8]) -> Vec<u8> {
    assert!(content.len() < 128, "one byte tells the length");
    [&[number << 3 | 2, content.len() as u8], content].concat()
}

/// An ONNX file with one node from `x`, 4 real numbers, to `y`.
fn onnx(op: &str) -> Vec<u8> {
    let value = |name: &[u8]| {
        // A tensor of type 1, float32, and its two dimensions.
        let shape = [field(1, &[8, 1]), field(1, &[8, 4])].concat();
        let tensor = [vec![8, 1], field(2, &shape)].concat();
        [field(1, name), field(2, &field(1, &tensor))].concat()
    };
    let node = [field(1, b"x"), field(2, b"y"), field(3, b"layer7"), field(4, op.as_bytes())].concat();
    let graph = [field(1, &node), field(11, &value(b"x")), field(12, &value(b"y"))].concat();
    // Version 8 of the format, version 17 of the ops.
    [vec![8, 8], field(7, &graph), field(8, &[16, 17])].concat()
}

#[test]
fn onnx_ops_that_nobody_knows() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    fs::write(path("known.onnx"), onnx("Relu")).unwrap();
    ok(&["compile", &path("known.onnx"), "-o", &path("known.sndl")]);
    for (op, hint) in [("Frobnicate", "decompose"), ("Loop", "unrolled")] {
        fs::write(path("unknown.onnx"), onnx(op)).unwrap();
        let out = path("out.sndl");
        refused(
            &["compile", &path("unknown.onnx"), "-o", &out],
            out.as_ref(),
            &["unknown.onnx", "node 0", "layer7", op, hint],
        );
    }
}

#[test]
fn calibration_data_that_does_not_fit() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    fs::write(path("relu.onnx"), onnx("Relu")).unwrap();
    let (file, data, out) = (path("relu.onnx"), path("data.npz"), path("out.sndl"));
    let array = |element: Element, shape: &[usize]| {
        let bytes = shape.iter().product::<usize>() * element.bytes() as usize;
        Array { name: "x".into(), element, shape: shape.to_vec(), data: vec![0; bytes] }
    };
    let flags = ["compile", &file, "--quantize", "int8", "--calibrate", &data, "-o", &out];
    let calibrate = |array: Array, words: &[&str]| {
        write_npz(data.as_ref(), &[array]).unwrap();
        refused(&flags, out.as_ref(), words);
    };
    calibrate(array(Element::F32, &[3, 5]), &["data.npz", "float32[3, 5]", "float32[samples, 4]"]);
    calibrate(array(Element::I8, &[3, 4]), &["data.npz", "int8[3, 4]", "float32[samples, 4]"]);
    calibrate(array(Element::F32, &[0, 4]), &["data.npz", "sample"]);
}

#[test]
fn artifacts_that_cannot_be_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let artifact = compile("kws", "host", folder.path()).unwrap();
    let good = fs::read(&artifact).unwrap();
    let inputs = common::root().join("examples/models/kws/inputs.npz").display().to_string();
    let out = path("out.npz");
    let run = |artifact: &str, input: &str, words: &[&str]| {
        refused(&["run", artifact, "--input", input, "--output", &out], out.as_ref(), words);
    };
    let damaged = |name: &str, change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = good.clone();
        change(&mut bytes);
        fs::write(path(name), bytes).unwrap();
        path(name)
    };
    run(&damaged("flipped.sndl", &|b| b[1000] ^= 1), &inputs, &["flipped.sndl", "damaged"]);
    run(&damaged("short.sndl", &|b| b.truncate(500)), &inputs, &["short.sndl", "cut short"]);
    run(&damaged("newer.sndl", &|b| b[4] = 9), &inputs, &["newer.sndl", "format 9", "compile"]);
    run(&damaged("other.sndl", &|b| b[0] = 0), &inputs, &["other.sndl", "not an artifact"]);
    run(&artifact, &path("absent.npz"), &["absent.npz"]);

    let mut wrong = sanderling_host::read_npz(inputs.as_ref()).unwrap();
    wrong.retain(|a| a.name == "labels");
    sanderling_host::write_npz(path("wrong.npz").as_ref(), &wrong).unwrap();
    run(&artifact, &path("wrong.npz"), &["wrong.npz", "input_1", "int64", "int8"]);
    refused(
        &["run", &artifact, "--input", &inputs, "--output", &out, "--backend", "gpu"],
        out.as_ref(),
        &["GPU", "auto"],
    );
}

#[test]
fn artifacts_for_another_target() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let artifact = compile("kws", "x86-64-v3", folder.path()).unwrap();
    let good = fs::read(&artifact).unwrap();
    let inputs = common::root().join("examples/models/kws/inputs.npz").display().to_string();
    let out = path("out.npz");
    let changed = |name: &str, at: usize, value: u32| {
        let mut bytes = good.clone();
        bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
        sanderling_format::rehash(&mut bytes);
        fs::write(path(name), bytes).unwrap();
        path(name)
    };
    // An arena that a computer has, but not the board: the size is at byte 28 of the header.
    let large = changed("large.sndl", 28, 64 << 20);
    let words = ["large.sndl", "x86-64-v3", "RAM", "4194304", "sanderling compile", "--target mps2-an386"];
    let run = |backend| ["run", &large, "--input", &inputs, "--output", &out, "--backend", backend].map(str::to_string);
    refused(&run("qemu").each_ref().map(String::as_str), out.as_ref(), &words);
    refused(&["verify", &large, "--backend", "qemu"], out.as_ref(), &words);
    ok(&run("scalar").each_ref().map(String::as_str));

    // The bits of the features are at byte 24, the runtime at byte 20.
    let strange = changed("strange.sndl", 24, 1 << 20);
    refused(&["verify", &strange], out.as_ref(), &["strange.sndl", "0x100000", "sanderling compile", "runtime"]);
    let newer = changed("newer.sndl", 20, 1 << 24);
    refused(&["verify", &newer], out.as_ref(), &["newer.sndl", "needs runtime", "update"]);
}

#[test]
fn a_full_device_is_named() {
    if !Path::new("/dev/full").exists() {
        eprintln!("skipped: no /dev/full");
        return;
    }
    let output = sanderling(&["compile", &model("kws").unwrap().display().to_string(), "-o", "/dev/full"]);
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(message.contains("/dev/full") && message.contains("No space left"), "{message}");
}

/// On a file system of 16 KiB that only this test's child sees; the artifact is larger.
#[test]
fn a_full_disk_leaves_what_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let mount = r#"mount -t tmpfs -o size=16k none "$1""#;
    let unshare = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"]).arg(folder.path());
        command.arg(env!("CARGO_BIN_EXE_sanderling")).arg(model("kws").unwrap()).output()
    };
    if !unshare(mount).is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: file systems cannot be mounted here");
        return;
    }
    let compile = r#"printf before > "$1/out.sndl"; "$2" compile "$3" -o "$1/out.sndl"; code=$?"#;
    let show = r#"ls -A "$1"; cat "$1/out.sndl"; exit $code"#;
    let output = unshare(&format!("{mount} && {compile}; {show}")).unwrap();
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{message}");
    for words in ["out.sndl", "what was there before is untouched", "No space left"] {
        assert!(message.contains(words), "{message}");
    }
    assert_eq!(String::from_utf8_lossy(&output.stdout), "out.sndl\nbefore", "{message}");
}

#[test]
fn the_same_model_gives_the_same_bytes_from_any_folder() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let first = compile("kws", "nucleo-l4r5zi", a.path()).unwrap();
    let copy = b.path().join("model.tflite");
    fs::copy(model("kws").unwrap(), &copy).unwrap();
    let second = b.path().join("x.sndl").display().to_string();
    ok(&["compile", &copy.display().to_string(), "--target", "nucleo-l4r5zi", "-o", &second]);
    assert_eq!(fs::read(first).unwrap(), fs::read(second).unwrap());
}
