//! Why a model cannot be compiled.

use sanderling_ir::{InferError, VerifyError};
use sanderling_oracle::OracleError;

/// Why a model cannot be compiled, and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CompileError {
    #[error("the module has no function `main`")]
    NoMain,
    #[error("after {pass}: {source}")]
    Verify { pass: &'static str, source: VerifyError },
    #[error("node {node} ({op}): {what}")]
    Unsupported { node: String, op: &'static str, what: String },
    #[error("a state cannot be kept apart: {0}")]
    State(#[from] InferError),
    #[error("a rewriting of the graph failed: {0}")]
    Rewrite(InferError),
    #[error("quantization needs at least one sample of the inputs")]
    NoSamples,
    #[error("the model cannot be run on the samples: {0}")]
    Calibrate(OracleError),
    #[error(
        "node {node} calls the kernel {kernel}, which there is no shader for: compile the model for a CPU \
         (--target host) instead of {target}"
    )]
    NoShader { target: String, node: String, kernel: &'static str },
    #[error("the self-test cannot be computed: {0}")]
    Golden(#[from] OracleError),
    #[error("the model has {nodes} nodes, {most} can be compiled; simplify it (onnxsim does), or cut it in parts")]
    TooMany { nodes: usize, most: usize },
    #[error(
        "the {what} of the model take {needed} bytes, more than {most}, which an artifact can address; \
         \"{largest}\" is the largest. Fix smaller inputs with --shape, or cut the model in parts"
    )]
    TooLarge { what: &'static str, needed: u64, most: u64, largest: String },
    #[error(
        "the model does not fit {target}: it needs {needed} bytes of {memory}, the target has {available}. \
         It costs most in {costliest}. {fix}"
    )]
    DoesNotFit { target: String, memory: &'static str, needed: u64, available: u64, costliest: String, fix: String },
}
