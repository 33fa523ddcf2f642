//! What a kernel call touches, so that a loader can prove it in bounds before anything runs.

/// Set in an offset that points into the constants section rather than the arena.
pub const CONSTANTS: u32 = 1 << 31;

/// `bytes` bytes at `offset` of the arena or, where [`CONSTANTS`] is set, of the constants section.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Region {
    pub offset: u32,
    pub bytes: u32,
}

impl Region {
    /// One past the last byte; `None` when it does not fit the 31 bits of an offset.
    pub fn end(self) -> Option<u32> {
        let end = (self.offset & !CONSTANTS).checked_add(self.bytes)?;
        (end <= CONSTANTS).then_some(end)
    }

    /// Whether it lies in the constants section.
    pub fn is_constant(self) -> bool {
        self.offset & CONSTANTS != 0
    }

    /// The offset within its section.
    pub fn start(self) -> u32 {
        self.offset & !CONSTANTS
    }

    /// Whether the two share a byte. A region past 2 GiB counts as sharing.
    pub fn overlaps(self, other: Region) -> bool {
        if self.bytes == 0 || other.bytes == 0 || self.is_constant() != other.is_constant() {
            return false;
        }
        match (self.end(), other.end()) {
            (Some(a), Some(b)) => self.start() < b && other.start() < a,
            _ => true,
        }
    }
}

/// Most regions that a call reads.
pub const READS: usize = 6;

/// Every region of one kernel call; unused ones are empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Accesses {
    /// Arena or constants, disjoint from what is written.
    pub reads: [Region; READS],
    /// Arena.
    pub output: Region,
    /// Arena: working memory or a second output, disjoint from the first.
    pub scratch: Region,
}

/// The product, `None` when a factor is zero or it does not fit.
pub(crate) fn size(factors: &[u32]) -> Option<u32> {
    factors.iter().try_fold(1u32, |acc, &f| if f == 0 { None } else { acc.checked_mul(f) })
}
