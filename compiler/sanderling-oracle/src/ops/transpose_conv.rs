//! Transposed convolutions.

use sanderling_ir::{DType, Op, Tensor};

use super::{Node, conv};
use crate::{
    OracleError,
    data::{self, Kind},
};

/// Each input pixel adds its multiple of the kernel to the output.
pub fn conv_transpose2d(node: &Node) -> Result<Tensor, OracleError> {
    let (x, w) = (node.inputs[0], node.inputs[1]);
    match (node.kind(0), node.kind(1)) {
        (Kind::Real, Kind::Real) => {
            let sums = scatter(node, &data::reals(x), &data::reals(w), conv::dot_reals, |a, b| a + b);
            Ok(conv::finish_reals(node, sums))
        }
        (Kind::Quantized, Kind::Quantized) if conv::integer_types(node) => {
            let (xs, ws) = (data::centered(x), data::centered(w));
            let multipliers = conv::convolution_multipliers(node);
            if node.inputs[2].ty.dtype == DType::I64 {
                return Ok(conv::finish_long(
                    node,
                    scatter(node, &xs, &ws, conv::dot_long, i64::wrapping_add),
                    &multipliers,
                ));
            }
            Ok(conv::finish(node, scatter(node, &xs, &ws, conv::dot, i32::wrapping_add), &multipliers))
        }
        _ => node.unsupported(),
    }
}

fn scatter<T, A: Copy + Default>(
    node: &Node,
    x: &[T],
    w: &[T],
    dot: impl Fn(&[T], &[T]) -> A,
    add: impl Fn(A, A) -> A,
) -> Vec<A> {
    let Op::ConvTranspose2d { stride, padding, .. } = node.op else { return Vec::new() };
    let (shape, kernel, out) = (&node.inputs[0].ty.shape, &node.inputs[1].ty.shape, &node.out().shape);
    let (height, width, channels) = (shape[1], shape[2], shape[3]);
    let mut sums = vec![A::default(); node.out().elements()];
    for (i, pixel) in x.chunks_exact(channels.max(1)).enumerate() {
        let (n, y, x) = (i / (height * width), i / width % height, i % width);
        for tap in 0..kernel[1] * kernel[2] {
            let place = |at: usize, stride: usize, tap: usize, before: usize, size: usize| {
                (at * stride + tap).checked_sub(before).filter(|&o| o < size)
            };
            let oy = place(y, stride[0], tap / kernel[2], padding.top, out[1]);
            let ox = place(x, stride[1], tap % kernel[2], padding.left, out[2]);
            let (Some(oy), Some(ox)) = (oy, ox) else { continue };
            let start = ((n * out[1] + oy) * out[2] + ox) * out[3];
            for (o, sum) in sums[start..start + out[3]].iter_mut().enumerate() {
                let weights = (o * kernel[1] * kernel[2] + tap) * channels;
                *sum = add(*sum, dot(pixel, &w[weights..weights + channels]));
            }
        }
    }
    sums
}
