//! Puts the linker script where the linker looks, and for `embedded` the artifact and the kernels that it calls.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::{env, fs};

use sanderling_format::{Header, Kind, Program};

fn main() {
    let folder = env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    println!("cargo:rustc-link-search={folder}");
    println!("cargo:rerun-if-changed=memory.x");
    println!("cargo:rerun-if-env-changed=SANDERLING_ARTIFACT");
    if env::var_os("CARGO_FEATURE_EMBEDDED").is_some() {
        embed();
    }
}

fn embed() {
    let path = env::var("SANDERLING_ARTIFACT").expect("SANDERLING_ARTIFACT names the artifact to embed");
    println!("cargo:rerun-if-changed={path}");
    let artifact = fs::read(&path).unwrap_or_else(|e| panic!("cannot read {path}: {e}"));
    let header = Header::read(&artifact).unwrap_or_else(|e| panic!("{path}: {e}"));
    let program = header.section(Kind::Program).of(&artifact).expect("a program section");
    let ids: BTreeSet<u16> = Program(program).flatten().map(|call| call.id).collect();
    let kernels: Vec<String> = ids.iter().map(|id| format!("by_id({id})")).collect();
    let code = format!(
        "pub static ARTIFACT: Aligned<[u8; {}]> = Aligned(*include_bytes!({path:?}));\n\
         pub const ARENA_BYTES: usize = {};\n\
         pub static KERNELS: &[Kernel] = &[{}];\n",
        artifact.len(),
        header.arena_bytes,
        kernels.join(", ")
    );
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it")).join("model.rs");
    fs::write(&out, code).expect("OUT_DIR can be written");
}
