//! What follows from the types of a node beyond their shapes: the quantization that it carries on, and its work.

use sanderling_ir::{Op, Quant, TensorType};

/// The quantization of the output of an op that moves elements and does not change them.
pub(super) fn carried(op: &Op, inputs: &[&TensorType]) -> Result<Option<Quant>, String> {
    let Some(quant) = inputs.first().and_then(|ty| ty.quant.as_ref()) else { return Ok(None) };
    let whole = quant.scales.len() == 1;
    let lost = || Err(format!("{op} of {} would lose the axis of its quantization", inputs[0]));
    match op {
        Op::Concat { .. } if inputs.iter().any(|ty| ty.quant.as_ref() != Some(quant)) => {
            Err("it joins values of different quantization; dequantize them before".into())
        }
        Op::Transpose { perm } if !whole => match perm.iter().position(|&p| p == quant.axis) {
            Some(axis) => Ok(Some(Quant { axis, ..quant.clone() })),
            None => lost(),
        },
        // The axis survives where the axes before it do, and it keeps its place.
        Op::Reshape { shape } if !whole => {
            let axis = quant.axis;
            match inputs[0].shape.get(..=axis) == shape.get(..=axis) {
                true => Ok(Some(quant.clone())),
                false => lost(),
            }
        }
        Op::Reshape { .. }
        | Op::Transpose { .. }
        | Op::Concat { .. }
        | Op::Slice { .. }
        | Op::Pad { .. }
        | Op::Broadcast { .. }
        | Op::Gather { .. }
        | Op::MaxPool2d { .. }
        | Op::Resize { .. } => {
            if whole {
                Ok(Some(quant.clone()))
            } else {
                lost()
            }
        }
        _ => Ok(None),
    }
}

/// How many steps it takes to evaluate an op, roughly.
pub(super) fn work(op: &Op, inputs: &[&TensorType], outputs: &[TensorType]) -> usize {
    let elements = |ty: &TensorType| ty.elements();
    let written: usize = outputs.iter().map(elements).sum();
    let factor = match op {
        Op::Conv2d { .. } | Op::ConvTranspose2d { .. } | Op::FullyConnected { .. } => {
            inputs.get(1).map_or(1, |w| w.elements())
        }
        Op::MatMul => inputs[0].shape.last().copied().unwrap_or(1),
        Op::AvgPool2d { kernel, .. } | Op::MaxPool2d { kernel, .. } => kernel[0].saturating_mul(kernel[1]),
        Op::Lstm { .. } | Op::Gru { .. } => inputs[1].elements().saturating_add(inputs[2].elements()),
        _ => 1,
    };
    let read: usize = inputs.iter().map(|ty| ty.elements()).sum();
    written.saturating_mul(factor.max(1)).saturating_add(read)
}
