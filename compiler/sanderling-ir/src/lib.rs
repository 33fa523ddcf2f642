//! The graph that every model becomes: typed, static shapes, SSA.
//!
//! Importers build a [`Graph`] with [`Graph::push`], which infers each output type from the op;
//! passes rewrite it; [`verify`] names the rule that a broken graph breaks; the compiler lowers it.
//! Activations are NHWC, convolution weights OHWI (`O, kernel_h, kernel_w, I / groups`).

#![forbid(unsafe_code)]

mod forest;
mod graph;
mod infer;
mod op;
mod text;
mod types;
mod verify;

pub use forest::{Child, Forest, Root, Split, Test, TreeError, TreeNode};
pub use graph::{Graph, Module, Node, Source, State, Value, ValueId};
pub use infer::{InferError, infer};
pub use op::{Activation, BinaryKind, Coordinates, Op, PadMode, Padding, ReduceKind, ResizeMode, Rounding, UnaryKind};
pub use text::{ParseError, parse, print};
pub use types::{DType, Quant, Tensor, TensorType};
pub use verify::{Rule, VerifyError, verify};
