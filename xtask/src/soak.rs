//! `cargo xtask soak`: the long proofs, by the program that runs them.

use anyhow::Result;

use crate::process;

/// A crate of its own, so that the other chores need not build the compiler.
pub fn run(arguments: &[String]) -> Result<()> {
    let mut cargo = process::cargo(&["run", "--release", "--package", "sanderling-soak", "--"]);
    process::run(cargo.args(arguments))
}
