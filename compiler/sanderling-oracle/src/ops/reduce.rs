//! Reductions, normalization, and the search for maxima.

use sanderling_ir::{ReduceKind, Tensor};

use super::Node;
use crate::{
    OracleError,
    data::{self, Kind},
    params::{self, Multiplier},
    shape,
};

/// One value for all elements along `axes`.
pub fn reduce(node: &Node, kind: ReduceKind, axes: &[usize]) -> Result<Tensor, OracleError> {
    let x = node.inputs[0];
    match (node.kind(0), data::kind(node.out())) {
        (Kind::Real, Kind::Real) => {
            let results = groups(node, axes, &data::reals(x)).into_iter().map(|g| real(kind, &g));
            Ok(data::from_reals(node.out(), results.collect::<Vec<_>>()))
        }
        (Kind::Quantized, Kind::Quantized) => Ok(quantized(node, kind, axes)),
        (Kind::Integer, Kind::Integer) => {
            let results = groups(node, axes, &data::integers(x)).into_iter().map(|g| integer(kind, &g));
            Ok(data::from_integers(node.out(), results.collect::<Vec<_>>()))
        }
        _ => node.unsupported(),
    }
}

/// The elements that fall together, for each output element.
fn groups<T: Copy>(node: &Node, axes: &[usize], x: &[T]) -> Vec<Vec<T>> {
    let shape = &node.inputs[0].ty.shape;
    let strides: Vec<isize> = shape::strides(shape).into_iter().map(|s| s as isize).collect();
    let select = |reduced: bool| -> (Vec<usize>, Vec<isize>) {
        (0..shape.len()).filter(|i| axes.contains(i) == reduced).map(|i| (shape[i], strides[i])).unzip()
    };
    let ((kept, kept_strides), (gone, gone_strides)) = (select(false), select(true));
    let within = shape::offsets(&gone, &gone_strides, 0);
    let starts = shape::offsets(&kept, &kept_strides, 0);
    starts.into_iter().map(|start| within.iter().map(|offset| x[start + offset]).collect()).collect()
}

fn real(kind: ReduceKind, values: &[f64]) -> f64 {
    match kind {
        ReduceKind::Sum => values.iter().sum(),
        ReduceKind::Mean => values.iter().sum::<f64>() / values.len() as f64,
        ReduceKind::Max => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        ReduceKind::Min => values.iter().copied().fold(f64::INFINITY, f64::min),
        ReduceKind::Prod => values.iter().product(),
    }
}

/// Integers wrap; the mean truncates.
fn integer(kind: ReduceKind, values: &[i64]) -> i64 {
    let sum = || values.iter().fold(0i64, |sum, v| sum.wrapping_add(*v));
    match kind {
        ReduceKind::Sum => sum(),
        ReduceKind::Mean => sum().checked_div(values.len() as i64).unwrap_or(0),
        ReduceKind::Max => values.iter().copied().max().unwrap_or(i64::MIN),
        ReduceKind::Min => values.iter().copied().min().unwrap_or(i64::MAX),
        ReduceKind::Prod => values.iter().fold(1, |product, v| product.wrapping_mul(*v)),
    }
}

fn quantized(node: &Node, kind: ReduceKind, axes: &[usize]) -> Tensor {
    let (x, out) = (node.inputs[0], node.out());
    let ((scale_in, _), (scale_out, zero_out)) = (data::scale_zero(&x.ty), data::scale_zero(out));
    let range = params::dtype_range(out.dtype);
    let count: usize = axes.iter().map(|&a| x.ty.shape[a]).product();
    let summed = |multiplier: Multiplier| {
        let sum = |group: Vec<i32>| group.into_iter().fold(0i32, i32::wrapping_add);
        let output = |sum| params::clamp(multiplier.apply(sum).wrapping_add(zero_out), range);
        data::store(out, groups(node, axes, &data::centered(x)).into_iter().map(sum).map(output))
    };
    let chosen = |choose: fn(i32, i32) -> i32, start: i32| {
        let values = data::requantized(x, out);
        data::store(out, groups(node, axes, &values).into_iter().map(|g| g.into_iter().fold(start, choose)))
    };
    match kind {
        ReduceKind::Mean => summed(params::mean_multiplier(scale_in, scale_out, count)),
        ReduceKind::Sum => summed(Multiplier::new(params::requantize_multiplier(scale_in, scale_out))),
        ReduceKind::Max => chosen(i32::max, range.0),
        ReduceKind::Min => chosen(i32::min, range.1),
        ReduceKind::Prod => {
            let products = groups(node, axes, &data::reals(x)).into_iter().map(|g| g.into_iter().product());
            data::quantize_reals(out, products.collect::<Vec<f64>>())
        }
    }
}

/// Zero mean and unit variance along the last axis, then scale and shift.
pub fn layer_norm(node: &Node, epsilon: f32) -> Result<Tensor, OracleError> {
    if (0..3).any(|i| node.kind(i) == Kind::Integer) || data::kind(node.out()) == Kind::Integer {
        return node.unsupported();
    }
    let [x, gamma, beta] = [0, 1, 2].map(|i| data::reals(node.inputs[i]));
    let rows = x.chunks(gamma.len().max(1)).flat_map(|row| {
        let mean = real(ReduceKind::Mean, row);
        let variance = row.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / row.len() as f64;
        let scale = 1.0 / (variance + f64::from(epsilon)).sqrt();
        let normal = |(i, v): (usize, &f64)| (v - mean) * scale * gamma[i] + beta[i];
        row.iter().enumerate().map(normal).collect::<Vec<_>>()
    });
    Ok(data::store_reals(node.out(), rows.collect::<Vec<_>>()))
}

/// The first index of the maximum along an axis.
pub fn arg_max(node: &Node, axis: usize) -> Result<Tensor, OracleError> {
    let x = node.inputs[0];
    let values = data::reals(x);
    let (outer, count, inner) = shape::around(&x.ty.shape, axis);
    let index = |i: usize| {
        let start = i / inner * count * inner + i % inner;
        let better =
            |best: usize, k: usize| if values[start + k * inner] > values[start + best * inner] { k } else { best };
        (0..count).fold(0, better) as i64
    };
    Ok(data::from_integers(node.out(), (0..outer * inner).map(index)))
}

/// The `k` largest along the last axis and their indices.
pub fn top_k(node: &Node, k: usize) -> Result<Vec<Tensor>, OracleError> {
    let x = node.inputs[0];
    let (values, bytes) = (data::reals(x), x.ty.dtype.bytes());
    let count = x.ty.shape.last().copied().unwrap_or(1).max(1);
    let (mut stored, mut indices) = (Vec::new(), Vec::new());
    for (row, elements) in values.chunks(count).enumerate() {
        let mut order: Vec<usize> = (0..elements.len()).collect();
        order.sort_by(|&a, &b| elements[b].total_cmp(&elements[a]));
        for &i in &order[..k.min(order.len())] {
            let at = (row * count + i) * bytes;
            stored.extend_from_slice(&x.data[at..at + bytes]);
            indices.push(i as i64);
        }
    }
    Ok(vec![Tensor { ty: node.out().clone(), data: stored }, data::from_integers(&node.outputs[1], indices)])
}
