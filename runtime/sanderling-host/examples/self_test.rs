//! Runs the self-test of artifacts with this machine's fastest kernels and with the plain ones.
//!
//! Small enough to cross-compile: the tests run it for 64-bit Arm under an emulator.

use std::process::ExitCode;

use sanderling_host::{Backend, kernels};
use sanderling_runtime::{Model, Session};

fn main() -> ExitCode {
    for path in std::env::args().skip(1) {
        for backend in [Backend::Auto, Backend::Scalar] {
            if let Err(error) = self_test(&path, backend) {
                eprintln!("{path}, {backend:?}: {error}");
                return ExitCode::FAILURE;
            }
        }
        println!("{path} passed");
    }
    ExitCode::SUCCESS
}

fn self_test(path: &str, backend: Backend) -> Result<(), Box<dyn std::error::Error>> {
    let bytes = std::fs::read(path)?;
    let model = Model::parse(&bytes, kernels(backend))?;
    let mut arena = vec![0; model.arena_bytes()];
    Ok(Session::new(&model, &mut arena)?.self_test()?)
}
