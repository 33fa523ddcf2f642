//! Transposed convolutions.

use sanderling_ir::{Activation, Op, PadMode, Padding, Rounding, ValueId};

use super::conv::{Pads, Window, bias, from_plane, kernel_of, plane, spatial, to_plane, weights_to_plane};
use crate::ImportError;
use crate::onnx::builder::Builder;
use crate::onnx::call::{Call, One};

pub(crate) fn conv_transpose(b: &mut Builder, call: &Call) -> One {
    let (x, w) = (call.input(0)?, call.input(1)?);
    let kernel = kernel_of(b, call, x, w)?;
    let window = Window::read(call, &kernel)?;
    let groups = call.size("group", call.int("group", 1)?)?;
    if groups == 0 || !b.shape(w)[0].is_multiple_of(groups) {
        return call.fail(format!("{} does not fit {groups} groups", b.ty(w)));
    }
    let rank = b.rank(x);
    let bias = bias(b, call, 2, x, b.shape(w)[1] * groups)?;
    let x = to_plane(b, call, x)?;
    let (padding, extra) = cut(call, &window, spatial(b, x))?;
    let y = if groups == 1 && window.dilation == [1, 1] {
        let perm: &[usize] = if rank == 3 { &[1, 2, 0] } else { &[1, 2, 3, 0] };
        let w = weights_to_plane(b, call, w, perm)?;
        let op = Op::ConvTranspose2d {
            stride: window.stride,
            padding,
            extra,
            activation: Activation::None,
            rounding: Rounding::Twice,
        };
        b.push(call, op, &[x, w, bias])?
    } else {
        spread(b, call, &window, groups, [x, w, bias], padding, extra)?
    };
    from_plane(b, call, y, rank)
}

/// The same as a plain convolution of the input spread out by zeros, with the kernel turned around: plain convolutions
/// have groups and dilations.
fn spread(
    b: &mut Builder,
    call: &Call,
    window: &Window,
    groups: usize,
    [x, w, bias]: [ValueId; 3],
    padding: Padding,
    extra: [usize; 2],
) -> One {
    let (x, [height, width]) = (zeros_between(b, call, x, window.stride)?, spatial(b, x));
    let w = b.weights(call, w, |b, w| turned(b, call, w, window.kernel, groups))?;
    let ends = [(padding.top, padding.bottom), (padding.left, padding.right)];
    let (mut first, mut size, mut around) = ([0; 2], [0; 2], [(0, 0); 2]);
    for i in 0..2 {
        let reach = (window.kernel[i].saturating_sub(1) * window.dilation[i]) as isize;
        let before = reach - ends[i].0 as isize;
        // The spread input ends in `stride - 1` zeros.
        let after = reach + 1 + extra[i] as isize - ends[i].1 as isize - window.stride[i] as isize;
        let whole = [height, width][i] * window.stride[i];
        first[i] = (-before).max(0) as usize;
        size[i] = whole.saturating_sub(first[i] + (-after).max(0) as usize);
        around[i] = (before.max(0) as usize, after.max(0) as usize);
    }
    let x = b.part(call, x, 1, first[0], size[0])?;
    let x = b.part(call, x, 2, first[1], size[1])?;
    let [(top, bottom), (left, right)] = around;
    let padding = Padding { top, bottom, left, right };
    let op = Op::Conv2d {
        stride: [1, 1],
        dilation: window.dilation,
        padding,
        groups,
        activation: Activation::None,
        rounding: Rounding::Twice,
    };
    b.push(call, op, &[x, w, bias])
}

/// `[N, H, W, C]` with `stride - 1` zeros behind each row and each column.
fn zeros_between(b: &mut Builder, call: &Call, x: ValueId, stride: [usize; 2]) -> One {
    if stride == [1, 1] {
        return Ok(x);
    }
    let (shape, [h, w]) = (b.shape(x), spatial(b, x));
    let (n, c) = (shape[0], shape[shape.len() - 1]);
    let apart = b.reshape(call, x, &[n, h, 1, w, 1, c])?;
    let after = vec![0, 0, stride[0] - 1, 0, stride[1] - 1, 0];
    let padded = b.push(call, Op::Pad { before: vec![0; 6], after, mode: PadMode::Constant(0.0) }, &[apart])?;
    b.reshape(call, padded, &[n, h * stride[0], w * stride[1], c])
}

/// Weights `[C, O / groups, ...]` of a transposed convolution as `[O, H, W, C / groups]`, both spatial axes turned around.
fn turned(b: &mut Builder, call: &Call, w: ValueId, [kh, kw]: [usize; 2], groups: usize) -> One {
    let shape = b.shape(w);
    let (c, o) = (shape[0] / groups, shape[1]);
    let split = b.reshape(call, w, &[groups, c, o, kh, kw])?;
    let ordered = b.transpose(call, split, &[0, 2, 3, 4, 1])?;
    let turn = Op::Slice {
        start: vec![0, 0, kh.saturating_sub(1), kw.saturating_sub(1), 0],
        step: vec![1, 1, -1, -1, 1],
        size: vec![groups, o, kh, kw, c],
    };
    let turned = b.push(call, turn, &[ordered])?;
    b.reshape(call, turned, &[groups * o, kh, kw, c])
}

/// What is cut off the full output, and what is added to it, in each spatial axis.
fn cut(call: &Call, window: &Window, input: [usize; 2]) -> Result<(Padding, [usize; 2]), ImportError> {
    let axes = if call.node.attribute.iter().any(|a| a.ints.len() == 1) { 1 } else { 2 };
    let mut extra = match call.ints("output_padding")? {
        Some(found) => plane(&call.sizes("output_padding", found.len(), 0)?, 0),
        None => [0; 2],
    };
    let target = match (call.ints("output_shape")?, &window.pads) {
        // Some exporters include the batch and the channels.
        (Some(found), _) => {
            let sizes: Vec<usize> = found.iter().map(|&n| call.size("output_shape", n)).collect::<Result<_, _>>()?;
            let first = sizes.len().saturating_sub(if sizes.len() > 2 { 2 } else { axes });
            plane(&sizes[first..], 1)
        }
        (None, Pads::Same { .. }) => [input[0] * window.stride[0], input[1] * window.stride[1]],
        (None, Pads::Given(padding)) => return Ok((*padding, extra)),
    };
    let odd_at_end = !matches!(window.pads, Pads::Same { odd_at_end: false });
    let mut pads = [(0, 0); 2];
    for i in 0..2 {
        let span = window.kernel[i].saturating_sub(1) * window.dilation[i] + 1;
        let full = input[i].saturating_sub(1) * window.stride[i] + span + extra[i];
        extra[i] += target[i].saturating_sub(full);
        let total = full.saturating_sub(target[i]);
        let (small, large) = (total / 2, total - total / 2);
        pads[i] = if odd_at_end { (small, large) } else { (large, small) };
    }
    let [(top, bottom), (left, right)] = pads;
    Ok((Padding { top, bottom, left, right }, extra))
}
