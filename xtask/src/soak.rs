//! `cargo xtask soak`: the long proofs, by the program that runs them.

use std::process::Command;

use anyhow::Result;

use crate::process;

/// A crate of its own, so that the other chores need not build the compiler.
pub fn run(arguments: &[String]) -> Result<()> {
    process::run(Command::new(process::program("soak")?).args(arguments).current_dir(process::root()))
}
