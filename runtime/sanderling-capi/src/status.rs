//! What functions return, and what it means in words.

use core::ffi::{CStr, c_char};

use sanderling_runtime::{FormatError, RunError, SelfTestError};

/// What a function returns: 0 where it did what it says, and otherwise has changed nothing but what its page names.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SanderlingStatus {
    /// Done.
    Ok = 0,
    /// A pointer is null, not aligned, or its bytes would go beyond the address space.
    Null = 1,
    /// The context holds no model.
    NotLoaded = 2,
    /// The model has no arena yet.
    NotStarted = 3,
    /// The arena lies over the artifact or the context.
    Overlap = 4,
    /// The buffer has too few bytes, or an input not as many as it takes.
    Size = 5,
    /// The model has no input or output of this number.
    Index = 6,
    /// The arena has fewer bytes than `SanderlingInfo.arena_bytes`.
    Arena = 7,
    /// The bytes are no artifact.
    Magic = 16,
    /// The artifact is of another format version.
    Version = 17,
    /// The artifact needs a newer runtime.
    Runtime = 18,
    /// The artifact has not as many bytes as it says.
    Length = 19,
    /// The artifact is damaged.
    Hash = 20,
    /// The artifact's table of sections contradicts itself.
    Section = 21,
    /// The artifact needs kernels of a kind that this library lacks.
    Features = 22,
    /// The artifact's program breaks off.
    Program = 23,
    /// The artifact calls a kernel that this library lacks.
    Kernel = 24,
    /// A kernel call contradicts itself or reaches outside its memory.
    Call = 25,
    /// An input, output or state contradicts itself or lies outside the arena.
    Io = 26,
    /// The artifact has changed since it was loaded.
    Changed = 27,
    /// The self-test's outputs are not the compiler's.
    SelfTestOutputs = 32,
    /// The self-test's outputs are the compiler's, but not what every layer wrote.
    SelfTestTrace = 33,
    /// Some error that this version of the header has no number for.
    Other = 63,
}

/// What a status means and what to do: one line of English, terminated by zero. It lives as long as the program; nobody frees
/// it. Numbers that are no status have a message too.
#[unsafe(no_mangle)]
pub extern "C" fn sanderling_message(status: i32) -> *const c_char {
    message(status).as_ptr()
}

fn message(status: i32) -> &'static CStr {
    use SanderlingStatus::*;
    let is = |s: SanderlingStatus| s as i32 == status;
    let found = MESSAGES.iter().find(|(s, _)| is(*s)).map(|(_, text)| *text);
    found.unwrap_or(if is(Other) {
        c"an error that this header has no number for"
    } else {
        c"not a status of this library"
    })
}

const MESSAGES: [(SanderlingStatus, &CStr); 22] = {
    use SanderlingStatus::*;
    [
        (Ok, c"done"),
        (Null, c"a pointer is null, not aligned, or its bytes go beyond the address space"),
        (NotLoaded, c"the context holds no model: call sanderling_load"),
        (NotStarted, c"the model has no arena: call sanderling_start"),
        (Overlap, c"the arena lies over the artifact or the context: give it memory of its own"),
        (Size, c"the buffer has not the bytes of the input or output: see SanderlingTensor.bytes"),
        (Index, c"the model has no input or output of this number: see SanderlingInfo"),
        (Arena, c"the arena has fewer bytes than SanderlingInfo.arena_bytes"),
        (Magic, c"not an artifact: it does not start with SNDL"),
        (Version, c"the artifact is of a format version that this library does not read: compile the model again"),
        (Runtime, c"the artifact needs a newer runtime: update this library"),
        (Length, c"the artifact is cut short or longer than its header says: fetch or compile it again"),
        (Hash, c"the artifact is damaged, its content hash does not match: fetch or compile it again"),
        (Section, c"a section of the artifact lies outside the file, is not aligned or there twice"),
        (Features, c"the artifact needs kernels of a kind that this library lacks: compile the model for this device"),
        (Program, c"the artifact's program breaks off inside a call"),
        (Kernel, c"the artifact calls a kernel that this library was built without: see SANDERLING_ARTIFACTS"),
        (Call, c"a kernel call of the artifact contradicts itself or reaches outside its memory"),
        (Io, c"an input, output or state of the artifact contradicts itself or lies outside the arena"),
        (Changed, c"the artifact has changed since it was loaded: load it again"),
        (SelfTestOutputs, c"the outputs differ from the compiler's: this device does not compute what it should"),
        (SelfTestTrace, c"the outputs agree with the compiler's, but not every layer does"),
    ]
};

impl From<FormatError> for SanderlingStatus {
    fn from(error: FormatError) -> SanderlingStatus {
        match error {
            FormatError::Magic => SanderlingStatus::Magic,
            FormatError::Version { .. } => SanderlingStatus::Version,
            FormatError::Runtime { .. } => SanderlingStatus::Runtime,
            FormatError::Length => SanderlingStatus::Length,
            FormatError::Hash => SanderlingStatus::Hash,
            FormatError::Section => SanderlingStatus::Section,
            FormatError::Features { .. } => SanderlingStatus::Features,
            FormatError::Program => SanderlingStatus::Program,
            FormatError::MissingKernel { .. } => SanderlingStatus::Kernel,
            FormatError::Call { .. } => SanderlingStatus::Call,
            FormatError::Io => SanderlingStatus::Io,
            _ => SanderlingStatus::Other,
        }
    }
}

impl From<RunError> for SanderlingStatus {
    fn from(error: RunError) -> SanderlingStatus {
        match error {
            RunError::Arena { .. } => SanderlingStatus::Arena,
            RunError::NoInput { .. } | RunError::NoOutput { .. } => SanderlingStatus::Index,
            RunError::Call => SanderlingStatus::Changed,
            _ => SanderlingStatus::Other,
        }
    }
}

impl From<SelfTestError> for SanderlingStatus {
    fn from(error: SelfTestError) -> SanderlingStatus {
        match error {
            SelfTestError::Run(error) => error.into(),
            SelfTestError::Outputs { .. } | SelfTestError::Values { .. } => SanderlingStatus::SelfTestOutputs,
            SelfTestError::Trace => SanderlingStatus::SelfTestTrace,
            _ => SanderlingStatus::Other,
        }
    }
}

/// The status of a whole function.
pub(crate) fn status(result: Result<(), SanderlingStatus>) -> SanderlingStatus {
    result.err().unwrap_or(SanderlingStatus::Ok)
}
