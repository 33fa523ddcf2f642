//! `cargo xtask setup`: installs what the tests use beyond the toolchain.
//!
//! It never fails: tests that need a missing tool skip by themselves, and a machine without network or root must
//! still be able to build and test the rest.

use std::path::Path;
use std::process::Command;

use crate::bench;
use crate::process::{self, AARCH64, THUMBV6M, THUMBV7EM};

/// A Debian package, with a file or a program that shows that it is there. Other distributions and hand-made
/// installations have the program without the package, so dpkg is not asked.
const PACKAGES: [(&str, &str); 6] = [
    ("qemu-system-arm", "qemu-system-arm"),
    ("qemu-user", "qemu-aarch64"),
    ("gcc-aarch64-linux-gnu", "aarch64-linux-gnu-gcc"),
    // The cross compiler only recommends its C library, and recommended packages are left out below.
    ("libc6-dev-arm64-cross", "/usr/aarch64-linux-gnu/include/stdio.h"),
    // Without a C library: the firmware in C needs none.
    ("gcc-arm-none-eabi", "arm-none-eabi-gcc"),
    // A GPU in software, for machines without one; it brings the loader, libvulkan1.
    ("mesa-vulkan-drivers", "/usr/share/vulkan/icd.d"),
];

pub fn run(peers: bool) {
    packages();
    targets();
    if peers {
        match bench::peers::install() {
            Ok(python) => println!("setup: peers are installed for {}", python.display()),
            Err(error) => println!("skipped: peers ({error:#})"),
        }
    }
}

fn packages() {
    let missing: Vec<&str> =
        PACKAGES.iter().filter(|(_, proof)| !present(proof)).map(|(package, _)| *package).collect();
    if missing.is_empty() {
        println!("setup: emulators, cross compilers and Vulkan are installed");
        return;
    }
    let names = missing.join(" ");
    if !process::has_program("apt-get") {
        println!("skipped: {names} (no apt-get here; install them by hand)");
        return;
    }
    if !is_root() {
        println!("skipped: {names} (not root; run: sudo apt-get install {names})");
        return;
    }
    println!("setup: installing {names}");
    // Fresh containers have no package lists. A failed update may still leave usable lists, so its result is not read.
    let _ = process::run(&mut apt(&["update", "-qq"]));
    // Recommended packages would bring desktop libraries along with QEMU.
    let mut install = apt(&["install", "-y", "-qq", "--no-install-recommends"]);
    if let Err(error) = process::run(install.args(&missing)) {
        println!("skipped: {names} ({error:#})");
    }
}

fn targets() {
    let missing: Vec<&str> =
        [THUMBV7EM, THUMBV6M, AARCH64].into_iter().filter(|triple| !process::has_target(triple)).collect();
    if missing.is_empty() {
        println!("setup: Rust targets are installed");
        return;
    }
    let names = missing.join(" ");
    if !process::has_program("rustup") {
        println!("skipped: Rust targets {names} (no rustup here)");
        return;
    }
    println!("setup: adding Rust targets {names}");
    let mut add = Command::new("rustup");
    // In the root, so that the targets go to the toolchain that rust-toolchain.toml names.
    add.args(["target", "add"]).args(&missing).current_dir(process::root());
    if let Err(error) = process::run(&mut add) {
        println!("skipped: Rust targets {names} ({error:#})");
    }
}

fn present(proof: &str) -> bool {
    if proof.starts_with('/') { Path::new(proof).exists() } else { process::has_program(proof) }
}

fn apt(arguments: &[&str]) -> Command {
    let mut command = Command::new("apt-get");
    // A question from a package would hang an unattended run.
    command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
    command
}

/// Asks `id`, because the standard library does not know the user and a dependency for one number is too much.
fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
