//! f32 kernels, scalar and AVX2, against the oracle: op by op around the vector width.

mod convolutions;
mod elementwise;
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
    if !(std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("fma")) {
        println!("skipped: the CPU has no AVX2 and FMA");
        return;
    }
    for name in ["conv2d_f32", "depthwise_f32", "mat_mul_f32", "unary_f32", "binary_f32"] {
        let kernel = kernels(Backend::Auto).iter().find(|k| k.name == name).unwrap();
        assert_eq!(kernel.isa, Isa::Avx2, "{name}");
    }
}
