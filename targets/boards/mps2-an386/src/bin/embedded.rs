//! One model in flash, with the kernels that it calls and an arena of exactly the size that it needs.

#![no_std]
#![no_main]

use core::ptr::addr_of_mut;

use mps2_an386::report;
use sanderling_kernels::{Kernel, dsp};
use sanderling_runtime::Arena;

/// Bytes at an address that suits the kernels.
#[repr(C, align(16))]
pub struct Aligned<T>(pub T);

/// The kernel for a call, chosen while compiling so that the linker drops all others.
const fn by_id(id: u16) -> Kernel {
    let mut at = 0;
    while at < dsp::ALL.len() {
        if dsp::ALL[at].id == id {
            return dsp::ALL[at];
        }
        at += 1;
    }
    panic!("the artifact calls a kernel that this board does not have")
}

include!(concat!(env!("OUT_DIR"), "/model.rs"));

static mut ARENA: Arena<ARENA_BYTES> = Arena::new();

#[cortex_m_rt::entry]
fn main() -> ! {
    // SAFETY: the only reference, made once.
    let arena: &'static mut Arena<ARENA_BYTES> = unsafe { &mut *addr_of_mut!(ARENA) };
    report::run(&ARTIFACT.0, KERNELS, arena.as_mut(), &[])
}
