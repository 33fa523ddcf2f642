//! In: pads before windows. Out: a pad with zeros (the zero point) on height and width is the padding of the
//! convolution or mean that reads it; one with -inf that of a maximum.

use sanderling_ir::{Graph, Node, Op, PadMode, Padding, ValueId};

use super::rewrite::rewrite;
use super::tools::{producer, replace, same_quant};
use crate::CompileError;

pub fn run(graph: &Graph) -> Result<Graph, CompileError> {
    rewrite(graph, |new, node, inputs| {
        let Some((x, pads, value)) = spatial_pad(new, inputs) else { return Ok(None) };
        match padded(&node.op, pads, value) {
            Some(op) => replace(new, graph, node, op, &[&[x], &inputs[1..]].concat()),
            None => Ok(None),
        }
    })
}

/// What a pad of height and width pads, by how much, and with which real number.
fn spatial_pad(new: &Graph, inputs: &[ValueId]) -> Option<(ValueId, Padding, f32)> {
    let &first = inputs.first()?;
    let Node { op: Op::Pad { before, after, mode: PadMode::Constant(value) }, inputs, .. } = producer(new, first)?
    else {
        return None;
    };
    let (&[0, top, left, 0], &[0, bottom, right, 0]) = (&before[..], &after[..]) else { return None };
    let same = same_quant(new.ty(inputs[0]), new.ty(first));
    same.then_some((inputs[0], Padding { top, bottom, left, right }, *value))
}

/// The op with a larger padding, if that is the same.
fn padded(op: &Op, more: Padding, value: f32) -> Option<Op> {
    let mut op = op.clone();
    let padding = match &mut op {
        Op::Conv2d { padding, .. } if value == 0.0 => padding,
        Op::AvgPool2d { padding, count_padding, .. } if value == 0.0 => {
            if !*count_padding && *padding != Padding::default() {
                return None;
            }
            *count_padding = true;
            padding
        }
        Op::MaxPool2d { padding, .. } if value <= f32::MIN => padding,
        _ => return None,
    };
    padding.top += more.top;
    padding.bottom += more.bottom;
    padding.left += more.left;
    padding.right += more.right;
    Some(op)
}
