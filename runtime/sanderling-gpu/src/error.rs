//! Why something does not run on a GPU.

use sanderling_runtime::{FormatError, RunError};

/// Why something does not run on a GPU, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GpuError {
    #[error(
        "there is no GPU that Vulkan finds ({0}): install its driver (on Debian and Ubuntu `apt-get install \
         mesa-vulkan-drivers libvulkan1`, which brings a software device too), or run on the CPU with --backend auto"
    )]
    NotFound(String),
    #[error("no GPU has {wanted:?}, the value of WGPU_ADAPTER_NAME, in its name; there are: {found}")]
    NoSuchName { wanted: String, found: String },
    #[error("the GPU {name} cannot be used: {why}. Choose another by WGPU_ADAPTER_NAME, or run with --backend auto")]
    Device { name: String, why: String },
    #[error(transparent)]
    Format(#[from] FormatError),
    #[error(
        "the artifact was compiled for {target} and has no shaders: compile the model for a GPU \
         (sanderling compile MODEL --target wgpu), or run it with --backend auto"
    )]
    NoShaders { target: String },
    #[error(
        "the shaders of the artifact do not go with its kernel calls, from call {call} on: compile the model again"
    )]
    Shaders { call: u32 },
    #[error(
        "the {what} of the model need {needed} bytes, {name} takes {most} in a buffer: use a larger GPU, a smaller model, or \
         --backend auto"
    )]
    TooLarge { what: &'static str, needed: u64, name: String, most: u64 },
    #[error(
        "kernel call {call} needs {needed} workgroups along an axis, {name} takes {most}: use a larger GPU or --backend auto"
    )]
    Groups { call: u32, needed: u32, name: String, most: u32 },
    #[error("the GPU has no memory left: close what else uses it, use a smaller model, or run with --backend auto")]
    Memory,
    #[error("the GPU refuses {what}: {why}")]
    Refused { what: String, why: String },
    #[error(
        "the GPU was lost ({why}): the outputs are those of the run before. Open it again, or run with --backend auto"
    )]
    Lost { why: String },
    #[error("input {index} takes {needed} bytes, not {found}")]
    Input { index: usize, needed: usize, found: usize },
    #[error(transparent)]
    Run(#[from] RunError),
}
