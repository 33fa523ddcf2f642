//! Changes of an artifact: blind ones, and ones that know where its words are.

use std::ops::Range;

use fastrand::Rng;
use sanderling_format::{CONSTANTS, HEADER_BYTES, Header, Kind, Program, SECTION_ENTRY_BYTES, rehash};
use sanderling_soak::models::Model;

/// Where the file says how long it is.
const LENGTH: Range<usize> = 8..12;
/// The header's first byte behind the content hash; nothing before it is worth a change but once in a while.
const BEHIND_HASH: usize = 20;

/// Where the words of a sound artifact lie: each starts a field of four bytes.
pub struct Fields {
    header: Vec<usize>,
    /// For each call: its head, then its words.
    calls: Vec<Range<usize>>,
    records: Vec<usize>,
    constants: Vec<usize>,
}

impl Fields {
    /// Walks an artifact, as a reader does.
    pub fn of(artifact: &[u8]) -> Fields {
        let header = Header::read(artifact).expect("the models are sound");
        let range = |kind| {
            let section = header.section(kind);
            section.offset as usize..(section.offset + section.bytes) as usize
        };
        let words = |range: Range<usize>| range.step_by(4).collect::<Vec<_>>();
        let program = range(Kind::Program);
        let mut calls = Vec::new();
        let mut at = program.start;
        for call in Program(&artifact[program]).flatten() {
            let end = at + 4 + call.words.len();
            calls.push(at..end);
            at = end;
        }
        Fields {
            // The section table is a part of it.
            header: words(BEHIND_HASH..HEADER_BYTES + Kind::ALL.len() * SECTION_ENTRY_BYTES),
            calls,
            records: [words(range(Kind::Inputs)), words(range(Kind::Outputs))].concat(),
            constants: words(range(Kind::Constants)),
        }
    }

    /// Any field, the words of calls most often.
    fn choose(&self, random: &mut Rng) -> usize {
        let call = random.choice(&self.calls).map(|call| call.start + 4 * random.usize(..call.len() / 4));
        let of = |fields: &[usize], random: &mut Rng| random.choice(fields).copied();
        let field = match random.u8(..16) {
            0 => of(&self.header, random),
            1 => of(&self.records, random),
            2 | 3 => of(&self.constants, random),
            4 if random.u8(..8) == 0 => Some(4 * random.usize(..BEHIND_HASH / 4)),
            _ => None,
        };
        field.or(call).unwrap_or(BEHIND_HASH)
    }
}

/// A changed copy of a model, its length and hash right again. `aware`: the changes are of fields.
pub fn mutate(model: &Model, fields: &Fields, other: &Model, aware: bool, random: &mut Rng) -> Vec<u8> {
    let mut file = model.artifact.clone();
    for _ in 0..1 + random.usize(..3) {
        if aware { change_field(&mut file, fields, random) } else { change_bytes(&mut file, &other.artifact, random) }
    }
    if file.len() >= BEHIND_HASH {
        if !aware {
            let length = (file.len() as u32).to_le_bytes();
            file[LENGTH].copy_from_slice(&length);
        }
        rehash(&mut file);
    }
    file
}

