//! The fixed header and why an artifact is refused.

use crate::hash::Digest;
use crate::words::Reader;

/// The format version that this crate reads and writes.
pub const VERSION: u32 = 1;
/// Bytes of the header.
pub const HEADER_BYTES: usize = 84;
/// Alignment of every section in the file, and of every buffer in the arena.
pub const ALIGN: u32 = 16;

/// Why bytes are not a usable artifact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    #[error("not an artifact: it does not start with SNDL")]
    Magic,
    #[error("the artifact is of format {found}, this runtime reads {VERSION}: compile the model again")]
    Version { found: u32 },
    #[error("the artifact is cut short or longer than its header says")]
    Length,
    #[error("the artifact is damaged: its content hash does not match; fetch or compile it again")]
    Hash,
    #[error("a section lies outside the file")]
    Section,
    #[error("the program breaks off inside a call")]
    Program,
    #[error("kernel call {call} is for kernel {id}, which this runtime was built without")]
    MissingKernel { call: u32, id: u16 },
    #[error("kernel call {call} contradicts itself or reaches outside its memory")]
    Call { call: u32 },
    #[error("an input or output lies outside the arena")]
    Io,
}

/// Where a section lies in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Section {
    pub offset: u32,
    pub bytes: u32,
}

impl Section {
    /// The bytes of the section in the file.
    pub fn of(self, file: &[u8]) -> Option<&[u8]> {
        let start = usize::try_from(self.offset).ok()?;
        file.get(start..start.checked_add(usize::try_from(self.bytes).ok()?)?)
    }
}

/// The header, checked by [`Header::read`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The whole need of memory: inputs, outputs and scratch included.
    pub arena_bytes: u32,
    /// An upper bound for the stack of a run, in bytes.
    pub stack_bytes: u32,
    /// Multiply-accumulates of a run.
    pub macs: u32,
    pub program: Section,
    pub constants: Section,
    pub inputs: Section,
    pub outputs: Section,
    /// Names, in UTF-8, that I/O records point into; then the provenance.
    pub text: Section,
    /// Seed of the generated self-test input.
    pub golden_seed: u32,
    /// Digest of all outputs for that input.
    pub golden_digest: u64,
}

impl Header {
    /// Checks magic, version, length and content hash.
    pub fn read(file: &[u8]) -> Result<Header, FormatError> {
        if !file.starts_with(b"SNDL") {
            return Err(FormatError::Magic);
        }
        let mut r = Reader(file.get(4..HEADER_BYTES).ok_or(FormatError::Length)?);
        let mut word = || r.word().ok_or(FormatError::Length);
        let found = word()?;
        if found != VERSION {
            return Err(FormatError::Version { found });
        }
        let bytes = word()?;
        if usize::try_from(bytes) != Ok(file.len()) {
            return Err(FormatError::Length);
        }
        let hash = u64::from(word()?) | u64::from(word()?) << 32;
        if Digest::of(file.get(20..).ok_or(FormatError::Length)?) != hash {
            return Err(FormatError::Hash);
        }
        let [arena_bytes, stack_bytes, macs] = [word()?, word()?, word()?];
        let mut section = || Ok(Section { offset: word()?, bytes: word()? });
        let [program, constants, inputs] = [section()?, section()?, section()?];
        let [outputs, text] = [section()?, section()?];
        // The golden vector follows the fixed part; see `docs/format.md`.
        let mut tail = Reader(file.get(72..).ok_or(FormatError::Length)?);
        let mut word = || tail.word().ok_or(FormatError::Length);
        let golden_seed = word()?;
        let golden_digest = u64::from(word()?) | u64::from(word()?) << 32;
        Ok(Header {
            arena_bytes,
            stack_bytes,
            macs,
            program,
            constants,
            inputs,
            outputs,
            text,
            golden_seed,
            golden_digest,
        })
    }
}
