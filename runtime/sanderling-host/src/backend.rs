//! Which kernels run.

use sanderling_kernels::{Kernel, scalar};

/// Kernels to run an artifact with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Backend {
    /// The fastest that this CPU has.
    #[default]
    Auto,
    /// Plain Rust.
    Scalar,
}

/// The kernels of a backend; what the CPU can do is found out once.
pub fn kernels(backend: Backend) -> &'static [Kernel] {
    match backend {
        Backend::Scalar => scalar::ALL,
        Backend::Auto => fastest(),
    }
}

#[cfg(target_arch = "x86_64")]
fn fastest() -> &'static [Kernel] {
    sanderling_kernels::avx2::detect().unwrap_or(scalar::ALL)
}

#[cfg(target_arch = "aarch64")]
fn fastest() -> &'static [Kernel] {
    sanderling_kernels::neon::detect()
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn fastest() -> &'static [Kernel] {
    scalar::ALL
}
