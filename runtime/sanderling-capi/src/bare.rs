//! Without an operating system a static library needs a panic handler of its own.

use core::panic::PanicInfo;

/// Nothing reaches it: a firmware's linker leaves it out. If it ran, a fault would be easier to find than a loop.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {
        #[cfg(target_arch = "arm")]
        // SAFETY: an undefined instruction touches no memory.
        unsafe {
            core::arch::asm!("udf #0", options(nomem, nostack));
        }
    }
}
