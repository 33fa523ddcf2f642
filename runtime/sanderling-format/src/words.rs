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

impl Words for u64 {
    fn decode(reader: &mut Reader<'_>) -> Option<Self> {
        Some(u64::from(reader.word()?) | u64::from(reader.word()?) << 32)
    }
    #[cfg(feature = "alloc")]
    fn encode(&self, out: &mut alloc::vec::Vec<u8>) {
        out.extend_from_slice(&self.to_le_bytes());
    }
}

impl Words for f32 {
    fn decode(reader: &mut Reader<'_>) -> Option<Self> {
        Some(f32::from_bits(reader.word()?))
    }
    #[cfg(feature = "alloc")]
    fn encode(&self, out: &mut alloc::vec::Vec<u8>) {
        out.extend_from_slice(&self.to_le_bytes());
    }
}

impl<T: Words + Default + Copy, const N: usize> Words for [T; N] {
    fn decode(reader: &mut Reader<'_>) -> Option<Self> {
        let mut all = [T::default(); N];
        for one in &mut all {
            *one = T::decode(reader)?;
        }
        Some(all)
    }
    #[cfg(feature = "alloc")]
    fn encode(&self, out: &mut alloc::vec::Vec<u8>) {
        self.iter().for_each(|one| one.encode(out));
    }
}
