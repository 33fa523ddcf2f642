//! What a kernel call touches, so that a loader can prove it in bounds before anything runs.

/// `bytes` bytes at `offset` of the arena or of the constants section.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Region {
    pub offset: u32,
    pub bytes: u32,
}

impl Region {
    /// One past the last byte; `None` when it does not fit 32 bits.
    pub fn end(self) -> Option<u32> {
        self.offset.checked_add(self.bytes)
    }

    /// Whether the two share a byte. A region past 4 GiB counts as sharing.
    pub fn overlaps(self, other: Region) -> bool {
        if self.bytes == 0 || other.bytes == 0 {
            return false;
        }
        match (self.end(), other.end()) {
            (Some(a), Some(b)) => self.offset < b && other.offset < a,
            _ => true,
        }
    }
}

/// Every region of one kernel call; unused ones are empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Accesses {
    /// Arena, read.
    pub inputs: [Region; 2],
    /// Arena, written; disjoint from all others.
    pub output: Region,
    /// Arena, written and without meaning afterwards; disjoint from all others.
    pub scratch: Region,
    /// Constants section, read.
    pub constants: [Region; 2],
}

/// The product, `None` when a factor is zero or it does not fit.
pub(crate) fn size(factors: &[u32]) -> Option<u32> {
    factors.iter().try_fold(1u32, |acc, &f| if f == 0 { None } else { acc.checked_mul(f) })
}
