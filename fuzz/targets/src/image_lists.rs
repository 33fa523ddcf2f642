//! See `sanderling_soak::targets::image_lists`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sanderling_soak::targets::image_lists(data));
