//! `cargo xtask size`: the section sizes of the firmware, which is what counts against a device's flash and RAM.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use cargo_metadata::MetadataCommand;

use crate::ci;
use crate::process::{self, THUMBV7EM};

/// Any of them reads the ELF: the Arm binutils, LLVM's, and LLVM's as cargo-binutils installs it.
const TOOLS: [&str; 3] = ["arm-none-eabi-size", "llvm-size", "rust-size"];

pub fn run() -> Result<()> {
    let Some(tool) = TOOLS.into_iter().find(|tool| process::has_program(tool)) else {
        println!("skipped: size (none of {} is installed)", TOOLS.join(", "));
        return Ok(());
    };
    // A stale ELF would print the numbers of yesterday's code.
    ci::firmware()?;
    // The metadata knows the target folder, which the environment may have moved.
    let metadata = MetadataCommand::new()
        .manifest_path(process::board().join("Cargo.toml"))
        .no_deps()
        .exec()
        .context("cannot read the firmware's metadata")?;
    let folder = metadata.target_directory.join(THUMBV7EM).join("release");
    let mut found = false;
    for target in metadata.workspace_packages().iter().flat_map(|p| &p.targets) {
        if target.is_bin() {
            found = true;
            print(tool, folder.join(&target.name).as_str())?;
        }
    }
    ensure!(found, "the firmware has no executable");
    Ok(())
}

fn print(tool: &str, elf: &str) -> Result<()> {
    // -A: a line a section; the short form adds read-only data to code.
    process::run(Command::new(tool).args(["-A", elf]))
}
