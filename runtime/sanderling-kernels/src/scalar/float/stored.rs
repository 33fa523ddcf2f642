//! How weights are stored.

use half::{bf16, f16};

/// A type of stored weights.
pub(crate) trait Stored {
    /// One weight.
    type Bytes: Copy + 'static;

    /// The weights that these bytes are.
    fn all(data: &[u8]) -> &[Self::Bytes];

    /// The number that a weight is, exactly.
    fn value(bytes: Self::Bytes) -> f32;
}

pub(crate) struct F32;
pub(crate) struct F16;
pub(crate) struct Bf16;

impl Stored for F32 {
    type Bytes = [u8; 4];

    #[inline(always)]
    fn all(data: &[u8]) -> &[[u8; 4]] {
        data.as_chunks().0
    }

    #[inline(always)]
    fn value(bytes: [u8; 4]) -> f32 {
        f32::from_le_bytes(bytes)
    }
}

impl Stored for F16 {
    type Bytes = [u8; 2];

    #[inline(always)]
    fn all(data: &[u8]) -> &[[u8; 2]] {
        data.as_chunks().0
    }

    #[inline(always)]
    fn value(bytes: [u8; 2]) -> f32 {
        f16::from_le_bytes(bytes).to_f32()
    }
}

impl Stored for Bf16 {
    type Bytes = [u8; 2];

    #[inline(always)]
    fn all(data: &[u8]) -> &[[u8; 2]] {
        data.as_chunks().0
    }

    #[inline(always)]
    fn value(bytes: [u8; 2]) -> f32 {
        bf16::from_le_bytes(bytes).to_f32()
    }
}
