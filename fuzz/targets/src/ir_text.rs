//! See `sanderling_soak::targets::ir_text`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sanderling_soak::targets::ir_text(data));
