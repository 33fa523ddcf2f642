//! Which ops have an integer form that keeps enough of what they compute.

use sanderling_ir::{BinaryKind, Op, PadMode, ReduceKind, UnaryKind};

/// Whether 8 bits hold the results of a function of one value; if not, why.
pub fn unary(kind: UnaryKind) -> Result<(), &'static str> {
    match kind {
        UnaryKind::Exp | UnaryKind::Log | UnaryKind::Rsqrt | UnaryKind::Reciprocal | UnaryKind::Sqrt => {
            Err("its results spread over more orders of magnitude than 8 bits hold")
        }
        UnaryKind::Not | UnaryKind::Sign | UnaryKind::Floor | UnaryKind::Ceil | UnaryKind::Round => {
            Err("it depends on exact values")
        }
        _ => Ok(()),
    }
}

/// Whether an op whose inputs are quantized has an integer form; if not, why.
pub fn op(op: &Op) -> Result<(), &'static str> {
    match op {
        Op::Unary { kind } => unary(*kind),
        Op::Binary { kind, .. } => match kind {
            BinaryKind::Add | BinaryKind::Sub | BinaryKind::Mul => Ok(()),
            BinaryKind::Min | BinaryKind::Max => Ok(()),
            BinaryKind::Div | BinaryKind::Pow | BinaryKind::SquaredDifference => {
                Err("its results spread over more orders of magnitude than 8 bits hold")
            }
            _ => Err("a comparison depends on exact values"),
        },
        Op::Reduce { kind: ReduceKind::Prod, .. } => Err("a product of many values needs a wide range"),
        Op::Pad { mode: PadMode::Constant(v), .. } if !v.is_finite() => Err("it pads with infinity"),
        Op::LayerNorm { .. } => Err("a normalization has no integer kernel"),
        Op::Lstm { .. } | Op::Gru { .. } => Err("a recurrent layer keeps a state that needs more than 8 bits"),
        Op::PairwiseCoupling => Err("probabilities of pairs are coupled in real numbers"),
        Op::TreeEnsemble => Err("trees compare real values"),
        Op::TopK { .. } | Op::ArgMax { .. } | Op::Select => Err("it chooses among real values"),
        Op::Cast { .. } | Op::Quantize { .. } | Op::Dequantize => Err("it changes the element type"),
        _ => Ok(()),
    }
}

/// Whether the output of an op has the quantization of its first input.
pub fn keeps_quantization(op: &Op) -> bool {
    match op {
        Op::AvgPool2d { .. } | Op::MaxPool2d { .. } | Op::Resize { .. } => true,
        Op::Reshape { .. } | Op::Transpose { .. } | Op::Slice { .. } | Op::Pad { .. } => true,
        Op::Broadcast { .. } | Op::Gather { .. } | Op::Concat { .. } => true,
        Op::Binary { kind, .. } => matches!(kind, BinaryKind::Min | BinaryKind::Max),
        Op::Reduce { kind, .. } => matches!(kind, ReduceKind::Min | ReduceKind::Max),
        _ => false,
    }
}

/// Whether an op only moves elements: it stays where its input is, in integers or in real numbers.
pub fn moves_elements(op: &Op) -> bool {
    matches!(
        op,
        Op::Reshape { .. }
            | Op::Transpose { .. }
            | Op::Slice { .. }
            | Op::Pad { .. }
            | Op::Broadcast { .. }
            | Op::Gather { .. }
            | Op::Concat { .. }
    )
}
