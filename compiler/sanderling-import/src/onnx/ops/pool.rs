//! Pools: over a window, and over everything.

use sanderling_ir::{Activation, Op, Padding, ReduceKind};

use super::conv::{Pads, Window, from_plane, spatial, to_plane};
use crate::ImportError;
use crate::onnx::builder::Builder;
use crate::onnx::call::{Call, One};

/// The window and the padding of a pool.
fn read(b: &Builder, call: &Call, input: [usize; 2]) -> Result<(Window, Padding), ImportError> {
    let x = call.input(0)?;
    let axes = b.rank(x).saturating_sub(2);
    let Some(kernel) = call.ints("kernel_shape")? else { return call.fail("attribute kernel_shape is missing") };
    if kernel.len() != axes {
        return call.fail(format!("kernel_shape {kernel:?} does not fit {}", b.ty(x)));
    }
    let window = Window::read(call, &call.sizes("kernel_shape", axes, 1)?)?;
    let mut padding = window.padding(input);
    if call.flag("ceil_mode")? && matches!(window.pads, Pads::Given(_)) {
        padding.bottom += last_window(input[0] + padding.top + padding.bottom, padding.bottom, &window, 0);
        padding.right += last_window(input[1] + padding.left + padding.right, padding.right, &window, 1);
    }
    Ok((window, padding))
}

/// How much a last window, of which only a part lies inside, reaches beyond the padded input.
fn last_window(padded: usize, after: usize, window: &Window, axis: usize) -> usize {
    let stride = window.stride[axis];
    let span = window.kernel[axis].saturating_sub(1) * window.dilation[axis] + 1;
    let Some(free) = padded.checked_sub(span) else { return 0 };
    let start = free.div_ceil(stride) * stride;
    // A window that would start in the padding after the input does not exist.
    if start >= padded - after { 0 } else { (start + span).saturating_sub(padded) }
}

/// The input as a plane, refused if it is none.
fn plane(b: &mut Builder, call: &Call) -> One {
    let x = call.input(0)?;
    match b.rank(x) {
        3 | 4 => to_plane(b, call, x),
        rank => call.unsupported(format!("{} has {rank} dimensions; 3 or 4 work", b.ty(x))),
    }
}

pub(crate) fn max_pool(b: &mut Builder, call: &Call) -> One {
    call.at_most_outputs(1)?;
    let x = plane(b, call)?;
    let (window, padding) = read(b, call, spatial(b, x))?;
    let Window { kernel, stride, dilation, .. } = window;
    let y = b.push(call, Op::MaxPool2d { kernel, stride, dilation, padding, activation: Activation::None }, &[x])?;
    from_plane(b, call, y, b.rank(call.input(0)?))
}

pub(crate) fn average_pool(b: &mut Builder, call: &Call) -> One {
    let x = plane(b, call)?;
    let (window, padding) = read(b, call, spatial(b, x))?;
    let count_padding = call.flag("count_include_pad")?;
    let explicit = window.padding(spatial(b, x));
    if count_padding && padding != explicit {
        return call.refuse("ceil_mode", 1, "with count_include_pad = 1 only 0 works");
    }
    let Window { kernel, stride, dilation, .. } = window;
    let op = Op::AvgPool2d { kernel, stride, dilation, padding, count_padding, activation: Activation::None };
    let y = b.push(call, op, &[x])?;
    from_plane(b, call, y, b.rank(call.input(0)?))
}

/// Over all spatial axes. The order of the axes does not matter here, so that nothing is transposed.
pub(crate) fn global(b: &mut Builder, call: &Call, kind: ReduceKind) -> One {
    let x = call.input(0)?;
    if b.rank(x) < 3 {
        return call.fail(format!("{} has no spatial dimensions", b.ty(x)));
    }
    let axes = (2..b.rank(x)).collect();
    b.push(call, Op::Reduce { kind, axes, keep_dims: true }, &[x])
}
