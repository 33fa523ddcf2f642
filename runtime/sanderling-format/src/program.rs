//! The program section: kernel calls, one after another.

/// Set in the id of a call that writes only a part of its output, which a later call completes.
pub const PARTIAL: u16 = 1 << 15;

/// A call before its words are decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawCall<'a> {
    /// See [`crate::Call::ID`].
    pub id: u16,
    /// Whether later calls complete the output: it means nothing yet.
    pub partial: bool,
    /// The parameters.
    pub words: &'a [u8],
}

/// Walks the calls: `u16` id, `u16` number of words, the words.
#[derive(Clone, Copy, Debug)]
pub struct Program<'a>(pub &'a [u8]);

impl<'a> Iterator for Program<'a> {
    /// `None` inside: the section breaks off.
    type Item = Option<RawCall<'a>>;
    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let call = self.0.split_first_chunk::<4>().and_then(|([a, b, c, d], rest)| {
            let len = usize::from(u16::from_le_bytes([*c, *d])) * 4;
            let (words, rest) = rest.split_at_checked(len)?;
            let id = u16::from_le_bytes([*a, *b]);
            Some((RawCall { id: id & !PARTIAL, partial: id & PARTIAL != 0, words }, rest))
        });
        self.0 = call.map_or(&[], |(_, rest)| rest);
        Some(call.map(|(call, _)| call))
    }
}
