//! The writer: sections in a fixed order, aligned, then the hash.

use alloc::string::String;
use alloc::vec::Vec;

use crate::header::{ALIGN, HEADER_BYTES, VERSION};
use crate::{Call, Digest, IoRecord, Region, Section, Words};

/// An artifact being made.
#[derive(Clone, Debug, Default)]
pub struct Artifact {
    pub arena_bytes: u32,
    pub stack_bytes: u32,
    pub macs: u32,
    pub golden_seed: u32,
    pub golden_digest: u64,
    /// Where and from what it was made.
    pub provenance: String,
    program: Vec<u8>,
    constants: Vec<u8>,
    inputs: Vec<(String, IoRecord)>,
    outputs: Vec<(String, IoRecord)>,
}

impl Artifact {
    /// Appends a kernel call.
    pub fn call<C: Call>(&mut self, call: &C) {
        let mut words = Vec::new();
        call.encode(&mut words);
        self.program.extend_from_slice(&C::ID.to_le_bytes());
        self.program.extend_from_slice(&((words.len() / 4) as u16).to_le_bytes());
        self.program.append(&mut words);
    }

    /// Appends aligned constant bytes and returns their offset.
    pub fn constant(&mut self, bytes: &[u8]) -> u32 {
        align(&mut self.constants);
        let offset = self.constants.len() as u32;
        self.constants.extend_from_slice(bytes);
        offset
    }

    /// Declares an input; `record.name` is filled in by [`write`].
    pub fn input(&mut self, name: &str, record: IoRecord) {
        self.inputs.push((name.into(), record));
    }

    /// Declares an output; `record.name` is filled in by [`write`].
    pub fn output(&mut self, name: &str, record: IoRecord) {
        self.outputs.push((name.into(), record));
    }

    /// Bytes of the constants section.
    pub fn constants_bytes(&self) -> usize {
        self.constants.len()
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
    text.extend_from_slice(artifact.provenance.as_bytes());

    let mut file = alloc::vec![0; HEADER_BYTES];
    let mut sections = Vec::new();
    for bytes in [&artifact.program, &artifact.constants, &inputs, &outputs, &text] {
        align(&mut file);
        sections.push(Section { offset: file.len() as u32, bytes: bytes.len() as u32 });
        file.extend_from_slice(bytes);
    }

    let mut header = Vec::new();
    header.extend_from_slice(b"SNDL");
    [VERSION, file.len() as u32, 0, 0].iter().for_each(|w| w.encode(&mut header));
    [artifact.arena_bytes, artifact.stack_bytes, artifact.macs].iter().for_each(|w| w.encode(&mut header));
    sections.iter().flat_map(|s| [s.offset, s.bytes]).for_each(|w| w.encode(&mut header));
    let digest = [artifact.golden_seed, artifact.golden_digest as u32, (artifact.golden_digest >> 32) as u32];
    digest.iter().for_each(|w| w.encode(&mut header));
    file[..HEADER_BYTES].copy_from_slice(&header);
    let hash = Digest::of(&file[20..]);
    file[12..20].copy_from_slice(&hash.to_le_bytes());
    file
}

fn align(bytes: &mut Vec<u8>) {
    bytes.resize(bytes.len().next_multiple_of(ALIGN as usize), 0);
}
