//! Why a model file was refused: the place, the reason, and what would work.

use std::fmt;

use sanderling_ir::{InferError, VerifyError};

/// A node of the source file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// Index in the file, from 0.
    pub node: usize,
    /// Name of the node, or of its first output where nodes have no names.
    pub name: String,
    /// Op type, as the format spells it.
    pub op: String,
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "node {} ({} \"{}\")", self.node, self.op, self.name)
    }
}

/// Why a model could not be imported.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    #[error(
        "{found} is in no format that is read here: TFLite (\"TFL3\" at byte 4), ONNX, XGBoost (JSON, UBJSON) and LightGBM are"
    )]
    UnknownFormat { found: String },
    #[error("the file is cut short or damaged: {what} at byte {offset} lies outside of it")]
    Truncated { what: &'static str, offset: usize },
    #[error("the file is damaged: {what} at byte {offset}")]
    Malformed { what: String, offset: usize },
    #[error("the file describes far more data than it holds ({what}); it is damaged or hostile")]
    TooMuchWork { what: &'static str },
    #[error("{site}: op {} is not supported; {hint}", site.op)]
    UnsupportedOp { site: Box<Site>, hint: String },
    #[error("{site}: {attribute} = {value} is not supported; {hint}")]
    UnsupportedAttribute { site: Box<Site>, attribute: String, value: String, hint: String },
    #[error("the shape of \"{tensor}\" is not known before the model runs; {hint}")]
    DynamicShape { tensor: String, hint: String },
    #[error("tensor \"{tensor}\": {why}")]
    BadTensor { tensor: String, why: String },
    #[error("{site}: {why}")]
    BadNode { site: Box<Site>, why: String },
    #[error("{format} model, {place}: {why}")]
    BadForest { format: &'static str, place: String, why: String },
    #[error("shape given for \"{input}\": {why}")]
    BadShapeOption { input: String, why: String },
    #[error("{site}: {source}")]
    Infer { site: Box<Site>, source: InferError },
    #[error("function {function} is inconsistent: {source}")]
    Verify { function: String, source: VerifyError },
}
