//! Which kernels the library has: all of its instruction set, or those that some artifacts call.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

use sanderling_format::{Header, Kind, Program};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=SANDERLING_ARTIFACTS");
    let table = match env::var_os("SANDERLING_ARTIFACTS").filter(|paths| !paths.is_empty()) {
        None => "ALL".to_owned(),
        Some(paths) => {
            let mut ids = BTreeSet::new();
            env::split_paths(&paths).for_each(|path| ids.extend(called(&path)));
            let kernels: Vec<String> = ids.iter().map(|id| format!("by_id({id})")).collect();
            format!("&[{}]", kernels.join(", "))
        }
    };
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it")).join("kernels.rs");
    fs::write(&out, format!("static KERNELS: &[Kernel] = {table};\n")).expect("OUT_DIR can be written");
}

/// The kernels that an artifact calls.
fn called(path: &Path) -> Vec<u16> {
    println!("cargo:rerun-if-changed={}", path.display());
    let artifact = fs::read(path).unwrap_or_else(|e| panic!("cannot read {}: {e}", path.display()));
    let header = Header::read(&artifact).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let program = header.section(Kind::Program).of(&artifact).expect("a program section");
    Program(program).flatten().map(|call| call.id).collect()
}
