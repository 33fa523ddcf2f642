//! Runs whatever artifact and samples the host has put into memory.

#![no_std]
#![no_main]

use mps2_an386::report;
use sanderling_kernels::dsp;

/// Where the host's loader puts the artifact: the flash above the program.
const ARTIFACT: *const u8 = 0x0010_0000 as *const u8;
/// Where it puts the samples: their length as a word, then their bytes. The upper half of the 16 MB of PSRAM.
const SAMPLES: *const u8 = 0x2180_0000 as *const u8;
/// The arena may fill the lower half.
const ARENA: *mut u8 = 0x2100_0000 as *mut u8;
const HALF_BYTES: usize = 8 << 20;
/// The flash above the program.
const ARTIFACT_BYTES_MAX: usize = 3 << 20;

#[cortex_m_rt::entry]
fn main() -> ! {
    // SAFETY: the linker script leaves these regions to the host's loader and to this function, which runs once.
    let (header, arena) =
        unsafe { (core::slice::from_raw_parts(ARTIFACT, 12), core::slice::from_raw_parts_mut(ARENA, HALF_BYTES)) };
    let word =
        |at: usize| header.get(at..).and_then(|h| h.first_chunk()).map_or(0, |b| u32::from_le_bytes(*b) as usize);
    let artifact_bytes = word(8).clamp(12, ARTIFACT_BYTES_MAX);
    // SAFETY: as above; the emulator's memory is zero where the loader put nothing.
    let (artifact, samples) = unsafe {
        let samples_bytes = core::ptr::read_volatile(SAMPLES.cast::<u32>()) as usize;
        (
            core::slice::from_raw_parts(ARTIFACT, artifact_bytes),
            core::slice::from_raw_parts(SAMPLES.add(4), samples_bytes.min(HALF_BYTES - 4)),
        )
    };
    report::run(artifact, dsp::ALL, arena, samples)
}
