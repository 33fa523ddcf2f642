//! See `sanderling_soak::targets::csv`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sanderling_soak::targets::csv(data));
