//! Artifacts on the GPU of this machine.

use std::path::Path;

use anyhow::{Context, Result};
use sanderling_gpu::{Gpu, GpuSession};
use sanderling_host::{Array, bind, stack};

use super::run::samples;

/// Opens the GPU and the artifact on it; says what is missing where that cannot be done.
pub fn with_session<T>(path: &Path, work: impl FnOnce(&Gpu, &mut GpuSession<'_>) -> Result<T>) -> Result<T> {
    let bytes = sanderling_host::read(path)?;
    let gpu = Gpu::open()?;
    let mut session = GpuSession::new(&gpu, &bytes).with_context(|| path.display().to_string())?;
    work(&gpu, &mut session)
}

/// Runs every row of the arrays, from fresh states, and returns the outputs stacked in the same way.
pub fn run_rows(session: &mut GpuSession<'_>, arrays: &[Array]) -> Result<Vec<Array>> {
    let model = *session.model();
    let (_, rows) = bind(&model, arrays)?;
    session.reset()?;
    let mut outputs = Vec::new();
    for row in samples(&model, arrays)? {
        set_inputs(session, &row)?;
        session.run()?;
        for index in 0..model.outputs().count() {
            outputs.extend_from_slice(session.output(index)?);
        }
    }
    Ok(stack(&model, rows, &outputs))
}

/// Sets all inputs from their bytes, one behind another.
pub fn set_inputs(session: &mut GpuSession<'_>, mut row: &[u8]) -> Result<()> {
    for index in 0..session.model().inputs().count() {
        let input = session.input(index)?;
        let (here, rest) = row.split_at(input.len());
        input.copy_from_slice(here);
        row = rest;
    }
    Ok(())
}
