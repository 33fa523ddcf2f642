//! `cargo xtask conformance`: asks LiteRT anew what it computes, see `conformance/litert/trace.py`.

use std::env;
use std::process::Command;

use anyhow::Result;

use crate::process;

pub fn run() -> Result<()> {
    let Some(data) = env::var_os("SANDERLING_DATA") else {
        println!("skipped: conformance (SANDERLING_DATA is not set)");
        return Ok(());
    };
    if !process::has_program("python3") {
        println!("skipped: conformance (no python3)");
        return Ok(());
    }
    let folder = process::root().join("conformance/litert");
    // Of its own, so that the pinned versions neither need nor disturb what is installed.
    let venv = process::root().join("target/conformance-venv");
    process::run(Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
    let python = venv.join("bin/python");
    let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"];
    process::run(Command::new(&python).args(install).arg(folder.join("requirements.txt")))?;
    // As given: a relative path is meant from the root, as it is for the tests.
    let data = process::root().join(data);
    process::run(Command::new(&python).arg(folder.join("trace.py")).arg(data).arg(&folder))
}
