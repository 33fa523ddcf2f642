//! `cargo xtask test`: every test of the workspace.

use anyhow::Result;

use crate::process::{self, AARCH64, THUMBV7EM};

/// Where property tests start to draw. Fixed here, so that a change is never refused for the luck of the draw; a plain
/// `cargo test` draws anew each time.
const PROPERTY_SEED: &str = "PROPTEST_RNG_SEED";

pub fn run() -> Result<()> {
    // The emulator tests are ordinary cargo tests that skip by themselves. A silent skip looks like a pass, so say it.
    if !process::has_program("qemu-system-arm") {
        println!("skipped: QEMU tests (no qemu-system-arm; try `cargo xtask setup`)");
    } else if !process::has_target(THUMBV7EM) {
        println!("skipped: QEMU tests (no Rust target {THUMBV7EM}; try `cargo xtask setup`)");
    }
    if let Some(program) = ["qemu-aarch64", "aarch64-linux-gnu-gcc"].into_iter().find(|p| !process::has_program(p)) {
        println!("skipped: 64-bit Arm tests (no {program}; try `cargo xtask setup`)");
    } else if !process::has_target(AARCH64) {
        println!("skipped: 64-bit Arm tests (no Rust target {AARCH64}; try `cargo xtask setup`)");
    }
    // Release, because the reference interpreter is too slow on real models without optimisation.
    let mut test = process::cargo(&["test", "--release", "--workspace", "--no-fail-fast"]);
    if std::env::var_os(PROPERTY_SEED).is_none() {
        test.env(PROPERTY_SEED, "1");
    }
    process::run(&mut test)
}
