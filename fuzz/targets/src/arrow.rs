//! See `sanderling_soak::targets::arrow`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sanderling_soak::targets::arrow(data));
