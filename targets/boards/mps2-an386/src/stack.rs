//! How deep the stack grows: paint what is free, run, look how much paint is left.

use core::arch::asm;
use core::ptr;

const PAINT: u32 = 0x5a5a_5a5a;
/// Painted below the stack pointer; deeper use is not seen.
const PAINTED_BYTES: usize = 16 * 1024;

/// Bytes of stack that `work` takes at its deepest.
#[inline(never)]
pub fn high_water_bytes(work: impl FnOnce()) -> usize {
    let top = pointer();
    let bottom = top - PAINTED_BYTES;
    // Below this function's own frame nothing is in use; the margin covers the loop's.
    let free = top - 64;
    for at in (bottom..free).step_by(4) {
        // SAFETY: aligned words of RAM below the stack pointer; the linker keeps more than PAINTED_BYTES free there.
        unsafe { ptr::write_volatile(at as *mut u32, PAINT) };
    }
    work();
    // SAFETY: as above.
    let untouched =
        (bottom..free).step_by(4).take_while(|&at| unsafe { ptr::read_volatile(at as *const u32) } == PAINT);
    top - (bottom + untouched.count() * 4)
}

fn pointer() -> usize {
    let pointer: usize;
    // SAFETY: reads a register.
    unsafe { asm!("mov {}, sp", out(reg) pointer, options(nomem, nostack, preserves_flags)) };
    pointer & !3
}
