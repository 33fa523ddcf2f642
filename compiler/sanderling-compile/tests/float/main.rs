//! f32 kernels, scalar and AVX2, against the oracle: op by op around the vector width.

mod convolutions;
mod elementwise;
#[path = "../common/gpu.rs"]
mod gpu;
mod harness;
mod layers;
mod states;
mod trees;

/// Without this every other test here could pass on scalar code alone.
#[cfg(target_arch = "x86_64")]
#[test]
fn the_fast_kernels_are_those_that_run() {
    use sanderling_host::{Backend, kernels};
    use sanderling_kernels::Isa;
    let has_all = std::is_x86_feature_detected!("avx2")
        && std::is_x86_feature_detected!("fma")
        && std::is_x86_feature_detected!("f16c");
    if !has_all {
        println!("skipped: the CPU has no AVX2, FMA and F16C");
        return;
    }
    let names = ["conv2d_f32", "depthwise_f32", "mat_mul_f32", "unary_f32", "binary_f32"];
    let halves = ["conv2d_f16", "depthwise_f16", "mat_mul_f16", "conv2d_bf16", "depthwise_bf16", "mat_mul_bf16"];
    for name in names.into_iter().chain(halves) {
        let kernel = kernels(Backend::Auto).iter().find(|k| k.name == name).unwrap();
        assert_eq!(kernel.isa, Isa::Avx2, "{name}");
    }
}
