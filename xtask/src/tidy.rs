//! `cargo xtask tidy`: the layering of the workspace and the rules on its sources.
//!
//! The rules are pure functions over names and text, so that each is tested on an example that breaks it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use cargo_metadata::{DependencyKind, MetadataCommand, Package};

use crate::{header, process};

/// The crates that run on a bare device.
pub const DEVICE_CRATES: [&str; 4] = [FORMAT, "sanderling-kernels", "sanderling-runtime", "sanderling-capi"];

const FORMAT: &str = "sanderling-format";
/// Device crates without unsafe code; the kernels need it for their intrinsics, the C interface for its pointers.
const SAFE_CRATES: [&str; 2] = [FORMAT, "sanderling-runtime"];
/// Folders that may use everything and that nothing may use.
const LEAVES: [&str; 7] = ["bench", "cli", "conformance", "examples", "fuzz", "python", "xtask"];

/// A workspace crate, as far as the layering goes.
struct Node {
    name: String,
    /// The top-level folder, which is the crate's role.
    role: String,
    edges: Vec<Edge>,
}

struct Edge {
    to: String,
    /// Dev-dependencies are not in what users build, so that tests may compare across layers.
    dev: bool,
}

pub fn run() -> Result<()> {
    // The resolved graph of outside crates plays no part in the rules, and would need the network.
    let metadata = MetadataCommand::new()
        .manifest_path(process::root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .context("cannot read the workspace's metadata")?;
    let packages = metadata.workspace_packages();

    let nodes: Vec<Node> =
        packages.iter().map(|package| node(package, metadata.workspace_root.as_std_path())).collect();
    let mut problems = broken_arrows(&nodes);
    for package in &packages {
        problems.extend(source_problems(package)?);
    }

    problems.extend(header::check().err().map(|error| format!("{error:#}")));

    if !problems.is_empty() {
        bail!("{} broken rules:\n  {}", problems.len(), problems.join("\n  "));
    }
    println!("tidy: {} crates keep the rules", packages.len());
    Ok(())
}

fn node(package: &Package, root: &Path) -> Node {
    let manifest = package.manifest_path.as_std_path();
    let role = manifest
        .strip_prefix(root)
        .ok()
        .and_then(|path| path.iter().next())
        .map(|folder| folder.to_string_lossy().into_owned())
        .unwrap_or_default();
    let edges = package
        .dependencies
        .iter()
        .map(|dependency| Edge { to: dependency.name.clone(), dev: dependency.kind == DependencyKind::Development })
        .collect();
    Node { name: package.name.to_string(), role, edges }
}

fn source_problems(package: &Package) -> Result<Vec<String>> {
    let name = package.name.as_str();
    let mut problems = Vec::new();
    for target in &package.targets {
        if target.is_test() || target.is_example() || target.is_bench() || target.is_custom_build() {
            continue;
        }
        let path = target.src_path.as_std_path();
        let text = read(path)?;
        problems.extend(missing_docs(&shown(path), &text));
        if DEVICE_CRATES.contains(&name) && target.is_lib() {
            problems.extend(missing_attributes(name, &shown(path), &text));
        }
    }
    if DEVICE_CRATES.contains(&name) {
        let folder = package.manifest_path.with_file_name("src");
        for path in rust_files(folder.as_std_path())? {
            problems.extend(open_alloc(name, &shown(&path), &read(&path)?));
        }
    }
    Ok(problems)
}

/// The arrows that keep the device small and the artifact independent of the host: see "Layout" in the design.
fn broken_arrows(nodes: &[Node]) -> Vec<String> {
    let mut problems = Vec::new();
    for from in nodes {
        for edge in &from.edges {
            let Some(to) = nodes.iter().find(|node| node.name == edge.to) else {
                continue;
            };
            if let Some(why) = broken_arrow(from, to, edge.dev) {
                problems.push(format!("{} depends on {}: {why}", from.name, to.name));
            }
        }
    }
    problems
}

fn broken_arrow(from: &Node, to: &Node, dev: bool) -> Option<&'static str> {
    if LEAVES.contains(&to.role.as_str()) && from.role != to.role {
        return Some("nothing depends on tools, examples or the command line");
    }
    // Even in tests: the runtime's tests must run where the compiler does not build.
    if from.role == "runtime" && to.role == "compiler" {
        return Some("the runtime never depends on the compiler");
    }
    if from.name == FORMAT {
        return Some("the format stands alone, because both sides share it");
    }
    if dev {
        return None;
    }
    // Not only the runtime and its kernels by name: another runtime crate would bring them in unseen.
    if from.role == "compiler" && to.role == "runtime" && to.name != FORMAT {
        return Some("the compiler shares only the format with the runtime");
    }
    None
}

fn missing_docs(path: &str, text: &str) -> Option<String> {
    (!text.starts_with("//!")).then(|| format!("{path}: does not start with a `//!` summary"))
}

fn missing_attributes(name: &str, path: &str, text: &str) -> Vec<String> {
    let mut wanted = vec!["#![no_std]"];
    if SAFE_CRATES.contains(&name) {
        wanted.push("#![forbid(unsafe_code)]");
    }
    // Whole lines, so that a comment that speaks of the attribute does not count.
    wanted.retain(|attribute| !text.lines().any(|line| line.trim() == *attribute));
    wanted.into_iter().map(|attribute| format!("{path}: lacks `{attribute}`")).collect()
}

