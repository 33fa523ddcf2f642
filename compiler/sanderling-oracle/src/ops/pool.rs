//! Pooling.

use sanderling_ir::{Op, Tensor};

use super::{Node, activate, window::Window};
use crate::{
    OracleError,
    data::{self, Kind},
    params,
};

/// The mean over a window.
pub fn avg_pool(node: &Node) -> Result<Tensor, OracleError> {
    let Op::AvgPool2d { kernel, stride, dilation, padding, count_padding, activation } = node.op else {
        return node.unsupported();
    };
    let window = Window::new(&node.inputs[0].ty.shape, &node.out().shape, *kernel, *stride, *dilation, *padding);
    let count = |inside: usize| if *count_padding { kernel[0] * kernel[1] } else { inside };
    match node.kind(0) {
        Kind::Real => {
            let mean = |v: &[f64]| activate(*activation, v.iter().sum::<f64>() / count(v.len()) as f64);
            Ok(data::from_reals(node.out(), pooled(&window, &data::reals(node.inputs[0]), mean)))
        }
        Kind::Quantized if data::kind(node.out()) == Kind::Quantized => {
            let (scale, zero_point) = data::scale_zero(node.out());
            let range = params::activation_range(*activation, scale, zero_point, node.out().dtype);
            let mean = |v: &[i32]| {
                let count = count(v.len());
                let padding = (count - v.len()) as i32 * zero_point;
                params::clamp(round_divide(v.iter().sum::<i32>() + padding, count as i32, zero_point), range)
            };
            Ok(data::store(node.out(), pooled(&window, &data::stored(node.inputs[0]), mean)))
        }
        _ => node.unsupported(),
    }
}

/// The quotient rounded half away from zero, on the stored values; `empty` for no values.
fn round_divide(sum: i32, count: i32, empty: i32) -> i32 {
    match (count, sum > 0) {
        (0, _) => empty,
        (_, true) => (sum + count / 2) / count,
        (_, false) => (sum - count / 2) / count,
    }
}

/// The maximum over a window.
pub fn max_pool(node: &Node) -> Result<Tensor, OracleError> {
    let Op::MaxPool2d { kernel, stride, dilation, padding, activation } = node.op else { return node.unsupported() };
    let window = Window::new(&node.inputs[0].ty.shape, &node.out().shape, *kernel, *stride, *dilation, *padding);
    match node.kind(0) {
        Kind::Real => {
            let largest = |v: &[f64]| activate(*activation, v.iter().copied().fold(f64::NEG_INFINITY, f64::max));
            Ok(data::from_reals(node.out(), pooled(&window, &data::reals(node.inputs[0]), largest)))
        }
        Kind::Quantized if data::kind(node.out()) == Kind::Quantized => {
            let (scale, zero_point) = data::scale_zero(node.out());
            let range = params::activation_range(*activation, scale, zero_point, node.out().dtype);
            let largest = |v: &[i32]| params::clamp(v.iter().copied().max().unwrap_or(range.0), range);
            Ok(data::store(node.out(), pooled(&window, &data::stored(node.inputs[0]), largest)))
        }
        _ => node.unsupported(),
    }
}

/// What `pool` makes of the elements under each window, padding left out.
fn pooled<T: Copy, A>(window: &Window, x: &[T], pool: impl Fn(&[T]) -> A) -> Vec<A> {
    let mut results = Vec::new();
    let mut elements = Vec::new();
    for position in window.positions() {
        let taps: Vec<usize> = window.taps(position).flatten().collect();
        for channel in 0..window.input[2] {
            elements.clear();
            elements.extend(taps.iter().map(|offset| x[offset + channel]));
            results.push(pool(&elements));
        }
    }
    results
}
