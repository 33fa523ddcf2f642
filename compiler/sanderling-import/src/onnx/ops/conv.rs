//! Convolutions, in one or two dimensions.

use sanderling_ir::{Activation, Op, Padding, Rounding, ValueId};

use crate::ImportError;
use crate::onnx::builder::Builder;
use crate::onnx::call::{Call, One};

/// The attributes that convolutions and pools share, in two dimensions.
pub(super) struct Window {
    pub kernel: [usize; 2],
    pub stride: [usize; 2],
    pub dilation: [usize; 2],
    pub pads: Pads,
}

/// Where the padding comes from.
pub(super) enum Pads {
    Given(Padding),
    /// As much as keeps `ceil(input / stride)` outputs, the odd one at the end or at the start.
    Same {
        odd_at_end: bool,
    },
}

impl Window {
    /// Reads the attributes for a kernel of one or two dimensions.
    pub(super) fn read(call: &Call, kernel: &[usize]) -> Result<Window, ImportError> {
        let axes = kernel.len();
        if !(1..=2).contains(&axes) {
            return call.unsupported(format!("{axes} spatial dimensions were found, one or two would work"));
        }
        let stride = plane(&call.sizes("strides", axes, 1)?, 1);
        let dilation = plane(&call.sizes("dilations", axes, 1)?, 1);
        if stride.contains(&0) || dilation.contains(&0) {
            return call.fail("strides and dilations must not be 0");
        }
        let pads = match call.text("auto_pad", "NOTSET")?.as_str() {
            "NOTSET" | "" => Pads::Given(explicit(call, axes)?),
            "VALID" => Pads::Given(Padding::default()),
            "SAME_UPPER" => Pads::Same { odd_at_end: true },
            "SAME_LOWER" => Pads::Same { odd_at_end: false },
            other => return call.refuse("auto_pad", other, "NOTSET, VALID, SAME_UPPER and SAME_LOWER work"),
        };
        Ok(Window { kernel: plane(kernel, 1), stride, dilation, pads })
    }

    /// The padding for an input of this height and width.
    pub(super) fn padding(&self, input: [usize; 2]) -> Padding {
        let odd_at_end = match &self.pads {
            Pads::Given(padding) => return *padding,
            Pads::Same { odd_at_end } => *odd_at_end,
        };
        let axis = |i: usize| {
            let span = self.kernel[i].saturating_sub(1) * self.dilation[i] + 1;
            let reach = input[i].div_ceil(self.stride[i]).saturating_sub(1) * self.stride[i] + span;
            let total = reach.saturating_sub(input[i]);
            let (small, large) = (total / 2, total - total / 2);
            if odd_at_end { (small, large) } else { (large, small) }
        };
        let ((top, bottom), (left, right)) = (axis(0), axis(1));
        Padding { top, bottom, left, right }
    }
}

/// Height and width from the values of one or two axes.
pub(super) fn plane(values: &[usize], height: usize) -> [usize; 2] {
    match values {
        [w] => [height, *w],
        [h, w, ..] => [*h, *w],
        [] => [height; 2],
    }
}

/// The `pads` attribute: starts of all axes, then their ends.
fn explicit(call: &Call, axes: usize) -> Result<Padding, ImportError> {
    let pads = call.sizes("pads", 2 * axes, 0)?;
    let (start, end) = (plane(&pads[..axes], 0), plane(&pads[axes..], 0));
    Ok(Padding { top: start[0], bottom: end[0], left: start[1], right: end[1] })
}

/// `[N, C, ...]` as `[N, H, W, C]`, of height 1 if it has one dimension.
pub(super) fn to_plane(b: &mut Builder, call: &Call, x: ValueId) -> One {
    let last = b.channels_last(call, x)?;
    match b.shape(last)[..] {
        [n, w, c] => b.reshape(call, last, &[n, 1, w, c]),
        _ => Ok(last),
    }
}

/// Back from `[N, H, W, C]` to `[N, C, ...]` of the rank that went in.
pub(super) fn from_plane(b: &mut Builder, call: &Call, y: ValueId, rank: usize) -> One {
    let y = match b.shape(y)[..] {
        [n, 1, w, c] if rank == 3 => b.reshape(call, y, &[n, w, c])?,
        _ => y,
    };
    b.channels_first(call, y)
}

/// Weights in another order of axes, of height 1 if they have one dimension. They end as `[O, H, W, I]`.
pub(super) fn weights_to_plane(b: &mut Builder, call: &Call, w: ValueId, perm: &[usize]) -> One {
    b.weights(call, w, |b, w| {
        let w = b.transpose(call, w, perm)?;
        match b.shape(w)[..] {
            [o, k, i] => b.reshape(call, w, &[o, 1, k, i]),
            _ => Ok(w),
        }
    })
}

/// The bias, or zeros for so many channels.
pub(super) fn bias(b: &mut Builder, call: &Call, index: usize, like: ValueId, channels: usize) -> One {
    match call.optional(index) {
        Some(bias) => Ok(bias),
        None => b.filled(call, like, &[channels], 0.0),
    }
}

/// The spatial shape of the kernel, checked against its attribute and the input.
pub(super) fn kernel_of(b: &Builder, call: &Call, x: ValueId, w: ValueId) -> Result<Vec<usize>, ImportError> {
    let shape = b.shape(w);
    if shape.len() != b.rank(x) || shape.len() < 3 {
        return call.fail(format!("{} does not fit weights {}", b.ty(x), b.ty(w)));
    }
    let kernel = shape[2..].to_vec();
    if call.has("kernel_shape") && call.sizes("kernel_shape", kernel.len(), 0)? != kernel {
        return call.fail(format!("kernel_shape does not fit weights {}", b.ty(w)));
    }
    Ok(kernel)
}

pub(crate) fn conv(b: &mut Builder, call: &Call) -> One {
    let (x, w) = (call.input(0)?, call.input(1)?);
    let kernel = kernel_of(b, call, x, w)?;
    let window = Window::read(call, &kernel)?;
    let groups = call.size("group", call.int("group", 1)?)?;
    let (rank, channels) = (b.rank(x), b.shape(w)[0]);
    let bias = bias(b, call, 2, x, channels)?;
    let perm: &[usize] = if rank == 3 { &[0, 2, 1] } else { &[0, 2, 3, 1] };
    let w = weights_to_plane(b, call, w, perm)?;
    let x = to_plane(b, call, x)?;
    let padding = window.padding(spatial(b, x));
    let op = Op::Conv2d {
        stride: window.stride,
        dilation: window.dilation,
        padding,
        groups,
        activation: Activation::None,
        rounding: Rounding::Twice,
    };
    let y = b.push(call, op, &[x, w, bias])?;
    from_plane(b, call, y, rank)
}

/// Height and width of `[N, H, W, C]`.
pub(super) fn spatial(b: &Builder, x: ValueId) -> [usize; 2] {
    match b.ty(x).shape[..] {
        [_, h, w, _] => [h, w],
        _ => [0; 2],
    }
}
