//! `cargo xtask header`: the C header, written from the sources of `sanderling-capi`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::process;

pub fn run() -> Result<()> {
    let path = path();
    fs::write(&path, generate()?).with_context(|| format!("cannot write {}", path.display()))?;
    println!("header: wrote {}", path.display());
    Ok(())
}

/// Whether the committed header is what the sources give.
pub fn check() -> Result<()> {
    let path = path();
    let committed = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    ensure!(committed == generate()?, "include/sanderling.h is not what its sources give: cargo xtask header");
    Ok(())
}

fn generate() -> Result<Vec<u8>> {
    let folder = folder();
    let config = cbindgen::Config::from_file(folder.join("cbindgen.toml"));
    let mut config = config.map_err(|error| anyhow::anyhow!("cbindgen.toml: {error}"))?;
    config.header = Some(TITLE.to_owned());
    // The files themselves, in a fixed order: no build, no metadata, and the same header on every machine.
    let mut builder = cbindgen::Builder::new().with_config(config);
    for file in FILES {
        builder = builder.with_src(folder.join("src").join(file));
    }
    let mut text = Vec::new();
    builder.generate().context("the header cannot be made")?.write(&mut text);
    Ok(text)
}

/// In the order in which a reader wants them.
const FILES: [&str; 5] = ["status.rs", "context.rs", "load.rs", "io.rs", "run.rs"];

const TITLE: &str = "\
/* Sanderling for C: runs artifacts (.sndl) in memory that the caller gives.
 *
 *     static SanderlingContext model;
 *     SanderlingInfo info;
 *     SanderlingTensor input, output;
 *     sanderling_load(&model, artifact, artifact_bytes);       checks everything, once
 *     sanderling_info(&model, &info);
 *     sanderling_start(&model, arena, info.arena_bytes);
 *     sanderling_input(&model, 0, &input);
 *     sanderling_output(&model, 0, &output);
 *     memcpy(input.data, features, input.bytes);               before each run
 *     sanderling_run(&model);                                  then output.data
 *
 * Every function returns a SanderlingStatus that says what went wrong; sanderling_message has words for it. Nothing is
 * allocated, nothing has to be closed, nothing prints. Sizes are in bytes. Null pointers are refused.
 *
 * Written by `cargo xtask header`; do not edit.
 */";

fn folder() -> PathBuf {
    process::root().join("runtime/sanderling-capi")
}

fn path() -> PathBuf {
    folder().join(Path::new("include/sanderling.h"))
}
