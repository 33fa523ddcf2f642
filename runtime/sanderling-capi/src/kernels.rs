//! Which kernels the library runs.

use sanderling_kernels::Kernel;

/// The fastest that the library has for this CPU.
pub(crate) fn kernels() -> &'static [Kernel] {
    own::kernels()
}

/// A PC finds out what its CPU can do.
#[cfg(feature = "std")]
mod own {
    use super::Kernel;

    pub fn kernels() -> &'static [Kernel] {
        #[cfg(target_arch = "x86_64")]
        return sanderling_kernels::avx2::detect().unwrap_or(sanderling_kernels::scalar::ALL);
        #[cfg(target_arch = "aarch64")]
        return sanderling_kernels::neon::detect();
        #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
        sanderling_kernels::scalar::ALL
    }
}

/// Firmware knows its CPU, and perhaps its artifacts.
#[cfg(not(feature = "std"))]
mod own {
    #[cfg(all(target_arch = "arm", feature = "dsp"))]
    use sanderling_kernels::dsp::ALL;
    #[cfg(not(all(target_arch = "arm", feature = "dsp")))]
    use sanderling_kernels::scalar::ALL;

    use super::Kernel;

    pub fn kernels() -> &'static [Kernel] {
        KERNELS
    }

    /// The kernel for a call, chosen while compiling so that the linker drops all others.
    #[allow(dead_code, reason = "only a library for some artifacts chooses")]
    const fn by_id(id: u16) -> Kernel {
        let mut at = 0;
        while at < ALL.len() {
            if ALL[at].id == id {
                return ALL[at];
            }
            at += 1;
        }
        panic!("an artifact of SANDERLING_ARTIFACTS calls a kernel that this library does not have")
    }

    include!(concat!(env!("OUT_DIR"), "/kernels.rs"));
}
