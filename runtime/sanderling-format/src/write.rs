//! The writer: sections in the order of their kinds, aligned, then the hash.

use alloc::string::String;
use alloc::vec::Vec;

use crate::access::CONSTANTS;
use crate::header::{ALIGN, HASHED_FROM, HEADER_BYTES, Kind, Release, SECTION_ENTRY_BYTES, VERSION};
use crate::program::PARTIAL;
use crate::{Accesses, Call, Digest, Features, Golden, Header, IoRecord, Region, Section, Words};

/// A call of an artifact being made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Written {
    /// See [`Call::NAME`].
    pub kernel: &'static str,
    /// None where the call is invalid.
    pub accesses: Option<Accesses>,
}

/// An artifact being made.
#[derive(Clone, Debug, Default)]
pub struct Artifact {
    pub arena_bytes: u32,
    pub stack_bytes: u32,
    pub macs: u64,
    pub state_bytes: u32,
    pub golden: Golden,
    /// The name of what it is compiled for.
    pub target: String,
    /// Where and from what it was made.
    pub provenance: String,
    /// Expected outputs of the self-test, for float models.
    pub expected: Vec<u8>,
    /// The shaders section, of artifacts for a GPU.
    pub shaders: Vec<u8>,
    state_init: u32,
    features: Features,
    program: Vec<u8>,
    calls: Vec<Written>,
    constants: Vec<u8>,
    inputs: Vec<(String, IoRecord)>,
    outputs: Vec<(String, IoRecord)>,
}

impl Artifact {
    /// Appends a kernel call.
    pub fn call<C: Call>(&mut self, call: &C) {
        self.append(C::ID, call);
    }

    /// Appends a kernel call that writes a part of its output.
    pub fn partial_call<C: Call>(&mut self, call: &C) {
        self.append(C::ID | PARTIAL, call);
    }

    /// Appends constant bytes, aligned, and returns their offset, [`CONSTANTS`] set.
    pub fn constant(&mut self, bytes: &[u8]) -> u32 {
        align(&mut self.constants);
        let offset = self.constants.len() as u32;
        self.constants.extend_from_slice(bytes);
        offset | CONSTANTS
    }

    /// Declares an input; `record.name` is filled in by [`write()`].
    pub fn input(&mut self, name: &str, record: IoRecord) {
        self.inputs.push((name.into(), record));
    }

    /// Declares an output; `record.name` is filled in by [`write()`].
    pub fn output(&mut self, name: &str, record: IoRecord) {
        self.outputs.push((name.into(), record));
    }

    /// Sets what the states hold before the first run.
    pub fn state(&mut self, init: &[u8]) {
        if !init.is_empty() {
            self.state_init = self.constant(init) & !CONSTANTS;
            self.state_bytes = init.len() as u32;
        }
    }

    /// The calls so far, in order.
    pub fn calls(&self) -> &[Written] {
        &self.calls
    }

    /// The program section so far.
    pub fn program(&self) -> &[u8] {
        &self.program
    }

    /// Bytes of the constants section.
    pub fn constants_bytes(&self) -> usize {
        self.constants.len()
    }

    fn append<C: Call>(&mut self, id: u16, call: &C) {
        self.calls.push(Written { kernel: C::NAME, accesses: call.accesses() });
        self.features = self.features.with(C::FEATURES);
        let mut words = Vec::new();
        call.encode(&mut words);
        self.program.extend_from_slice(&id.to_le_bytes());
        self.program.extend_from_slice(&((words.len() / 4) as u16).to_le_bytes());
        self.program.append(&mut words);
    }
}

/// The bytes of the file: the same artifact gives the same bytes.
pub fn write(artifact: &Artifact) -> Vec<u8> {
    let mut text = Vec::new();
    let mut records = |list: &[(String, IoRecord)]| {
        let mut out = Vec::new();
        for (name, record) in list {
            let name_region = Region { offset: text.len() as u32, bytes: name.len() as u32 };
            text.extend_from_slice(name.as_bytes());
            IoRecord { name: name_region, ..*record }.encode(&mut out);
        }
        out
    };
    let inputs = records(&artifact.inputs);
    let outputs = records(&artifact.outputs);
    let target = Region { offset: text.len() as u32, bytes: artifact.target.len() as u32 };
    text.extend_from_slice(artifact.target.as_bytes());
    text.extend_from_slice(artifact.provenance.as_bytes());

    let mut sections: Vec<(Kind, &[u8])> = alloc::vec![
        (Kind::Program, &artifact.program),
        (Kind::Constants, &artifact.constants),
        (Kind::Inputs, &inputs),
        (Kind::Outputs, &outputs),
        (Kind::Text, &text),
        (Kind::Expected, &artifact.expected),
    ];
    if !artifact.shaders.is_empty() {
        sections.push((Kind::Shaders, &artifact.shaders));
    }
    let header = Header {
        runtime: Release::NEEDED,
        features: artifact.features,
        arena_bytes: artifact.arena_bytes,
        stack_bytes: artifact.stack_bytes,
        macs: artifact.macs,
        state_bytes: artifact.state_bytes,
        state_init: artifact.state_init,
        golden: artifact.golden,
        target,
        ..Header::default()
    };
    let mut table = Vec::new();
    let mut body = alloc::vec![0; HEADER_BYTES + sections.len() * SECTION_ENTRY_BYTES];
    for &(kind, bytes) in &sections {
        align(&mut body);
        (kind as u32).encode(&mut table);
        Section { offset: body.len() as u32, bytes: bytes.len() as u32 }.encode(&mut table);
        body.extend_from_slice(bytes);
    }
    let mut file = Vec::from(*b"SNDL");
    [VERSION, body.len() as u32, 0, 0].iter().for_each(|w| w.encode(&mut file));
    header.encode(&mut file);
    (sections.len() as u32).encode(&mut file);
    file.append(&mut table);
    file.extend_from_slice(&body[file.len()..]);
    rehash(&mut file);
    file
}

/// Makes the content hash of a whole file right again, for tests that damage files on purpose.
pub fn rehash(file: &mut [u8]) {
    let hash = Digest::of(&file[HASHED_FROM..]);
    file[HASHED_FROM - 8..HASHED_FROM].copy_from_slice(&hash.to_le_bytes());
}

fn align(bytes: &mut Vec<u8>) {
    bytes.resize(bytes.len().next_multiple_of(ALIGN as usize), 0);
}
