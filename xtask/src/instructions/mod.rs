//! `cargo xtask instructions`: what one inference takes on 64-bit Arm, in instructions, before and after NEON.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::mlperf;
use crate::process::{self, AARCH64};

/// A CPU without SDOT, and one with everything.
const PLAIN: &str = "cortex-a53";
const FULL: &str = "max";

pub fn run() -> Result<()> {
    if let Some(missing) = ["qemu-aarch64", "aarch64-linux-gnu-gcc"].into_iter().find(|p| !process::has_program(p)) {
        println!("skipped: instructions (no {missing}; try `cargo xtask setup`)");
        return Ok(());
    }
    if !process::has_target(AARCH64) {
        println!("skipped: instructions (no Rust target {AARCH64}; try `cargo xtask setup`)");
        return Ok(());
    }
    let bench = Bench::build()?;
    println!("million instructions of one inference, {AARCH64} under QEMU");
    println!("{:<6} {:>9} {:>9} {:>9}", "model", "scalar", "NEON", "SDOT");
    for name in mlperf::MODELS {
        let Some(model) = mlperf::path(name) else {
            println!("skipped: {name} (SANDERLING_DATA is not set)");
            continue;
        };
        let artifact = bench.compile(name, &model)?;
        let mut line = format!("{name:<6}");
        for (cpu, backend) in [(PLAIN, "scalar"), (PLAIN, "auto"), (FULL, "auto")] {
            let count = bench.count(cpu, backend, &artifact, 3)? - bench.count(cpu, backend, &artifact, 1)?;
            line += &format!(" {:>9.3}", count as f64 / 2e6);
        }
        println!("{line}");
    }
    Ok(())
}

/// The program that is measured and the plugin that measures.
struct Bench {
    folder: PathBuf,
    program: PathBuf,
    /// The command line.
    sanderling: PathBuf,
    plugin: PathBuf,
}

impl Bench {
    fn build() -> Result<Bench> {
        let example = ["build", "--release", "--target", AARCH64, "-p", "sanderling-host", "--example", "repeat"];
        process::run(&mut process::cargo(&example))?;
        let target = process::target_folder(&process::root().join("Cargo.toml"))?;
        let sanderling = process::program("sanderling")?;
        let folder = target.join("instructions");
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
        let plugin = folder.join("libcount.so");
        let mut rustc = Command::new("rustc");
        rustc.args(["--edition", "2024", "--crate-type", "cdylib", "-O", "--check-cfg", "cfg(first_interface)"]);
        if version(&output(Command::new("qemu-aarch64").arg("--version"))?).is_some_and(|major| major < 9) {
            rustc.args(["--cfg", "first_interface"]);
        }
        let source = process::root().join("xtask/src/instructions/plugin.rs");
        process::run(rustc.arg(source).arg("-o").arg(&plugin).current_dir(process::root()))?;
        Ok(Bench { program: target.join(AARCH64).join("release/examples/repeat"), sanderling, folder, plugin })
    }

    fn compile(&self, name: &str, model: &Path) -> Result<PathBuf> {
        let artifact = self.folder.join(format!("{name}.sndl"));
        let mut compile = Command::new(&self.sanderling);
        compile.arg("compile").arg(model).args(["--target", "aarch64-neon", "-o"]).arg(&artifact);
        output(&mut compile)?;
        Ok(artifact)
    }

    /// Instructions of a whole process that runs an artifact `runs` times.
    fn count(&self, cpu: &str, backend: &str, artifact: &Path, runs: u32) -> Result<u64> {
        let mut qemu = Command::new("qemu-aarch64");
        qemu.args(["-cpu", cpu, "-L", "/usr/aarch64-linux-gnu", "-plugin"]).arg(&self.plugin).arg(&self.program);
        qemu.arg(artifact).args([backend, &runs.to_string()]);
        let result = qemu.output().with_context(|| format!("cannot start {qemu:?}"))?;
        let text = String::from_utf8_lossy(&result.stderr);
        ensure!(result.status.success(), "{qemu:?} failed: {text}");
        let count = text.lines().last().and_then(|line| line.trim().parse().ok());
        count.with_context(|| format!("{qemu:?} gave no count: {text}"))
    }
}

/// What a command prints.
fn output(command: &mut Command) -> Result<String> {
    let result = command.output().with_context(|| format!("cannot start {command:?}"))?;
    ensure!(result.status.success(), "{command:?} failed: {}", String::from_utf8_lossy(&result.stderr));
    Ok(String::from_utf8_lossy(&result.stdout).into_owned())
}

/// The major number in "qemu-aarch64 version 7.2.22 (...)".
fn version(text: &str) -> Option<u32> {
    text.split_once("version ")?.1.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn versions_are_found() {
        assert_eq!(version("qemu-aarch64 version 7.2.22 (Debian 1:7.2+dfsg-7)\nCopyright"), Some(7));
        assert_eq!(version("qemu-aarch64 version 10.0.2\n"), Some(10));
        assert_eq!(version("something else"), None);
    }
}
