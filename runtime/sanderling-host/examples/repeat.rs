//! Runs an artifact some times: `repeat ARTIFACT auto|scalar RUNS`.
//!
//! For counting instructions: what starting and reading cost goes away in the difference of two counts.

use std::error::Error;

use sanderling_host::{Backend, kernels};
use sanderling_runtime::{Model, Session};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path, backend, runs] = &arguments[..] else { return Err("give an artifact, auto or scalar, and runs".into()) };
    let backend = if backend == "scalar" { Backend::Scalar } else { Backend::Auto };
    let bytes = std::fs::read(path)?;
    let model = Model::parse(&bytes, kernels(backend))?;
    let mut arena = vec![0; model.arena_bytes()];
    let mut session = Session::new(&model, &mut arena)?;
    for _ in 0..runs.parse::<u32>()? {
        session.run()?;
    }
    Ok(())
}
