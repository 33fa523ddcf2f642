//! Slices in pieces of one length, without the panic of `chunks_exact` for a length of zero.
//!
//! The loader has seen that no length is zero, but the compiler has not: it would link a panic for each.

use core::slice::{ChunksExact, ChunksExactMut};

/// As `chunks_exact` and `chunks_exact_mut`; a length of zero counts as one.
pub(crate) trait Pieces<T> {
    fn pieces(&self, len: usize) -> ChunksExact<'_, T>;
    fn pieces_mut(&mut self, len: usize) -> ChunksExactMut<'_, T>;
}

impl<T> Pieces<T> for [T] {
    #[inline(always)]
    fn pieces(&self, len: usize) -> ChunksExact<'_, T> {
        self.chunks_exact(len.max(1))
    }

    #[inline(always)]
    fn pieces_mut(&mut self, len: usize) -> ChunksExactMut<'_, T> {
        self.chunks_exact_mut(len.max(1))
    }
}

/// Copies `from` where it is as long as `to`; where it is not, which no loaded call makes so, nothing happens.
#[inline(always)]
pub(crate) fn copy(to: &mut [u8], from: &[u8]) {
    if to.len() == from.len() {
        to.copy_from_slice(from);
    }
}
