//! See `sanderling_soak::targets::npy_rows`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sanderling_soak::targets::npy_rows(data));
