//! The header and why an artifact is refused.

use core::fmt;

use crate::access::Region;
use crate::features::Features;
use crate::hash::Digest;
use crate::words::{Reader, Words};

/// The format version that this crate reads and writes.
pub const VERSION: u32 = 3;
/// Bytes of the header without its section table.
pub const HEADER_BYTES: usize = 84;
/// Bytes of an entry of the section table.
pub const SECTION_ENTRY_BYTES: usize = 12;
/// Alignment of every section in the file, of every constant, and of every buffer in the arena.
pub const ALIGN: u32 = 16;
/// Where the content hash starts to count: everything behind it.
#[cfg(feature = "alloc")]
pub(crate) const HASHED_FROM: usize = 20;

/// Why bytes are not a usable artifact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    #[error("not an artifact: it does not start with SNDL")]
    Magic,
    #[error("the artifact is of format {found}, this runtime reads {VERSION}: compile the model again")]
    Version { found: u32 },
    #[error("the artifact needs runtime {needed}, this is {}: update the runtime", Release::OWN)]
    Runtime { needed: Release },
    #[error("the artifact is cut short or longer than its header says: fetch or compile it again")]
    Length,
    #[error("the artifact is damaged, its content hash does not match: fetch or compile it again")]
    Hash,
    #[error("a section lies outside the file, is not aligned or there twice")]
    Section,
    #[error(
        "the artifact needs {missing}, which these kernels lack: compile the model for this device \
         (sanderling compile MODEL --target TARGET) or update its runtime"
    )]
    Features { missing: Features },
    #[error("the program breaks off inside a call")]
    Program,
    #[error("kernel call {call} is for kernel {id}, which this runtime was built without")]
    MissingKernel { call: u32, id: u16 },
    #[error("kernel call {call} contradicts itself or reaches outside its memory")]
    Call { call: u32 },
    #[error("an input, output or state contradicts itself or lies outside the arena")]
    Io,
}

/// A release of the runtime: major times 2^16, plus minor times 2^8, plus patch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Release(pub u32);

impl Release {
    /// That of this crate, and so of the runtime that is built with it.
    pub const OWN: Release = Release(
        number(env!("CARGO_PKG_VERSION_MAJOR")) << 16
            | number(env!("CARGO_PKG_VERSION_MINOR")) << 8
            | number(env!("CARGO_PKG_VERSION_PATCH")),
    );
    /// The first that reads what this crate writes: to be raised with whatever a call comes to mean.
    pub const NEEDED: Release = Release(1 << 8);
}

const fn number(text: &str) -> u32 {
    match u32::from_str_radix(text, 10) {
        Ok(number) => number,
        Err(_) => panic!("a version has three numbers"),
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0 >> 16, self.0 >> 8 & 0xff, self.0 & 0xff)
    }
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

/// What a section holds: its number in the section table. Readers pass over numbers that they do not know; what they must
/// know has a bit among the [`Features`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Kind {
    /// The kernel calls.
    Program = 0,
    Constants = 1,
    /// Records of the inputs.
    Inputs = 2,
    /// Records of the outputs.
    Outputs = 3,
    /// Names, in UTF-8, that the header and the records point into; then the provenance.
    Text = 4,
    /// Float models: the expected outputs of the self-test.
    Expected = 5,
    /// WGSL for the kernel calls, of artifacts for a GPU; see [`crate::Dispatch`].
    Shaders = 6,
}

impl Kind {
    /// All of them, in the order in which they are written, and what reports call them.
    pub const ALL: [(Kind, &str); KINDS] = [
        (Kind::Program, "program"),
        (Kind::Constants, "constants"),
        (Kind::Inputs, "inputs"),
        (Kind::Outputs, "outputs"),
        (Kind::Text, "text"),
        (Kind::Expected, "expected outputs"),
        (Kind::Shaders, "shaders"),
    ];
}

/// The kinds of section that this crate knows.
const KINDS: usize = 7;

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
    /// The oldest runtime that can run it.
    pub runtime: Release,
    /// What its kernel calls need beyond the plain ones.
    pub features: Features,
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
    /// Where in the text the name of the target lies.
    pub target: Region,
    pub(crate) sections: [Section; KINDS],
}

impl Header {
    /// Checks magic, version, length, content hash, runtime and the section table.
    pub fn read(file: &[u8]) -> Result<Header, FormatError> {
        if !file.starts_with(b"SNDL") {
            return Err(FormatError::Magic);
        }
        let mut r = Reader(file.get(4..).unwrap_or(&[]));
        let found = r.word().ok_or(FormatError::Length)?;
        if found != VERSION {
            return Err(FormatError::Version { found });
        }
        let bytes = r.word().ok_or(FormatError::Length)?;
        if usize::try_from(bytes) != Ok(file.len()) {
            return Err(FormatError::Length);
        }
        let hash = u64::decode(&mut r).ok_or(FormatError::Length)?;
        if Digest::of(r.0) != hash {
            return Err(FormatError::Hash);
        }
        let mut header = Header::decode(&mut r).ok_or(FormatError::Length)?;
        if header.runtime > Release::OWN {
            return Err(FormatError::Runtime { needed: header.runtime });
        }
        header.read_table(&mut r).ok_or(FormatError::Section)?;
        Ok(header)
    }

    /// Where a section lies; empty where there is none.
    pub fn section(&self, kind: Kind) -> Section {
        self.sections.get(kind as usize).copied().unwrap_or_default()
    }

    fn read_table(&mut self, r: &mut Reader<'_>) -> Option<()> {
        for _ in 0..r.word()? {
            let (kind, section) = (r.word()?, Section::decode(r)?);
            let Some(slot) = self.sections.get_mut(usize::try_from(kind).ok()?) else { continue };
            if *slot != Section::default() || !section.offset.is_multiple_of(ALIGN) {
                return None;
            }
            *slot = section;
        }
        Some(())
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

/// The fields from the runtime to the target; the section table follows.
impl Words for Header {
    fn decode(r: &mut Reader<'_>) -> Option<Self> {
        Some(Header {
            runtime: Release(r.word()?),
            features: Features(r.word()?),
            arena_bytes: r.word()?,
            stack_bytes: r.word()?,
            macs: u64::decode(r)?,
            state_bytes: r.word()?,
            state_init: r.word()?,
            golden: Golden { seed: r.word()?, outputs: u64::decode(r)?, trace: u64::decode(r)? },
            target: Region::decode(r)?,
            sections: [Section::default(); KINDS],
        })
    }
    #[cfg(feature = "alloc")]
    fn encode(&self, out: &mut alloc::vec::Vec<u8>) {
        [self.runtime.0, self.features.0, self.arena_bytes, self.stack_bytes].iter().for_each(|w| w.encode(out));
        self.macs.encode(out);
        [self.state_bytes, self.state_init, self.golden.seed].iter().for_each(|w| w.encode(out));
        self.golden.outputs.encode(out);
        self.golden.trace.encode(out);
        self.target.encode(out);
    }
}
