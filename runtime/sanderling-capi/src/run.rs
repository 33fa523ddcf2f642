//! A started model at work.

use sanderling_format::Digest;

use crate::context::{self, SanderlingContext};
use crate::load::put;
use crate::status::{SanderlingStatus, status};

/// Computes the outputs from the inputs. Takes no more stack than `SanderlingInfo.stack_bytes` on the model's target.
///
/// Returns `SANDERLING_STATUS_NOT_STARTED` where there is no arena, and `_CHANGED` where the artifact is no longer what was
/// loaded.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanderling_run(context: *mut SanderlingContext) -> SanderlingStatus {
    // SAFETY: the caller gives null or a context, whose arena only the library uses during the call.
    status((|| Ok(unsafe { context::loaded(context)?.session()? }.run()?))())
}

/// As `sanderling_run`, and writes a digest (FNV-1a-64) over what every kernel call wrote to `trace`, which is the caller's.
/// Equal inputs and states give equal digests on every machine where the model computes with integers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanderling_run_traced(context: *mut SanderlingContext, trace: *mut u64) -> SanderlingStatus {
    status((|| {
        let mut digest = Digest::default();
        // SAFETY: as in `sanderling_run`.
        unsafe { context::loaded(context)?.session()? }.run_observed(|step, output| {
            if !step.call.partial {
                digest.update(output);
            }
        })?;
        // SAFETY: the caller gives null or a number to write.
        unsafe { put(trace, digest.0) }
    })())
}

/// Sets the states to what they were when the model was started. Models without states have nothing to set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanderling_reset(context: *mut SanderlingContext) -> SanderlingStatus {
    status((|| {
        // SAFETY: as in `sanderling_run`.
        unsafe { context::loaded(context)?.session()? }.reset();
        Ok(())
    })())
}

/// Runs the model on generated inputs and compares with what the compiler computed. Overwrites inputs and outputs; the states
/// start afresh.
///
/// Returns `SANDERLING_STATUS_SELF_TEST_OUTPUTS` or `_SELF_TEST_TRACE` where the device computes something else: the model must not
/// be used on it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanderling_self_test(context: *mut SanderlingContext) -> SanderlingStatus {
    // SAFETY: as in `sanderling_run`.
    status((|| Ok(unsafe { context::loaded(context)?.session()? }.self_test()?))())
}

/// Runs the model on inputs generated from `seed`, from fresh states, and writes two digests (FNV-1a-64) where the caller wants
/// them: of all outputs, and of what every kernel call wrote. Overwrites inputs, outputs and states.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanderling_digests(
    context: *mut SanderlingContext,
    seed: u32,
    outputs: *mut u64,
    trace: *mut u64,
) -> SanderlingStatus {
    status((|| {
        // SAFETY: as in `sanderling_run`.
        let (found_outputs, found_trace) = unsafe { context::loaded(context)?.session()? }.digests(seed)?;
        // SAFETY: the caller gives null or numbers to write.
        unsafe {
            put(outputs, found_outputs)?;
            put(trace, found_trace)
        }
    })())
}
