//! Inputs and outputs: name, place in the arena, element type, quantization, shape.

use crate::access::Region;
use crate::words::{Reader, Words};

/// Bytes of one record.
pub const IO_RECORD_BYTES: usize = 64;
/// Most dimensions of an input or output.
pub const RANK_MAX: usize = 8;

/// Element type of an input or output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[repr(u32)]
pub enum Element {
    #[default]
    I8 = 0,
    U8 = 1,
    F32 = 2,
    I32 = 3,
    I64 = 4,
    Bool = 5,
    F16 = 6,
    I16 = 7,
}

impl Element {
    /// The type with this code.
    pub fn from_code(code: u32) -> Option<Element> {
        use Element::*;
        [I8, U8, F32, I32, I64, Bool, F16, I16].into_iter().find(|e| *e as u32 == code)
    }

    /// Bytes of one element.
    pub fn bytes(self) -> u32 {
        match self {
            Element::I8 | Element::U8 | Element::Bool => 1,
            Element::F16 | Element::I16 => 2,
            Element::F32 | Element::I32 => 4,
            Element::I64 => 8,
        }
    }
}

/// One input or output.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct IoRecord {
    pub region: Region,
    pub element: Element,
    /// `real = scale * (stored - zero_point)`; 0 where the elements are not quantized.
    pub scale: f32,
    pub zero_point: i32,
    /// Dimensions in use.
    pub rank: u32,
    /// Unused dimensions are 0.
    pub shape: [u32; RANK_MAX],
    /// Where the name lies in the text section.
    pub name: Region,
}

impl IoRecord {
    /// The dimensions.
    pub fn dims(&self) -> &[u32] {
        self.shape.get(..self.rank as usize).unwrap_or(&self.shape)
    }

    /// Whether the region has the bytes of the shape.
    pub fn is_consistent(&self) -> bool {
        let len = self.dims().iter().try_fold(self.element.bytes(), |n, &d| n.checked_mul(d));
        self.rank as usize <= RANK_MAX && len == Some(self.region.bytes) && !self.region.is_constant()
    }
}

impl Words for Region {
    fn decode(r: &mut Reader<'_>) -> Option<Self> {
        Some(Region { offset: r.word()?, bytes: r.word()? })
    }
    #[cfg(feature = "alloc")]
    fn encode(&self, out: &mut alloc::vec::Vec<u8>) {
        self.offset.encode(out);
        self.bytes.encode(out);
    }
}

impl Words for IoRecord {
    fn decode(r: &mut Reader<'_>) -> Option<Self> {
        Some(IoRecord {
            region: Region::decode(r)?,
            element: Element::from_code(r.word()?)?,
            scale: f32::decode(r)?,
            zero_point: i32::decode(r)?,
            rank: r.word()?,
            shape: Words::decode(r)?,
            name: Region::decode(r)?,
        })
    }
    #[cfg(feature = "alloc")]
    fn encode(&self, out: &mut alloc::vec::Vec<u8>) {
        self.region.encode(out);
        (self.element as u32).encode(out);
        self.scale.encode(out);
        self.zero_point.encode(out);
        self.rank.encode(out);
        self.shape.encode(out);
        self.name.encode(out);
    }
}

/// The records of an inputs or outputs section; `None` inside: a record makes no sense.
pub fn read_io(section: &[u8]) -> impl Iterator<Item = Option<IoRecord>> + '_ {
    section.chunks(IO_RECORD_BYTES).map(|record| IoRecord::decode(&mut Reader(record)))
}
