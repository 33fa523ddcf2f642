//! From bytes to a model that is ready to run.

use core::ops::Range;
use core::{ptr, slice};

use sanderling_format::Release;
use sanderling_runtime::{Model, Session};

use crate::context::{self, SanderlingContext};
use crate::kernels::kernels;
use crate::status::{SanderlingStatus, status};

/// What a loaded model needs and has.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct SanderlingInfo {
    /// Bytes of the arena: the whole need of memory, inputs, outputs, states and scratch included.
    pub arena_bytes: usize,
    /// An upper bound for the stack of a run on the model's target, in bytes.
    pub stack_bytes: usize,
    /// Number of inputs.
    pub inputs: usize,
    /// Number of outputs.
    pub outputs: usize,
    /// Multiply-accumulates of a run.
    pub macs: u64,
    /// The seed of the self-test's inputs, for `sanderling_digests`.
    pub seed: u32,
}

/// The release of this library: major times 2^16, plus minor times 2^8, plus patch.
#[unsafe(no_mangle)]
pub extern "C" fn sanderling_release() -> u32 {
    Release::OWN.0
}

/// Checks an artifact, once and wholly, and puts what is known of it into `context`.
///
/// `artifact` points to `artifact_bytes` bytes, in flash or memory, best aligned to 16. They stay the caller's and must stay
/// there, unchanged, as long as the context is used; the library reads them in place. `context` may hold another model, which
/// is forgotten, also where this one is refused. Time is linear in the bytes.
///
/// Returns `SANDERLING_STATUS_NULL` for null pointers, and otherwise what is wrong with the artifact.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanderling_load(
    context: *mut SanderlingContext,
    artifact: *const u8,
    artifact_bytes: usize,
) -> SanderlingStatus {
    status((|| {
        context::check(context)?;
        // SAFETY: not null and aligned; the caller gives a context that may be written.
        unsafe { context::clear(context) };
        extent(artifact, artifact_bytes)?;
        // SAFETY: not null, and inside the address space; by the caller's word these bytes are there and do not change.
        let artifact: &'static [u8] = unsafe { slice::from_raw_parts(artifact, artifact_bytes) };
        let model = Model::parse(artifact, kernels())?;
        // SAFETY: as above.
        unsafe { context::set(context, model, artifact) };
        Ok(())
    })())
}

/// Writes what the model needs to `info`, which is the caller's. The model has to be loaded, not started.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanderling_info(
    context: *const SanderlingContext,
    info: *mut SanderlingInfo,
) -> SanderlingStatus {
    status((|| {
        // SAFETY: the caller gives null or a context.
        let model = unsafe { context::loaded(context)? }.model;
        let found = SanderlingInfo {
            arena_bytes: model.arena_bytes(),
            stack_bytes: model.stack_bytes(),
            inputs: model.inputs().count(),
            outputs: model.outputs().count(),
            macs: model.macs(),
            seed: model.golden().seed,
        };
        // SAFETY: the caller gives null or memory for an info.
        unsafe { put(info, found) }
    })())
}

/// Lends the model the memory that it works in, and sets its states to their start.
///
/// `arena` points to at least `SanderlingInfo.arena_bytes` bytes, best aligned to 16; it may not lie over the artifact or the
/// context. It stays the caller's, who leaves it alone, inputs and outputs excepted, as long as the context is used. Starting
/// again, with this arena or another, starts afresh.
///
/// Returns `SANDERLING_STATUS_NULL`, `_NOT_LOADED`, `_ARENA` where there are too few bytes, or `_OVERLAP`; then the arena is
/// untouched, and the model has the arena that it had.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sanderling_start(
    context: *mut SanderlingContext,
    arena: *mut u8,
    arena_bytes: usize,
) -> SanderlingStatus {
    status((|| {
        // SAFETY: the caller gives null or a context.
        let loaded = unsafe { context::loaded(context)? };
        let (model, artifact) = (loaded.model, loaded.artifact());
        extent(arena, arena_bytes)?;
        let needed = model.arena_bytes();
        if arena_bytes < needed {
            return Err(SanderlingStatus::Arena);
        }
        let own = extent(arena, needed)?;
        let context_extent = extent(context.cast(), size_of::<SanderlingContext>())?;
        if [artifact, context_extent].iter().any(|other| own.start < other.end && other.start < own.end) {
            return Err(SanderlingStatus::Overlap);
        }
        // SAFETY: not null; by the caller's word these bytes are there and nobody else's. The model was loaded above.
        unsafe {
            Session::new(&model, slice::from_raw_parts_mut(arena, needed))?;
            context::set_arena(context, arena);
        }
        Ok(())
    })())
}

/// The addresses of so many bytes; they may be fewer than the address space has behind the pointer, and than `isize::MAX`.
pub(crate) fn extent(start: *const u8, bytes: usize) -> Result<Range<usize>, SanderlingStatus> {
    let end = start.addr().checked_add(bytes).filter(|_| isize::try_from(bytes).is_ok());
    end.filter(|_| !start.is_null()).map(|end| start.addr()..end).ok_or(SanderlingStatus::Null)
}

/// Writes a value where the caller wants it.
///
/// # Safety
/// `to` is null, not aligned, or may be written.
pub(crate) unsafe fn put<T>(to: *mut T, value: T) -> Result<(), SanderlingStatus> {
    if to.is_null() || !to.is_aligned() {
        return Err(SanderlingStatus::Null);
    }
    // SAFETY: not null and aligned; the caller says that it may be written.
    unsafe { ptr::write(to, value) };
    Ok(())
}
