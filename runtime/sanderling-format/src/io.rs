//! Inputs and outputs: name, place in the arena, element type, quantization, shape.

use crate::access::Region;
use crate::words::{Reader, Words};

/// Bytes of one record.
pub const IO_RECORD_BYTES: u32 = 52;

/// One input or output.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct IoRecord {
    pub region: Region,
    /// `real = scale * (stored - zero_point)`; int8.
    pub scale: f32,
    pub zero_point: i32,
    /// Dimensions in use.
    pub rank: u32,
    /// Unused dimensions are 0.
    pub shape: [u32; 6],
    /// Where the name lies in the text section.
    pub name: Region,
}

impl Words for IoRecord {
    fn decode(r: &mut Reader<'_>) -> Option<Self> {
        let region = Region { offset: r.word()?, bytes: r.word()? };
        let scale = f32::from_bits(r.word()?);
        let zero_point = i32::decode(r)?;
        let rank = r.word()?;
        let mut shape = [0; 6];
        for dim in &mut shape {
            *dim = r.word()?;
        }
        let name = Region { offset: r.word()?, bytes: r.word()? };
        Some(IoRecord { region, scale, zero_point, rank, shape, name })
    }
    #[cfg(feature = "alloc")]
    fn encode(&self, out: &mut alloc::vec::Vec<u8>) {
        [self.region.offset, self.region.bytes, self.scale.to_bits()].iter().for_each(|w| w.encode(out));
        self.zero_point.encode(out);
        self.rank.encode(out);
        self.shape.iter().for_each(|w| w.encode(out));
        [self.name.offset, self.name.bytes].iter().for_each(|w| w.encode(out));
    }
}

/// The records of an inputs or outputs section.
pub fn read_io(section: &[u8]) -> impl Iterator<Item = IoRecord> + '_ {
    let mut reader = Reader(section);
    core::iter::from_fn(move || IoRecord::decode(&mut reader))
}
