//! Kernels of integers, bytes and moves: equal to the oracle after every call, op by op.

mod convert;
mod elementwise;
#[path = "../common/gpu.rs"]
mod gpu;
mod harness;
mod hostile;
mod lstm;
mod moves;
mod random;
mod sums;
