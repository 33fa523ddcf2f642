//! Convolutions.

use sanderling_ir::{DType, Op, Tensor};

use super::{finish, is_real, sums};
use crate::data::{self, Kind};
use crate::ops::{Node, conv, window::Window};

/// A convolution of real numbers or of 8-bit integers; `None` for other types.
pub fn conv2d(node: &Node) -> Option<Tensor> {
    let Op::Conv2d { stride, dilation, padding, groups, .. } = node.op else { return None };
    let (x, w) = (node.inputs[0], node.inputs[1]);
    let shape = &w.ty.shape;
    let window = Window::new(&x.ty.shape, &node.out().shape, [shape[1], shape[2]], *stride, *dilation, *padding);
    let is_depthwise = *groups == window.input[2] && *groups == shape[0];
    if is_real(node) {
        let (x, w) = (x.as_f32(), w.as_f32());
        let products = match is_depthwise {
            true => depthwise(&window, &x, &w, |sum, x, w| sum + x * w),
            false => conv::products(&window, &x, &w, shape[0], *groups, sums::dot),
        };
        return Some(finish(node, products));
    }
    if !is_small(node) {
        return None;
    }
    let [xs, ws] = [x, w].map(|t| data::centered(t).into_iter().map(|v| v as i16).collect::<Vec<_>>());
    let products = match is_depthwise {
        true => {
            let wide = |v: &[i16]| v.iter().copied().map(i32::from).collect::<Vec<_>>();
            depthwise(&window, &wide(&xs), &wide(&ws), |sum: i32, x, w| sum.wrapping_add(x * w))
        }
        false => conv::products(&window, &xs, &ws, shape[0], *groups, sums::dot_small),
    };
    Some(conv::finish(node, products, &conv::convolution_multipliers(node)))
}

/// Whether the operands less their zero points have at most 9 bits, and the sums 32.
fn is_small(node: &Node) -> bool {
    let is_byte = |t: &Tensor| data::kind(&t.ty) == Kind::Quantized && matches!(t.ty.dtype, DType::I8 | DType::U8);
    let bytes = node.inputs[..2].iter().all(|t| is_byte(t));
    bytes && node.inputs[2].ty.dtype == DType::I32 && conv::integer_types(node)
}

/// The products of each channel's window with its own weights, tap by tap.
fn depthwise<T: Copy + Default>(window: &Window, x: &[T], w: &[T], add: impl Fn(T, T, T) -> T) -> Vec<T> {
    let channels = window.input[2];
    let taps = window.kernel[0] * window.kernel[1];
    let by_tap: Vec<T> = (0..taps * channels).map(|i| w[i % channels * taps + i / channels]).collect();
    let mut sums = vec![T::default(); window.output.iter().product::<usize>() * channels];
    for (position, sums) in window.positions().zip(sums.chunks_exact_mut(channels)) {
        for (at, w) in window.taps(position).zip(by_tap.chunks_exact(channels)) {
            let Some(at) = at else { continue };
            for ((sum, &x), &w) in sums.iter_mut().zip(&x[at..at + channels]).zip(w) {
                *sum = add(*sum, x, w);
            }
        }
    }
    sums
}
