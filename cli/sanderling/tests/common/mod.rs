//! What the tests of the command line share.

#![allow(dead_code, reason = "every test is a crate of its own and uses a part")]

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The four int8 models of MLPerf Tiny.
pub const MODELS: [&str; 4] = ["kws", "ic", "vww", "ad"];

/// The repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The public data, if they are here.
pub fn data() -> Option<PathBuf> {
    env::var_os("SANDERLING_DATA").map(PathBuf::from)
}

/// The file of one of [`MODELS`]; says that it skips where there is none.
pub fn model(name: &str) -> Option<PathBuf> {
    if name == "kws" {
        return Some(root().join("examples/models/kws/model.tflite"));
    }
    let path = data().map(|data| data.join(format!("models/tflite/mlperf_{name}_int8/model.tflite")));
    if path.is_none() {
        eprintln!("skipped: {name} (SANDERLING_DATA is not set)");
    }
    path
}

/// Runs `sanderling`.
pub fn sanderling(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sanderling")).args(arguments).output().unwrap()
}

/// Runs `sanderling`, which must succeed, and returns its standard output.
pub fn ok(arguments: &[&str]) -> String {
    let output = sanderling(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Compiles one of [`MODELS`] into `folder` for a target.
pub fn compile(name: &str, target: &str, folder: &Path) -> Option<String> {
    let model = model(name)?;
    let out = folder.join(format!("{name}-{target}.sndl")).display().to_string();
    ok(&["compile", &model.display().to_string(), "--target", target, "-o", &out]);
    Some(out)
}

/// Whether a program is there; says that it skips where it is not.
pub fn has(program: &str) -> bool {
    let found = env::var_os("PATH").is_some_and(|path| env::split_paths(&path).any(|p| p.join(program).is_file()));
    if !found {
        eprintln!("skipped: {program} is not installed");
    }
    found
}

/// Whether rustc can build for a target; says that it skips where it cannot.
pub fn has_target(triple: &str) -> bool {
    let output = Command::new("rustc").args(["--print", "target-libdir", "--target", triple]).output();
    let found = output.is_ok_and(|o| Path::new(String::from_utf8_lossy(&o.stdout).trim()).is_dir());
    if !found {
        eprintln!("skipped: Rust target {triple} is not installed");
    }
    found
}
