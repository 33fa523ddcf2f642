//! Runs the self-test of artifacts with this machine's fastest kernels and with the plain ones.
//!
//! Small enough to cross-compile: the tests run it for 64-bit Arm under an emulator. For each artifact and backend a line
//! says which instruction sets its kernels are of, and for the generated inputs of seeds 1 to 3 the digests of the outputs
//! and of what every kernel call wrote.

use std::collections::BTreeSet;
use std::error::Error;
use std::process::ExitCode;

use sanderling_host::{Backend, kernels};
use sanderling_runtime::{Model, Session};

fn main() -> ExitCode {
    for path in std::env::args().skip(1) {
        for backend in [Backend::Auto, Backend::Scalar] {
            match self_test(&path, backend) {
                Ok(report) => println!("{path} passed: {report}"),
                Err(error) => {
                    eprintln!("{path}, {backend:?}: {error}");
                    return ExitCode::FAILURE;
                }
            }
        }
    }
    ExitCode::SUCCESS
}

fn self_test(path: &str, backend: Backend) -> Result<String, Box<dyn Error>> {
    let bytes = std::fs::read(path)?;
    let model = Model::parse(&bytes, kernels(backend))?;
    let mut arena = vec![0; model.arena_bytes()];
    let mut session = Session::new(&model, &mut arena)?;
    session.self_test()?;
    let sets: BTreeSet<String> = model.steps().map(|step| format!("{:?}", step.kernel.isa)).collect();
    let mut report = sets.into_iter().collect::<Vec<_>>().join("+");
    for seed in 1..=3 {
        let (outputs, trace) = session.digests(seed)?;
        report += &format!(" {outputs:016x} {trace:016x}");
    }
    Ok(report)
}
