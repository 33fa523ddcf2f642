//! The bytes of real weights: two each where f16 or bf16 holds all of them exactly, four elsewhere.

use half::{bf16, f16};
use sanderling_ir::{DType, Graph, Node, Op, Tensor};

/// How the weights of a layer are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    F32,
    F16,
    Bf16,
}

impl Form {
    /// The smallest that holds the weights exactly; of the two of the same size bf16, which widens by a shift.
    pub fn of(weights: &[f32]) -> Form {
        let fits = |form: Form| weights.iter().all(|&w| form.widened(w).to_bits() == w.to_bits());
        [Form::Bf16, Form::F16].into_iter().find(|&form| fits(form)).unwrap_or(Form::F32)
    }

    /// The weights as bytes.
    pub fn bytes(self, weights: impl IntoIterator<Item = f32>) -> Vec<u8> {
        let weights = weights.into_iter();
        match self {
            Form::F32 => weights.flat_map(f32::to_le_bytes).collect(),
            Form::F16 => weights.flat_map(|w| f16::from_f32(w).to_le_bytes()).collect(),
            Form::Bf16 => weights.flat_map(|w| bf16::from_f32(w).to_le_bytes()).collect(),
        }
    }

    /// What becomes of a weight that is stored so: the nearest number of the type, of two the even one.
    pub fn widened(self, weight: f32) -> f32 {
        match self {
            Form::F32 => weight,
            Form::F16 => f16::from_f32(weight).to_f32(),
            Form::Bf16 => bf16::from_f32(weight).to_f32(),
        }
    }
}

/// Whether an input of a node is weights that take two bytes each where that is exact.
pub fn is_packed(graph: &Graph, node: &Node, input: usize) -> bool {
    let is_layer =
        matches!(node.op, Op::Conv2d { .. } | Op::ConvTranspose2d { .. } | Op::FullyConnected { .. } | Op::MatMul);
    is_layer && input == 1 && node.inputs.iter().all(|&id| graph.ty(id).dtype == DType::F32)
}

/// Bytes of a constant input as the artifact keeps it, without what packing adds.
pub fn constant_bytes(graph: &Graph, node: &Node, input: usize, tensor: &Tensor) -> u64 {
    let bytes = tensor.data.len() as u64;
    let is_half = is_packed(graph, node, input) && Form::of(&tensor.as_f32()) != Form::F32;
    if is_half { bytes / 2 } else { bytes }
}
