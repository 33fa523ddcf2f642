//! See `sanderling_soak::targets::recordio`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sanderling_soak::targets::recordio(data));