/// Finds `extern crate alloc` where a device build would see it: a `no_std` crate cannot allocate without it.
fn open_alloc(name: &str, path: &str, text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let mut problems = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        if !line.trim_start_matches("pub ").starts_with("extern crate alloc") {
            continue;
        }
        let gated = lines[..index]
            .iter()
            .rev()
            .take_while(|line| line.starts_with("#["))
            .any(|attribute| is_gate(name, attribute));
        if !gated {
            problems.push(format!("{path}:{}: a device crate allocates nothing", index + 1));
        }
    }
    problems
}

/// Exact spellings, because `not(feature = "alloc")` contains the feature's name too.
fn is_gate(name: &str, attribute: &str) -> bool {
    match attribute {
        "#[cfg(test)]" => true,
        r#"#[cfg(feature = "alloc")]"#
        | r#"#[cfg(any(feature = "alloc", test))]"#
        | r#"#[cfg(any(test, feature = "alloc"))]"# => name == FORMAT,
        _ => false,
    }
}

fn rust_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let entries = fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    // The order of a folder differs between machines; the report must not.
    files.sort();
    Ok(files)
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

fn shown(path: &Path) -> String {
    path.strip_prefix(process::root()).unwrap_or(path).display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(role: &str, name: &str, normal: &[&str], dev: &[&str]) -> Node {
        let edge = |dev| move |to: &&str| Edge { to: (*to).to_owned(), dev };
        Node {
            name: name.to_owned(),
            role: role.to_owned(),
            edges: normal.iter().map(edge(false)).chain(dev.iter().map(edge(true))).collect(),
        }
    }

    /// The real crates, without the one under test and without edges.
    fn problems(under_test: Node) -> Vec<String> {
        let mut nodes: Vec<Node> = [
            ("compiler", "sanderling-ir"),
            ("compiler", "sanderling-compile"),
            ("runtime", "sanderling-format"),
            ("runtime", "sanderling-kernels"),
            ("runtime", "sanderling-runtime"),
            ("runtime", "sanderling-host"),
            ("cli", "sanderling"),
            ("xtask", "xtask"),
        ]
        .into_iter()
        .filter(|(_, name)| *name != under_test.name)
        .map(|(role, name)| node(role, name, &[], &[]))
        .collect();
        nodes.push(under_test);
        broken_arrows(&nodes)
    }

    #[test]
    fn runtime_does_not_use_the_compiler() {
        let broken = "sanderling-ir";
        assert_eq!(problems(node("runtime", "sanderling-host", &[broken], &[])).len(), 1);
        assert_eq!(problems(node("runtime", "sanderling-host", &[], &[broken])).len(), 1);
        let fine = ["sanderling-runtime", "sanderling-format", "anyhow"];
        assert!(problems(node("runtime", "sanderling-host", &fine, &[])).is_empty());
    }

    #[test]
    fn compiler_uses_the_runtime_only_in_tests() {
        for broken in ["sanderling-runtime", "sanderling-kernels", "sanderling-host"] {
            assert_eq!(problems(node("compiler", "sanderling-compile", &[broken], &[])).len(), 1);
            assert!(problems(node("compiler", "sanderling-compile", &[], &[broken])).is_empty());
        }
        let fine = ["sanderling-ir", "sanderling-format"];
        assert!(problems(node("compiler", "sanderling-compile", &fine, &[])).is_empty());
    }

    #[test]
    fn format_stands_alone() {
        let broken = node("runtime", FORMAT, &["sanderling-kernels"], &[]);
        assert_eq!(problems(broken).len(), 1);
        let broken = node("runtime", FORMAT, &[], &["sanderling-host"]);
        assert_eq!(problems(broken).len(), 1);
        assert!(problems(node("runtime", FORMAT, &["thiserror"], &[])).is_empty());
    }

    #[test]
    fn nothing_uses_the_leaves() {
        let broken = node("compiler", "sanderling-ir", &["xtask", "sanderling"], &[]);
        assert_eq!(problems(broken).len(), 2);
    }

    #[test]
    fn crates_start_with_a_summary() {
        assert!(missing_docs("lib.rs", "#![no_std]\n//! Late.\n").is_some());
        assert!(missing_docs("lib.rs", "//! A crate.\n").is_none());
    }

    #[test]
    fn device_crates_state_their_limits() {
        let bare = "//! A crate that is not `#![no_std]`.\n// #![forbid(unsafe_code)]\n";
        assert_eq!(missing_attributes(FORMAT, "lib.rs", bare).len(), 2);
        assert_eq!(missing_attributes("sanderling-runtime", "lib.rs", bare).len(), 2);
        assert_eq!(missing_attributes("sanderling-kernels", "lib.rs", bare).len(), 1);
        let full = "//! A crate.\n#![no_std]\n#![forbid(unsafe_code)]\n";
        assert!(missing_attributes(FORMAT, "lib.rs", full).is_empty());
    }

    #[test]
    fn device_crates_do_not_allocate() {
        let open = "//! A crate.\nextern crate alloc;\n";
        let inverted = "#[cfg(not(feature = \"alloc\"))]\nextern crate alloc;\n";
        let gated = "#[cfg(feature = \"alloc\")]\nextern crate alloc;\n";
        let tests = "#[cfg(test)]\nextern crate alloc;\n";
        assert_eq!(open_alloc(FORMAT, "lib.rs", open).len(), 1);
        assert_eq!(open_alloc(FORMAT, "lib.rs", inverted).len(), 1);
        assert!(open_alloc(FORMAT, "lib.rs", gated).is_empty());
        // Only the format has a writer, so only the format has the feature.
        assert_eq!(open_alloc("sanderling-runtime", "lib.rs", gated).len(), 1);
        assert!(open_alloc("sanderling-runtime", "lib.rs", tests).is_empty());
    }
}
