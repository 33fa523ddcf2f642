//! What a kernel call touches, so that a loader can prove it in bounds before anything runs.

use crate::header::ALIGN;

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
    /// Arena or constants, disjoint from what is written unless `in_place` says otherwise.
    pub reads: [Region; READS],
    /// Arena.
    pub output: Region,
    /// Arena: working memory or a second output, disjoint from the first.
    pub scratch: Region,
    /// Bit `i`: read `i` may start where the output starts. The call then works in place, on one window that both lie in.
    pub in_place: u8,
}

impl Accesses {
    /// Whether a read is one that the call works on in place.
    pub fn is_in_place(&self, read: usize) -> bool {
        let region = self.reads.get(read).copied().unwrap_or_default();
        u32::from(self.in_place) & 1u32.unbounded_shl(read as u32) != 0
            && region.bytes > 0
            && region.offset == self.output.offset
    }

    /// The output and, where a read lies in its place, all of that read too.
    pub fn window(&self) -> Region {
        let shared = (0..READS).filter(|&i| self.is_in_place(i)).filter_map(|i| self.reads.get(i));
        Region { bytes: shared.fold(self.output.bytes, |most, read| most.max(read.bytes)), ..self.output }
    }

    /// Whether there is an output, all regions are aligned to [`ALIGN`], and what is written lies in the arena, apart from
    /// everything else but the reads that the call works on in place.
    pub fn is_sound(&self) -> bool {
        let window = self.window();
        let is_aligned = |r: &Region| r.bytes == 0 || r.start().is_multiple_of(ALIGN);
        self.output.bytes > 0
            && [window, self.scratch].iter().all(|r| !r.is_constant() && is_aligned(r))
            && !window.overlaps(self.scratch)
            && self.reads.iter().enumerate().all(|(i, r)| {
                is_aligned(r) && !r.overlaps(self.scratch) && (self.is_in_place(i) || !r.overlaps(window))
            })
    }
}

/// The product, `None` when a factor is zero or it does not fit.
pub(crate) fn size(factors: &[u32]) -> Option<u32> {
    factors.iter().try_fold(1u32, |acc, &f| if f == 0 { None } else { acc.checked_mul(f) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region(offset: u32, bytes: u32) -> Region {
        Region { offset, bytes }
    }

    fn accesses(read: Region, output: Region, in_place: u8) -> Accesses {
        let mut reads = [Region::default(); READS];
        reads[1] = read;
        Accesses { reads, output, scratch: region(4096, 64), in_place }
    }

    #[test]
    fn only_a_declared_read_shares_the_start_of_the_output() {
        let output = region(32, 64);
        assert!(accesses(output, output, 0b10).is_sound());
        assert!(!accesses(output, output, 0).is_sound(), "the call declares nothing");
        assert!(!accesses(output, output, 0b1).is_sound(), "the call declares another read");
        for start in [0, 16, 48, 80] {
            assert!(!accesses(region(start, 64), output, 0b10).is_sound(), "a partial overlap from {start}");
        }
        assert!(accesses(region(96, 64), output, 0b10).is_sound(), "apart");
    }

    #[test]
    fn the_window_holds_the_longer_of_both() {
        let long = accesses(region(32, 128), region(32, 64), 0b10);
        assert_eq!((long.window(), long.is_sound()), (region(32, 128), true));
        assert_eq!(accesses(region(32, 64), region(32, 128), 0b10).window(), region(32, 128));
        // The scratch, or another read, meets the part of the window behind the output.
        let mut behind = long;
        behind.scratch = region(96, 16);
        assert!(!behind.is_sound());
        behind = long;
        behind.reads[0] = region(144, 16);
        assert!(!behind.is_sound());
    }

    #[test]
    fn regions_are_aligned_and_what_is_written_is_no_constant() {
        assert!(!accesses(region(128, 16), region(8, 64), 0).is_sound());
        assert!(!accesses(region(CONSTANTS | 4, 16), region(0, 64), 0).is_sound());
        assert!(accesses(region(CONSTANTS, 16), region(0, 64), 0).is_sound());
        assert!(!accesses(region(CONSTANTS, 64), region(CONSTANTS, 64), 0b10).is_sound());
        assert!(!accesses(region(0, 64), region(0, 0), 0b10).is_sound());
    }
}
