//! `cargo xtask ci`: every check that a change must pass, beside the tests.

use std::time::Instant;

use anyhow::{Result, bail};

use crate::process::{self, THUMBV6M, THUMBV7EM};
use crate::{size, soak, tidy};

/// Examples whose library is for devices.
const DEVICE_EXAMPLES: [&str; 1] = ["imu-gestures"];

/// Runs all steps even after a failure, so that one run shows everything there is to fix.
pub fn run() -> Result<()> {
    let mut failed = Vec::new();

    step(&mut failed, "format", || process::run(&mut process::cargo(&["fmt", "--all", "--check"])));
    step(&mut failed, "clippy", || {
        process::run(&mut process::cargo(&[
            "clippy",
            "--release",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ]))
    });
    step(&mut failed, "tidy", tidy::run);
    for triple in [THUMBV7EM, THUMBV6M] {
        let name = format!("no_std build for {triple}");
        if process::has_target(triple) {
            step(&mut failed, &name, || no_std(triple));
        } else {
            skip(&name, triple);
        }
    }
    if process::has_target(THUMBV7EM) {
        step(&mut failed, "firmware", || size::run(false));
    } else {
        skip("firmware", THUMBV7EM);
    }
    step(&mut failed, "mutated artifacts", || soak::run(&["mutate".into(), "--smoke".into()]));
    step(&mut failed, "docs", || {
        process::run(
            process::cargo(&["doc", "--release", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-Dwarnings"),
        )
    });

    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    println!("ci: all steps passed");
    Ok(())
}

/// Names the device crates alone: a build of the whole workspace would turn on `alloc` for the compiler's sake.
fn no_std(triple: &str) -> Result<()> {
    let mut build = process::cargo(&["build", "--release", "--target", triple]);
    for name in tidy::DEVICE_CRATES.into_iter().chain(DEVICE_EXAMPLES) {
        build.args(["-p", name]);
    }
    process::run(&mut build)
}

fn step(failed: &mut Vec<String>, name: &str, work: impl FnOnce() -> Result<()>) {
    println!("ci: {name} ...");
    let start = Instant::now();
    let result = work();
    let seconds = start.elapsed().as_secs_f32();
    match result {
        Ok(()) => println!("ci: {name} ok ({seconds:.1} s)"),
        Err(error) => {
            println!("ci: {name} FAILED ({seconds:.1} s): {error:#}");
            failed.push(name.to_owned());
        }
    }
}

fn skip(name: &str, triple: &str) {
    println!("skipped: {name} (no Rust target {triple}; try `cargo xtask setup`)");
}
