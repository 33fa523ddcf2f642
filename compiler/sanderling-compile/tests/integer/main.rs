//! Kernels of integers, bytes and moves: equal to the oracle after every call, op by op and for whole TFLite models.

mod convert;
mod elementwise;
mod harness;
mod hostile;
mod models;
mod moves;
mod sums;
