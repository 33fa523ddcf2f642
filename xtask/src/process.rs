//! What the commands share: paths, child processes, and what the machine offers.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use cargo_metadata::MetadataCommand;

/// Cortex-M4F and M7, the main device target; the emulated board runs it.
pub const THUMBV7EM: &str = "thumbv7em-none-eabihf";
/// Cortex-M0, which has neither a divide instruction nor compare-and-swap: what builds here builds on any Cortex-M.
pub const THUMBV6M: &str = "thumbv6m-none-eabi";
/// 64-bit Arm Linux boards.
pub const AARCH64: &str = "aarch64-unknown-linux-gnu";

/// The repository root, so that a command works from any folder.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the repository root")
}

/// The firmware of the board that QEMU emulates.
pub fn board() -> PathBuf {
    root().join("targets/boards/mps2-an386")
}

/// The cargo that runs this program, so that a chosen toolchain (`cargo +nightly xtask`) holds for its children.
pub fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root());
    command
}

/// Builds a program of the workspace, so that no figure is that of yesterday's code, and says where it lies.
///
/// With the features of the whole workspace, as the tests are built: of one package alone they are fewer, and the large
/// dependencies would be compiled once more.
pub fn program(name: &str) -> Result<PathBuf> {
    run(&mut cargo(&["build", "--release", "--quiet", "--workspace", "--bin", name]))?;
    let file = format!("{name}{}", env::consts::EXE_SUFFIX);
    Ok(target_folder(&root().join("Cargo.toml"))?.join("release").join(file))
}

/// The metadata knows the target folder, which the environment may have moved.
pub fn target_folder(manifest: &Path) -> Result<PathBuf> {
    let metadata = MetadataCommand::new().manifest_path(manifest).no_deps().exec();
    let metadata = metadata.with_context(|| format!("cannot read the metadata of {}", manifest.display()))?;
    Ok(metadata.target_directory.into_std_path_buf())
}

/// Runs a command to its end; a failure names the whole command, so that it can be repeated by hand.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start {command:?}"))?;
    ensure!(status.success(), "{command:?} failed: {status}");
    Ok(())
}

pub fn has_program(name: &str) -> bool {
    env::var_os("PATH").is_some_and(|path| env::split_paths(&path).any(|folder| folder.join(name).is_file()))
}

/// Asks rustc rather than rustup, because a distribution's Rust has no rustup.
pub fn has_target(triple: &str) -> bool {
    // rustc names the folder even where the target is not installed, so it is the folder that counts.
    Command::new("rustc")
        .args(["--print", "target-libdir", "--target", triple])
        .current_dir(root())
        .stderr(Stdio::null())
        .output()
        .is_ok_and(|output| {
            output.status.success() && Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir()
        })
}
