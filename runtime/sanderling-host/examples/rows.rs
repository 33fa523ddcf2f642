//! Runs an artifact on arrays: `rows ARTIFACT auto|scalar IN.npz OUT.npz`.
//!
//! Small enough to cross-compile: the tests run it for 64-bit Arm under an emulator.

use std::error::Error;
use std::path::Path;

use sanderling_host::{Backend, kernels, read_npz, run_rows, write_npz};
use sanderling_runtime::{Model, Session};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path, backend, input, output] = &arguments[..] else {
        return Err("give an artifact, auto or scalar, and two files of arrays".into());
    };
    let backend = if backend == "scalar" { Backend::Scalar } else { Backend::Auto };
    let bytes = std::fs::read(path)?;
    let model = Model::parse(&bytes, kernels(backend))?;
    let mut arena = vec![0; model.arena_bytes()];
    let mut session = Session::new(&model, &mut arena)?;
    write_npz(Path::new(output), &run_rows(&mut session, &read_npz(Path::new(input))?)?)?;
    Ok(())
}
