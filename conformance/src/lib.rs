//! Models with what other runtimes compute in them; the tests compare.
//!
//! `litert/*.json` holds digests of every tensor that LiteRT's reference kernels compute in the integer models, written
//! by `litert/trace.py` (`cargo xtask conformance`). The public data (`SANDERLING_DATA`) hold the models and outputs of
//! LiteRT and ONNX Runtime on real inputs.

#![forbid(unsafe_code)]

mod digest;
mod model;

pub use digest::{Digest, sha256};
pub use model::{Example, data, root};
