//! What the demo runs on.

use std::io::Write;
#[cfg(feature = "gpu")]
use std::time::Instant;

use anyhow::{Context, Result, ensure};
#[cfg(feature = "gpu")]
use sanderling_gpu::{Gpu, GpuSession};
use sanderling_runtime::{Model, Session};

use crate::commands::{BackendArg, bench};
use crate::{qemu, show};

/// A machine that may be present.
pub struct Machine {
    pub name: &'static str,
    /// What to compile for.
    pub target: &'static str,
    /// It runs no more, or the demo would take too long.
    pub most_inputs: usize,
    /// Why it cannot be used here, if it cannot.
    pub missing: fn() -> Option<String>,
    /// Runs an artifact on the bytes of inputs.
    pub run: fn(&[u8], &[Vec<u8>]) -> Result<Ran>,
}

/// What a machine gave.
pub struct Ran {
    /// Output bytes, those of an input one behind another.
    pub outputs: Vec<u8>,
    pub ram_bytes: u64,
    /// Of one run.
    pub cost: String,
}

/// Every machine.
pub const MACHINES: &[Machine] = &[
    Machine { name: "host", target: "host", most_inputs: usize::MAX, missing: || None, run: on_host },
    Machine {
        name: "Cortex-M4 (QEMU)",
        target: "nucleo-l4r5zi",
        most_inputs: 20,
        missing: qemu::missing,
        run: on_qemu,
    },
    #[cfg(feature = "gpu")]
    Machine { name: "GPU (wgpu)", target: "wgpu", most_inputs: 200, missing: no_gpu, run: on_gpu },
];

fn on_host(artifact: &[u8], inputs: &[Vec<u8>]) -> Result<Ran> {
    let model = Model::parse(artifact, BackendArg::Auto.kernels()?)?;
    let mut times = bench::measure(&model, 500)?;
    times.sort_by(f64::total_cmp);
    Ok(Ran {
        outputs: outputs(&model, inputs)?,
        ram_bytes: model.arena_bytes() as u64,
        cost: format!("{:.0} us", times[times.len() / 2]),
    })
}

/// The bytes of the first output for each input.
pub fn outputs(model: &Model<'_>, inputs: &[Vec<u8>]) -> Result<Vec<u8>> {
    let mut arena = vec![0; model.arena_bytes()];
    let mut session = Session::new(model, &mut arena)?;
    let mut outputs = Vec::new();
    for input in inputs {
        session.input(0)?.copy_from_slice(input);
        session.run()?;
        outputs.extend_from_slice(session.output(0)?);
    }
    Ok(outputs)
}

fn on_qemu(artifact: &[u8], inputs: &[Vec<u8>]) -> Result<Ran> {
    let mut file = tempfile::NamedTempFile::new().context("cannot make a temporary file")?;
    file.write_all(artifact)?;
    let report = qemu::run(file.path(), &inputs.concat())?;
    ensure!(report.self_test == "passed", "the board's self-test: {}", report.self_test);
    Ok(Ran {
        outputs: report.outputs,
        ram_bytes: report.arena_bytes + report.stack_high_water_bytes,
        cost: format!("{} instructions", show::grouped(report.instructions)),
    })
}

#[cfg(feature = "gpu")]
fn no_gpu() -> Option<String> {
    Gpu::open().err().map(|error| error.to_string())
}

#[cfg(feature = "gpu")]
fn on_gpu(artifact: &[u8], inputs: &[Vec<u8>]) -> Result<Ran> {
    let gpu = Gpu::open()?;
    let mut session = GpuSession::new(&gpu, artifact)?;
    let mut all = Vec::new();
    let mut times = Vec::new();
    for input in inputs {
        let start = Instant::now();
        let outputs = session.run_row(&[input])?;
        times.push(start.elapsed().as_secs_f64() * 1e6);
        all.extend_from_slice(&outputs[0]);
    }
    times.sort_by(f64::total_cmp);
    Ok(Ran {
        outputs: all,
        ram_bytes: session.model().arena_bytes() as u64,
        cost: format!("{:.0} us on {}", times[times.len() / 2], gpu.name()),
    })
}