fn word(file: &[u8], at: usize) -> u32 {
    file.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

fn put(file: &mut [u8], at: usize, value: u32) {
    if let Some(place) = file.get_mut(at..).and_then(|rest| rest.first_chunk_mut()) {
        *place = value.to_le_bytes();
    }
}

fn change_field(file: &mut [u8], fields: &Fields, random: &mut Rng) {
    match random.u8(..12) {
        // Two calls in a row change places, whatever their sizes.
        0 if fields.calls.len() > 1 => {
            let at = random.usize(1..fields.calls.len());
            let (first, second) = (&fields.calls[at - 1], &fields.calls[at]);
            file[first.start..second.end].rotate_left(first.len());
        }
        // A call's words under the id of another.
        1 => {
            let id = |random: &mut Rng| random.choice(&fields.calls).map(|call| call.start..call.start + 2);
            if let (Some(from), Some(to)) = (id(random), id(random)) {
                file.copy_within(from, to.start);
            }
        }
        // Two fields change places, mostly of one call.
        2 => {
            let a = fields.choose(random);
            let call = fields.calls.iter().find(|call| call.contains(&a)).cloned();
            let b = match call {
                Some(call) => call.start + 4 * random.usize(..call.len() / 4),
                None => fields.choose(random),
            };
            let (x, y) = (word(file, a), word(file, b));
            put(file, a, y);
            put(file, b, x);
        }
        _ => {
            let at = fields.choose(random);
            let new = value(file, fields, word(file, at), random);
            put(file, at, new);
        }
    }
}

/// A new value for a field: near the old one, at an edge of what fits, or from elsewhere.
fn value(file: &[u8], fields: &Fields, old: u32, random: &mut Rng) -> u32 {
    const EDGES: [u32; 24] = [
        0,
        1,
        2,
        3,
        4,
        7,
        8,
        16,
        31,
        32,
        127,
        128,
        255,
        256,
        0x7fff,
        0x8000,
        0xffff,
        0x1_0000,
        1 << 24,
        1 << 30,
        i32::MAX as u32,
        1 << 31,
        u32::MAX - 1,
        u32::MAX,
    ];
    // Infinity, its negative, not a number, the least number.
    const REALS: [u32; 4] = [0x7f80_0000, 0xff80_0000, 0x7fc0_0001, 1];
    match random.u8(..12) {
        0 | 1 => old.wrapping_add(1),
        2 | 3 => old.wrapping_sub(1),
        4 => old.wrapping_add(random.u32(..256)).wrapping_sub(128),
        5 => old.wrapping_mul(2),
        6 => old / 2,
        7 => old.wrapping_neg(),
        8 => old ^ CONSTANTS,
        9 => random.choice(REALS).unwrap_or(0),
        // What another field holds: another offset, another size.
        10 => word(file, fields.choose(random)),
        _ => random.choice(EDGES).unwrap_or(0),
    }
}

fn change_bytes(file: &mut Vec<u8>, other: &[u8], random: &mut Rng) {
    let len = file.len();
    if len == 0 {
        return;
    }
    let at = random.usize(..len);
    match random.u8(..8) {
        0..=2 => file[at] ^= 1 << random.u8(..8),
        3 => file[at] = random.u8(..),
        4 => {
            let n = random.usize(..16).min(len - at);
            file[at..at + n].fill_with(|| random.u8(..));
        }
        // A piece of itself, or of another.
        5 => {
            let n = random.usize(..64).min(len - at);
            let from = random.usize(..=len - n);
            file.copy_within(from..from + n, at);
        }
        6 => {
            let n = random.usize(..64).min(len - at).min(other.len());
            let from = random.usize(..=other.len() - n);
            file[at..at + n].copy_from_slice(&other[from..from + n]);
        }
        // Cut, and sometimes lengthened.
        _ if random.bool() => file.truncate(at.max(random.usize(..len))),
        _ => file.extend((0..random.usize(..40)).map(|_| random.u8(..))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sanderling_soak::models;

    fn sources() -> Vec<Model> {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        models::all(&root, None).unwrap()
    }

    #[test]
    fn the_fields_cover_the_program() {
        for model in sources() {
            let fields = Fields::of(&model.artifact);
            let walked: usize = fields.calls.iter().map(|call| call.len()).sum();
            assert_eq!(
                walked,
                Header::read(&model.artifact).unwrap().section(Kind::Program).bytes as usize,
                "{}",
                model.name
            );
            assert!(!fields.records.is_empty());
        }
    }

    #[test]
    fn the_same_seed_makes_the_same_bytes() {
        let models = sources();
        let fields = Fields::of(&models[0].artifact);
        let make = |aware| mutate(&models[0], &fields, &models[1], aware, &mut Rng::with_seed(3));
        assert_eq!(make(true), make(true));
        assert_eq!(make(false), make(false));
        assert_ne!(make(true), models[0].artifact);
    }
}
