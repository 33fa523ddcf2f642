//! Every faster kernel against its scalar twin, over shapes around the width of vectors.

#![cfg(target_arch = "x86_64")]

mod half;
mod harness;
mod hybrid;
mod int8;
mod real;
mod strategies;
mod trees;

use sanderling_format::calls::*;
use sanderling_kernels::{Isa, avx2};

/// The calls that a test of this folder is about.
const TESTED: [u16; 19] = [
    Conv2dI8::ID,
    DepthwiseI8::ID,
    AddI8::ID,
    AvgPoolI8::ID,
    MaxPoolI8::ID,
    ResizeI8::ID,
    HybridConv::ID,
    Conv2dF32::ID,
    DepthwiseF32::ID,
    MatMulF32::ID,
    Conv2dF16::ID,
    DepthwiseF16::ID,
    MatMulF16::ID,
    Conv2dBf16::ID,
    DepthwiseBf16::ID,
    MatMulBf16::ID,
    UnaryF32::ID,
    BinaryF32::ID,
    TreeEnsemble::ID,
];

#[test]
fn every_twin_is_tested() {
    for kernel in avx2::detect().unwrap_or(&[]).iter().filter(|k| k.isa != Isa::Scalar) {
        assert!(TESTED.contains(&kernel.id), "{} has a twin and no test here", kernel.name);
    }
}
