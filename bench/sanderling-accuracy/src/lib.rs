//! What post-training quantization costs on real data.
//!
//! A [`Case`] is a real model with samples to calibrate on and others, held out, to judge by. [`measure`] compiles it twice
//! for the host, real and quantized, and runs both artifacts over what was held out. The bars of `tests/bars.rs` are the
//! project's; `cargo test --release -p sanderling-accuracy -- --nocapture` prints the table.

#![forbid(unsafe_code)]

mod case;
mod samples;
mod score;

pub use case::{CASES, Case, Load, case};
pub use score::{Score, measure, table};
