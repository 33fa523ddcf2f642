//! Loader, verifier and executor without kernels, and without text: what the runtime itself costs in flash.
//!
//! `cargo xtask size` measures it, and looks into it for calls that panic, format or allocate. It runs nowhere.

#![no_std]
#![no_main]

use core::hint::black_box;
use core::slice;

use mps2_an386 as _;
use sanderling_kernels::Kernel;
use sanderling_runtime::{Model, Session};

/// Where an artifact and an arena could be; how long they are, the optimizer must not know either.
const ARTIFACT: *const u8 = 0x0010_0000 as *const u8;
const ARENA: *mut u8 = 0x2100_0000 as *mut u8;

#[cortex_m_rt::entry]
fn main() -> ! {
    // Opaque, or the optimizer would see that no program can run and drop the executor.
    let kernels: &'static [Kernel] = black_box(&[]);
    let bytes = black_box(1 << 20);
    // SAFETY: memory that the linker script gives to nothing else, borrowed once.
    let (artifact, arena) =
        unsafe { (slice::from_raw_parts(ARTIFACT, bytes), slice::from_raw_parts_mut(ARENA, bytes)) };
    black_box(use_all(artifact, kernels, arena));
    loop {
        cortex_m::asm::wfi();
    }
}

/// Everything that firmware does with a model. `None` where it fails.
fn use_all(artifact: &'static [u8], kernels: &'static [Kernel], arena: &'static mut [u8]) -> Option<u64> {
    let model = Model::parse(artifact, kernels).ok()?;
    let mut session = Session::new(&model, arena).ok()?;
    session.self_test().ok()?;
    session.input(0).ok()?.fill(1);
    session.run().ok()?;
    let output = black_box(session.output(0).ok()?);
    Some(model.macs() + output.len() as u64)
}
