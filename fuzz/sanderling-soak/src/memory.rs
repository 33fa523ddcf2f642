//! Memory that ends where nobody may read or write.

use std::io;
use std::ptr::{self, NonNull};
use std::slice;

use anyhow::{Result, ensure};

/// What the kernel maps at once, on every machine that this runs on.
const PAGE: usize = 1 << 16;

/// Bytes between two guards: touching either ends the process. Pages are there once they are touched.
pub struct Guarded {
    base: NonNull<u8>,
    /// Without the guards.
    bytes: usize,
}

impl Guarded {
    /// Room for `bytes`.
    pub fn new(bytes: usize) -> Result<Guarded> {
        let bytes = bytes.next_multiple_of(PAGE);
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        // SAFETY: a new mapping, nowhere in particular.
        let base = unsafe { libc::mmap(ptr::null_mut(), bytes + 2 * PAGE, libc::PROT_NONE, flags, -1, 0) };
        ensure!(base != libc::MAP_FAILED, "cannot map {bytes} bytes: {}", io::Error::last_os_error());
        let guarded = Guarded { base: NonNull::new(base.cast()).expect("mmap gives no null"), bytes };
        // SAFETY: the pages between the guards are of this mapping.
        let done = unsafe { libc::mprotect(guarded.start().cast(), bytes, libc::PROT_READ | libc::PROT_WRITE) };
        ensure!(done == 0, "cannot open {bytes} bytes: {}", io::Error::last_os_error());
        Ok(guarded)
    }

    fn start(&self) -> *mut u8 {
        self.base.as_ptr().wrapping_add(PAGE)
    }

    /// The last `bytes`: one more is the guard's. `None` where there are not as many.
    pub fn last(&mut self, bytes: usize) -> Option<&mut [u8]> {
        let from = self.bytes.checked_sub(bytes)?;
        // SAFETY: `from` and all behind it are open pages of this mapping, which is borrowed.
        Some(unsafe { slice::from_raw_parts_mut(self.start().add(from), bytes) })
    }

    /// The first `bytes`: one before is the guard's. `None` where there are not as many.
    pub fn first(&mut self, bytes: usize) -> Option<&mut [u8]> {
        // SAFETY: as many are open pages of this mapping, which is borrowed.
        (bytes <= self.bytes).then(|| unsafe { slice::from_raw_parts_mut(self.start(), bytes) })
    }

    /// Gives all pages back; they are zero when they are touched again.
    pub fn forget(&mut self) {
        // SAFETY: the open pages of this mapping, which is borrowed and of which nobody holds a slice.
        unsafe { libc::madvise(self.start().cast(), self.bytes, libc::MADV_DONTNEED) };
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        // SAFETY: the whole mapping, of which no slice is left.
        unsafe { libc::munmap(self.base.as_ptr().cast(), self.bytes + 2 * PAGE) };
    }
}

// SAFETY: it owns its mapping, as a Vec its heap.
unsafe impl Send for Guarded {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_where_it_should_be() {
        let mut memory = Guarded::new(100).unwrap();
        memory.last(3).unwrap().fill(7);
        let all = memory.first(PAGE).unwrap();
        assert_eq!(all[PAGE - 4..], [0, 7, 7, 7]);
        assert!(memory.first(PAGE + 1).is_none() && memory.last(PAGE + 1).is_none());
        memory.forget();
        assert!(memory.last(9).unwrap().iter().all(|&b| b == 0));
    }

    /// In a child, which must die of it.
    #[test]
    fn a_guard_cannot_be_touched() {
        // SAFETY: the child does nothing but touch the guard and end.
        let child = unsafe { libc::fork() };
        assert!(child >= 0);
        if child == 0 {
            let mut memory = Guarded::new(100).unwrap();
            let end = memory.last(1).unwrap().as_mut_ptr().wrapping_add(1);
            // SAFETY: it is not, which is the point.
            unsafe { end.write_volatile(1) };
            // SAFETY: only where the guard did not hold.
            unsafe { libc::_exit(0) };
        }
        let mut status = 0;
        // SAFETY: waits for the child.
        unsafe { libc::waitpid(child, &mut status, 0) };
        assert!(libc::WIFSIGNALED(status) && libc::WTERMSIG(status) == libc::SIGSEGV, "{status}");
    }
}
