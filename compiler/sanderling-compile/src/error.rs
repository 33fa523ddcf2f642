//! Why a model cannot be compiled.

use sanderling_ir::VerifyError;
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
    #[error("the self-test cannot be computed: {0}")]
    Golden(#[from] OracleError),
    #[error(
        "the model does not fit {target}: it needs {needed} bytes of {memory}, the target has {available}. \
         It costs most in {costliest}. {fix}"
    )]
    DoesNotFit { target: String, memory: &'static str, needed: u64, available: u64, costliest: String, fix: String },
}
