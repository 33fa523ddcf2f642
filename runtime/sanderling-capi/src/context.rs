//! The caller's memory for a loaded model.

use core::ops::Range;
use core::ptr;

use sanderling_runtime::{Model, Session};

use crate::status::SanderlingStatus;

/// Words of 8 bytes in a `SanderlingContext`: 320 bytes.
pub const SANDERLING_CONTEXT_WORDS: usize = 40;

/// What the library knows of a loaded model. The caller gives the memory and never looks inside.
///
/// Set it to zero before its first use: `SanderlingContext context = {0};`. It owns nothing, so that nothing has to be
/// closed: it may be dropped, or loaded anew, whenever no call on it runs. One thread at a time may use it.
#[repr(C)]
pub struct SanderlingContext {
    /// Private.
    pub opaque: [u64; SANDERLING_CONTEXT_WORDS],
}

/// What a context holds once a model is loaded.
#[repr(C)]
pub(crate) struct Loaded {
    mark: u64,
    pub model: Model<'static>,
    /// Where the artifact lies, only to be compared with other places.
    artifact: [usize; 2],
    /// Null until the model is started; then as many bytes as the model asks for.
    arena: *mut u8,
}

/// Says that a context is loaded. Memory that nobody has set is not likely to hold it.
const MARK: u64 = u64::from_le_bytes(*b"sndl\x02\xc7\x9e\x15");

const _: () = assert!(size_of::<Loaded>() <= size_of::<SanderlingContext>());
const _: () = assert!(align_of::<Loaded>() <= align_of::<SanderlingContext>());

/// Whether `context` points to something that can be a context.
pub(crate) fn check(context: *const SanderlingContext) -> Result<(), SanderlingStatus> {
    if context.is_null() || !context.is_aligned() { Err(SanderlingStatus::Null) } else { Ok(()) }
}

/// Puts a model into a context that has passed [`check`].
///
/// # Safety
/// `context` may be written, and the artifact stays where it is, unchanged, as long as the context is used.
pub(crate) unsafe fn set(context: *mut SanderlingContext, model: Model<'static>, artifact: &'static [u8]) {
    let artifact = [artifact.as_ptr().addr(), artifact.len()];
    let loaded = Loaded { mark: MARK, model, artifact, arena: ptr::null_mut() };
    // SAFETY: the context is as large and as aligned as what goes into it (asserted above), and the caller lets it be written.
    unsafe { ptr::write(context.cast::<Loaded>(), loaded) }
}

/// Forgets the model of a context that has passed [`check`].
///
/// # Safety
/// `context` may be written.
pub(crate) unsafe fn clear(context: *mut SanderlingContext) {
    // SAFETY: the first word of memory that the caller lets be written.
    unsafe { ptr::write(context.cast::<u64>(), 0) }
}

/// Gives a loaded context its arena.
///
/// # Safety
/// `context` is loaded and may be written; `arena` has as many bytes as the model asks for and is nobody else's.
pub(crate) unsafe fn set_arena(context: *mut SanderlingContext, arena: *mut u8) {
    // SAFETY: a loaded context holds a `Loaded`, and the caller lets it be written.
    unsafe { (*context.cast::<Loaded>()).arena = arena }
}

/// What a context holds.
///
/// # Safety
/// `context` is null, or a context that was zeroed or loaded, and that nobody writes during the call.
pub(crate) unsafe fn loaded<'c>(context: *const SanderlingContext) -> Result<&'c Loaded, SanderlingStatus> {
    check(context)?;
    // SAFETY: not null, aligned, and by the caller's word a context: its first word is set.
    if unsafe { ptr::read(context.cast::<u64>()) } != MARK {
        return Err(SanderlingStatus::NotLoaded);
    }
    // SAFETY: the mark is written together with all of `Loaded`.
    Ok(unsafe { &*context.cast::<Loaded>() })
}

impl Loaded {
    /// The addresses of the artifact.
    pub fn artifact(&self) -> Range<usize> {
        let [start, bytes] = self.artifact;
        start..start.saturating_add(bytes)
    }

    /// Where the arena begins; null where the model is not started.
    pub fn arena(&self) -> *mut u8 {
        self.arena
    }

    /// The model at work in its arena, for one call. The states are as the arena holds them.
    ///
    /// # Safety
    /// The caller's arena is still there, and nobody else uses it until the session is gone.
    pub unsafe fn session(&self) -> Result<Session<'static>, SanderlingStatus> {
        if self.arena.is_null() {
            return Err(SanderlingStatus::NotStarted);
        }
        // SAFETY: `set_arena` was given as many bytes as the model asks for; the caller says that they are still there and
        // nobody else's.
        let arena = unsafe { core::slice::from_raw_parts_mut(self.arena, self.model.arena_bytes()) };
        Ok(Session::resume(&self.model, arena)?)
    }
}
