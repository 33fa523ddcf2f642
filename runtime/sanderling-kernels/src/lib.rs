//! The kernels: plain functions from bytes to bytes, one family a file, one folder an instruction set.
//!
//! A [`Kernel`] pairs a call of `sanderling-format` with the code that computes it. `scalar` is the plain twin that
//! every other folder equals bit for bit, `dsp` is for Cortex-M4 and up, `avx2` for x86, `neon` for 64-bit Arm. Tables of
//! kernels are what a runtime is given: firmware names only those that its model calls, and the linker drops the rest.

#![no_std]

#[cfg(any(feature = "std", test))]
extern crate std;

#[cfg(all(target_arch = "x86_64", feature = "std"))]
pub mod avx2;
#[cfg(all(target_arch = "arm", feature = "dsp"))]
pub mod dsp;
mod fixed;
mod kernel;
#[cfg(all(target_arch = "aarch64", any(feature = "std", test)))]
pub mod neon;
mod pieces;
pub mod scalar;
#[cfg(any(all(target_arch = "x86_64", feature = "std"), all(target_arch = "aarch64", any(feature = "std", test))))]
mod tiles;
mod window;

pub use kernel::{Isa, Kernel, Operands};
