//! Runs the self-test of artifacts with this machine's fastest kernels and with the plain ones, and prints for the
//! generated inputs of seeds 1 to 3 the digests of the outputs and of what every kernel call wrote.
//!
//! Small enough to cross-compile: the tests run it for 64-bit Arm under an emulator.

use std::process::ExitCode;

use sanderling_host::{Backend, kernels};
use sanderling_runtime::{Model, Session};

fn main() -> ExitCode {
    for path in std::env::args().skip(1) {
        for backend in [Backend::Auto, Backend::Scalar] {
            match self_test(&path, backend) {
                Ok(digests) => println!("{path} {backend:?}{digests}"),
                Err(error) => {
                    eprintln!("{path}, {backend:?}: {error}");
                    return ExitCode::FAILURE;
                }
            }
        }
    }
    ExitCode::SUCCESS
}

fn self_test(path: &str, backend: Backend) -> Result<String, Box<dyn std::error::Error>> {
    let bytes = std::fs::read(path)?;
    let model = Model::parse(&bytes, kernels(backend))?;
    let mut arena = vec![0; model.arena_bytes()];
    let mut session = Session::new(&model, &mut arena)?;
    session.self_test()?;
    let mut digests = String::new();
    for seed in 1..=3 {
        let (outputs, trace) = session.digests(seed)?;
        digests += &format!(" {outputs:016x} {trace:016x}");
    }
    Ok(digests)
}
