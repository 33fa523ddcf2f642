//! See `sanderling_soak::targets::sound`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sanderling_soak::targets::sound(data));
