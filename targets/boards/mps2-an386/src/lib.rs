//! What the board's programs share: instruction counts, stack depth, text to the host, and the report itself.
//!
//! The report is one `key value` a line; `sanderling verify --backend qemu` reads it.

#![no_std]

pub mod clock;
pub mod report;
pub mod semihosting;
pub mod stack;

use core::panic::PanicInfo;

/// No message: formatting would cost more flash than the runtime.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    semihosting::print("error panic\n");
    semihosting::exit(false)
}
