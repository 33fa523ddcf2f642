//! The fixed header and why an artifact is refused.

use crate::hash::Digest;
use crate::words::{Reader, Words};

/// The format version that this crate reads and writes.
pub const VERSION: u32 = 1;
/// Bytes of the header.
pub const HEADER_BYTES: usize = 112;
/// Alignment of every section in the file, of every constant, and of every buffer in the arena.
pub const ALIGN: u32 = 16;
/// Where the content hash starts to count: everything behind it.
pub(crate) const HASHED_FROM: usize = 20;

/// Why bytes are not a usable artifact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    #[error("not an artifact: it does not start with SNDL")]
    Magic,
    #[error("the artifact is of format {found}, this runtime reads {VERSION}: compile the model again")]
    Version { found: u32 },
    #[error("the artifact is cut short or longer than its header says: fetch or compile it again")]
    Length,
    #[error("the artifact is damaged, its content hash does not match: fetch or compile it again")]
    Hash,
    #[error("a section lies outside the file")]
    Section,
    #[error("the program breaks off inside a call")]
    Program,
    #[error("kernel call {call} is for kernel {id}, which this runtime was built without")]
    MissingKernel { call: u32, id: u16 },
    #[error("kernel call {call} contradicts itself or reaches outside its memory")]
    Call { call: u32 },
    #[error("an input, output or state contradicts itself or lies outside the arena")]
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

/// The self-test: what a generated input must give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Golden {
    /// Seed of [`crate::lcg_bytes`], which fills the inputs one after another.
    pub seed: u32,
    /// Digest of all outputs; of integer models only, 0 elsewhere.
    pub outputs: u64,
    /// Digest of what every kernel call wrote, in order; of integer models only, 0 elsewhere.
    pub trace: u64,
}

/// The header, checked by [`Header::read`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Header {
    /// The whole need of memory: states, inputs, outputs and scratch included.
    pub arena_bytes: u32,
    /// An upper bound for the stack of a run on the target, in bytes.
    pub stack_bytes: u32,
    /// Multiply-accumulates of a run.
    pub macs: u64,
    /// The head of the arena that lives across runs.
    pub state_bytes: u32,
    /// Where in the constants its first content lies.
    pub state_init: u32,
    pub golden: Golden,
    pub program: Section,
    pub constants: Section,
    pub inputs: Section,
    pub outputs: Section,
    /// Names, in UTF-8, that I/O records point into; then the provenance.
    pub text: Section,
    /// Float models: the expected outputs of the self-test.
    pub expected: Section,
}

impl Header {
    /// Checks magic, version, length and content hash.
    pub fn read(file: &[u8]) -> Result<Header, FormatError> {
        if !file.starts_with(b"SNDL") {
            return Err(FormatError::Magic);
        }
        let mut r = Reader(file.get(4..HEADER_BYTES).ok_or(FormatError::Length)?);
        let found = r.word().ok_or(FormatError::Length)?;
        if found != VERSION {
            return Err(FormatError::Version { found });
        }
        let bytes = r.word().ok_or(FormatError::Length)?;
        if usize::try_from(bytes) != Ok(file.len()) {
            return Err(FormatError::Length);
        }
        let hash = u64::decode(&mut r).ok_or(FormatError::Length)?;
        if Digest::of(file.get(HASHED_FROM..).ok_or(FormatError::Length)?) != hash {
            return Err(FormatError::Hash);
        }
        Header::decode(&mut r).ok_or(FormatError::Length)
    }
}

impl Words for Section {
    fn decode(r: &mut Reader<'_>) -> Option<Self> {
        Some(Section { offset: r.word()?, bytes: r.word()? })
    }
    #[cfg(feature = "alloc")]
    fn encode(&self, out: &mut alloc::vec::Vec<u8>) {
        self.offset.encode(out);
        self.bytes.encode(out);
    }
}

impl Words for Header {
    fn decode(r: &mut Reader<'_>) -> Option<Self> {
        Some(Header {
            arena_bytes: r.word()?,
            stack_bytes: r.word()?,
            macs: u64::decode(r)?,
            state_bytes: r.word()?,
            state_init: r.word()?,
            golden: Golden { seed: r.word()?, outputs: u64::decode(r)?, trace: u64::decode(r)? },
            program: Section::decode(r)?,
            constants: Section::decode(r)?,
            inputs: Section::decode(r)?,
            outputs: Section::decode(r)?,
            text: Section::decode(r)?,
            expected: Section::decode(r)?,
        })
    }
    #[cfg(feature = "alloc")]
    fn encode(&self, out: &mut alloc::vec::Vec<u8>) {
        self.arena_bytes.encode(out);
        self.stack_bytes.encode(out);
        self.macs.encode(out);
        self.state_bytes.encode(out);
        self.state_init.encode(out);
        self.golden.seed.encode(out);
        self.golden.outputs.encode(out);
        self.golden.trace.encode(out);
        for section in [self.program, self.constants, self.inputs, self.outputs, self.text, self.expected] {
            section.encode(out);
        }
    }
}
