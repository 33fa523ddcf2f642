//! Little-endian 32-bit words: the one encoding of kernel parameters.

/// Takes words off the front of a byte slice.
pub struct Reader<'a>(pub &'a [u8]);

impl Reader<'_> {
    /// The next word, `None` at the end.
    pub fn word(&mut self) -> Option<u32> {
        let (word, rest) = self.0.split_first_chunk::<4>()?;
        self.0 = rest;
        Some(u32::from_le_bytes(*word))
    }
}

/// A parameter, or a struct of parameters, as words.
pub trait Words: Sized {
    /// Reads the words in field order.
    fn decode(reader: &mut Reader<'_>) -> Option<Self>;
    /// Appends the words in field order.
    #[cfg(feature = "alloc")]
    fn encode(&self, out: &mut alloc::vec::Vec<u8>);
}

impl Words for u32 {
    fn decode(reader: &mut Reader<'_>) -> Option<Self> {
        reader.word()
    }
    #[cfg(feature = "alloc")]
    fn encode(&self, out: &mut alloc::vec::Vec<u8>) {
        out.extend_from_slice(&self.to_le_bytes());
    }
}

impl Words for i32 {
    fn decode(reader: &mut Reader<'_>) -> Option<Self> {
        Some(reader.word()? as i32)
    }
    #[cfg(feature = "alloc")]
    fn encode(&self, out: &mut alloc::vec::Vec<u8>) {
        out.extend_from_slice(&self.to_le_bytes());
    }
}
