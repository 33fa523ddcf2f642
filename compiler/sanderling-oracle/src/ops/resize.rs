//! Spatial resizing.

use sanderling_ir::{Coordinates, DType, Op, ResizeMode, Tensor};

use super::Node;
use crate::{
    OracleError,
    data::{self, Kind},
};

/// Resizes height and width.
pub fn resize(node: &Node) -> Result<Tensor, OracleError> {
    let Op::Resize { mode, coordinates, .. } = node.op else { return node.unsupported() };
    let x = node.inputs[0];
    if *mode != ResizeMode::Bilinear {
        let axis = |i: usize| nearest_axis(x.ty.shape[i], node.out().shape[i], *mode, *coordinates);
        let bytes = x.ty.dtype.bytes();
        let (rows, columns) = (axis(1), axis(2));
        let data = pixels(node, &rows, &columns).flat_map(|at| &x.data[at * bytes..(at + 1) * bytes]);
        return Ok(Tensor { ty: node.out().clone(), data: data.copied().collect() });
    }
    match (node.kind(0), data::kind(node.out())) {
        (Kind::Real, Kind::Real) => {
            let axis = |i: usize| real_axis(x.ty.shape[i], node.out().shape[i], *coordinates);
            let values = data::reals(x);
            Ok(data::from_reals(node.out(), blended(node, &axis(1), &axis(2), |wy, wx, at| wy * wx * values[at])))
        }
        (Kind::Quantized, Kind::Quantized) if x.ty.dtype == DType::U8 => {
            let axis = |i: usize| single_axis(x.ty.shape[i], node.out().shape[i], *coordinates);
            let values = data::stored(x);
            let sums = blended(node, &axis(1), &axis(2), |wy: f32, wx, at| values[at] as f32 * wy * wx);
            Ok(data::store(node.out(), sums.into_iter().map(|v| v.round() as i32)))
        }
        (Kind::Quantized, Kind::Quantized) => {
            let axis = |i: usize| fixed_axis(x.ty.shape[i] as i64, node.out().shape[i] as i64, *coordinates);
            let values = data::stored(x);
            let sums = blended(node, &axis(1), &axis(2), |wy: i64, wx, at| wy * wx * i64::from(values[at]));
            // Products of two 10-bit weights, rounded half away from zero.
            let round = |sum: i64| (sum + if sum > 0 { 1 << 19 } else { -(1 << 19) }) / (1 << 20);
            Ok(data::from_integers(node.out(), sums.into_iter().map(round)))
        }
        _ => node.unsupported(),
    }
}

/// Where `o` lies in the source.
fn coordinate(o: usize, input: usize, output: usize, coordinates: Coordinates) -> f64 {
    let (o, n, m) = (o as f64, input as f64, output as f64);
    match coordinates {
        Coordinates::HalfPixel => (o + 0.5) * n / m - 0.5,
        Coordinates::AlignCorners if output > 1 => o * (n - 1.0) / (m - 1.0),
        _ => o * n / m,
    }
}

/// The source index for each output index.
fn nearest_axis(input: usize, output: usize, mode: ResizeMode, coordinates: Coordinates) -> Vec<usize> {
    let index = |o| {
        let at = coordinate(o, input, output, coordinates);
        let nearest = if mode == ResizeMode::NearestFloor { at.floor() } else { (at - 0.5).ceil() };
        (nearest.max(0.0) as usize).min(input.saturating_sub(1))
    };
    (0..output).map(index).collect()
}

/// The offset of every element of the output.
fn pixels<'a>(node: &'a Node, rows: &'a [usize], columns: &'a [usize]) -> impl Iterator<Item = usize> + 'a {
    let shape = &node.inputs[0].ty.shape;
    let (height, width, channels) = (shape[1], shape[2], shape[3]);
    (0..shape[0]).flat_map(move |n| {
        rows.iter().flat_map(move |y| {
            columns.iter().flat_map(move |x| {
                let start = ((n * height + y) * width + x) * channels;
                start..start + channels
            })
        })
    })
}

/// Two source indices and their weights.
type Blend<W> = [(usize, W); 2];

fn real_axis(input: usize, output: usize, coordinates: Coordinates) -> Vec<Blend<f64>> {
    let blend = |o| {
        let at = coordinate(o, input, output, coordinates);
        let low = at.floor().max(0.0);
        let high = (at.ceil().max(0.0) as usize).min(input - 1);
        // Left of the first pixel both indices are it, and the weights still add up to one.
        [(low as usize, 1.0 - (at - low)), (high, at - low)]
    };
    (0..output).map(blend).collect()
}

/// As [`real_axis`], in single precision throughout, for `u8` values.
fn single_axis(input: usize, output: usize, coordinates: Coordinates) -> Vec<Blend<f32>> {
    let (n, m) = match coordinates {
        Coordinates::AlignCorners if output > 1 => (input - 1, output - 1),
        _ => (input, output),
    };
    let scale = n as f32 / m as f32;
    let blend = |o: usize| {
        let half_pixel = coordinates == Coordinates::HalfPixel;
        let at = if half_pixel { (o as f32 + 0.5) * scale - 0.5 } else { o as f32 * scale };
        let low = at.floor().max(0.0);
        let high = (at.ceil().max(0.0) as usize).min(input - 1);
        [(low as usize, 1.0 - (at - low)), (high, at - low)]
    };
    (0..output).map(blend).collect()
}

/// Weights of 10 bits; LiteRT's `ComputeInterpolationValuesInteger`.
fn fixed_axis(input: i64, output: i64, coordinates: Coordinates) -> Vec<Blend<i64>> {
    const ONE: i64 = 1 << 10;
    let (n, m) = match coordinates {
        Coordinates::AlignCorners if output > 1 => (input - 1, output - 1),
        _ => (input, output),
    };
    let scale = (ONE * n + m / 2) / m;
    let blend = |o| {
        let half_pixel = if coordinates == Coordinates::HalfPixel { scale / 2 - ONE / 2 } else { 0 };
        let at: i64 = o * scale + half_pixel;
        let low = (at / ONE).max(0);
        let high = ((at + ONE - 1) / ONE).min(input - 1);
        [(low as usize, ONE - (at - ONE * low)), (high as usize, at - ONE * low)]
    };
    (0..output).map(blend).collect()
}

/// The weighted sum of four pixels for every element of the output.
fn blended<W: Copy + std::iter::Sum>(
    node: &Node,
    rows: &[Blend<W>],
    columns: &[Blend<W>],
    term: impl Fn(W, W, usize) -> W,
) -> Vec<W> {
    let shape = &node.inputs[0].ty.shape;
    let (height, width, channels) = (shape[1], shape[2], shape[3]);
    let mut sums = Vec::with_capacity(node.out().elements());
    for n in 0..shape[0] {
        for row in rows {
            for column in columns {
                let corner = |(i, j): (usize, usize)| {
                    let ((y, wy), (x, wx)) = (row[i], column[j]);
                    (((n * height + y) * width + x) * channels, wy, wx)
                };
                let corners = [(0, 0), (1, 0), (0, 1), (1, 1)].map(corner);
                let sum = |c| corners.iter().map(|&(at, wy, wx)| term(wy, wx, at + c)).sum::<W>();
                sums.extend((0..channels).map(sum));
            }
        }
    }
    sums
}
