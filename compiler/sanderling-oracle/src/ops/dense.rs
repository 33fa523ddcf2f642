//! Fully connected layers and matrix products.

use sanderling_ir::{DType, Tensor};

use super::{Node, activate, conv};
use crate::{
    OracleError,
    data::{self, Kind},
    params::{self, Multiplier},
    shape,
};

/// `x * w^T + bias`.
pub fn fully_connected(node: &Node) -> Result<Tensor, OracleError> {
    match (node.kind(0), node.kind(1)) {
        (Kind::Real, Kind::Real) => {
            let sums = products(node, &data::reals(node.inputs[0]), &data::reals(node.inputs[1]), conv::dot_reals);
            Ok(conv::finish_reals(node, sums))
        }
        (Kind::Quantized, Kind::Quantized) if conv::integer_types(node) => Ok(quantized(node)),
        (Kind::Real, Kind::Quantized) if node.inputs[0].ty.dtype == DType::F32 => Ok(hybrid(node)),
        _ => node.unsupported(),
    }
}

/// `a * b` on the last two axes, the others broadcast.
pub fn mat_mul(node: &Node) -> Result<Tensor, OracleError> {
    let (a, b) = (node.inputs[0], node.inputs[1]);
    match (node.kind(0), node.kind(1), data::kind(node.out())) {
        (Kind::Real, Kind::Real, Kind::Real) => {
            let sums = matrix_products(node, &data::reals(a), &data::reals(b), conv::dot_reals);
            Ok(data::from_reals(node.out(), sums))
        }
        (Kind::Quantized, Kind::Quantized, Kind::Quantized) => {
            let (scale, zero_point) = data::scale_zero(node.out());
            let scale_of = |t: &Tensor| data::scale_zero(&t.ty).0;
            let multiplier = Multiplier::new(params::legacy_conv_multiplier(scale_of(a), scale_of(b), scale));
            let range = params::dtype_range(node.out().dtype);
            let sums = matrix_products(node, &data::centered(a), &data::centered(b), conv::dot);
            let output = |sum| params::clamp(multiplier.apply(sum).wrapping_add(zero_point), range);
            Ok(data::store(node.out(), sums.into_iter().map(output)))
        }
        _ => node.unsupported(),
    }
}

/// The products of the matrices of `a` and `b`, leading axes broadcast.
pub fn matrix_products<T: Copy, A>(node: &Node, a: &[T], b: &[T], dot: impl Fn(&[T], &[T]) -> A) -> Vec<A> {
    let (shape_a, shape_b, out) = (&node.inputs[0].ty.shape, &node.inputs[1].ty.shape, &node.out().shape);
    let batch = &out[..out.len() - 2];
    let (rows, depth, columns) = (out[out.len() - 2], shape_a[shape_a.len() - 1], out[out.len() - 1]);
    let matrices = |shape: &[usize]| shape::broadcast_offsets(&shape[..shape.len() - 2], batch);
    let mut sums = Vec::with_capacity(node.out().elements());
    for (i, j) in matrices(shape_a).into_iter().zip(matrices(shape_b)) {
        let b = &b[j * depth * columns..(j + 1) * depth * columns];
        let transposed: Vec<T> = (0..columns * depth).map(|k| b[k % depth * columns + k / depth]).collect();
        for row in i * rows..(i + 1) * rows {
            let row = &a[row * depth..(row + 1) * depth];
            sums.extend((0..columns).map(|c| dot(row, &transposed[c * depth..(c + 1) * depth])));
        }
    }
    sums
}

/// The product of each row of `x` with each row of `w`.
pub fn products<T, A>(node: &Node, x: &[T], w: &[T], dot: impl Fn(&[T], &[T]) -> A) -> Vec<A> {
    let depth = node.inputs[1].ty.shape[1].max(1);
    x.chunks(depth).flat_map(|row| w.chunks(depth).map(|column| dot(row, column)).collect::<Vec<A>>()).collect()
}

/// Sums of products, scaled in double precision and rounded once: no fixed-point multiplier here.
fn quantized(node: &Node) -> Tensor {
    let (x, w) = (data::centered(node.inputs[0]), data::centered(node.inputs[1]));
    let sums = products(node, &x, &w, conv::dot_long);
    let bias = data::integers(node.inputs[2]);
    let (scale, zero_point) = data::scale_zero(node.out());
    let range = params::activation_range(node.op.activation(), scale, zero_point, node.out().dtype);
    let scale_x = data::scale_zero(&node.inputs[0].ty).0;
    let scales_w: Vec<f32> = node.inputs[1].ty.quant.iter().flat_map(|q| q.scales.iter().copied()).collect();
    let output = |(i, sum): (usize, i64)| {
        let channel = i % bias.len();
        let real = params::conv_multiplier(scale_x, scales_w[channel % scales_w.len()], scale);
        let scaled = params::scale_rounded(sum.wrapping_add(bias[channel]), real);
        params::clamp(scaled.saturating_add(zero_point), range)
    };
    data::store(node.out(), sums.into_iter().enumerate().map(output))
}

/// Real `x` with quantized weights: each row of `x` is quantized symmetrically as it comes, in `f32` throughout.
fn hybrid(node: &Node) -> Tensor {
    let (w, quant) = (data::centered(node.inputs[1]), node.inputs[1].ty.quant.as_ref());
    let scales: &[f32] = quant.map_or(&[1.0], |q| &q.scales);
    let bias: Vec<f32> = data::reals(node.inputs[2]).into_iter().map(|v| v as f32).collect();
    let depth = node.inputs[1].ty.shape[1].max(1);
    let mut outputs = Vec::with_capacity(node.out().elements());
    for row in node.inputs[0].as_f32().chunks(depth) {
        let (row, row_scale) = quantize_row(row);
        for (o, weights) in w.chunks(depth).enumerate() {
            let scale = row_scale * scales[o % scales.len()];
            let sum = bias[o] + conv::dot(&row, weights) as f32 * scale;
            outputs.push(activate(node.op.activation(), f64::from(sum)));
        }
    }
    data::from_reals(node.out(), outputs)
}

/// A row as integers in [-127, 127] and their scale; LiteRT's `SymmetricQuantizeFloats`.
pub fn quantize_row(row: &[f32]) -> (Vec<i32>, f32) {
    let range = row.iter().fold(0f32, |range, v| range.max(v.abs()));
    if range == 0.0 {
        return (vec![0; row.len()], 1.0);
    }
    let inverse = 127.0 / range;
    (row.iter().map(|v| ((v * inverse).round() as i32).clamp(-127, 127)).collect(), range / 127.0)
}
