//! Recurrent layers with an int8 state and a 16-bit cell.

use sanderling_ir::{DType, Op, Quant, TensorType};

use crate::harness::{Case, plain, quantized};

/// Weights of four gates, a scale for each row.
fn weights(units: usize, depth: usize) -> TensorType {
    let scales: Vec<f32> = (0..4 * units).map(|row| 0.002 + 0.003 * (row / units) as f32).collect();
    let quant = Quant { zero_points: vec![0; scales.len()], scales, axis: 0 };
    TensorType { quant: Some(quant), ..plain(DType::I8, &[4 * units, depth]) }
}

fn layer([steps, batch, features, units]: [usize; 4], reverse: bool, clip: f32, cell_bits: i32, zero: i32) {
    let (state, cell) = (Quant::per_tensor(0.0078, zero), Quant::per_tensor(2f32.powi(cell_bits - 15), 0));
    let typed =
        |dtype, quant: &Quant, shape: &[usize]| TensorType { quant: Some(quant.clone()), ..plain(dtype, shape) };
    let mut case = Case::new();
    let x = case.input(&quantized(DType::I8, &[steps, batch, features], 0.03, -5));
    let w = case.constant(&weights(units, features));
    let r = case.constant(&weights(units, units));
    let bias = case.constant(&plain(DType::I32, &[4 * units]));
    let h = case.input(&typed(DType::I8, &state, &[batch, units]));
    let c = case.input(&typed(DType::I16, &cell, &[batch, units]));
    case.nodes(Op::Lstm { reverse, clip }, &[x, w, r, bias, h, c], &[state.clone(), state, cell]);
    case.check();
}

#[test]
fn layers() {
    for shape in [[1, 1, 1, 1], [3, 2, 5, 3], [5, 1, 9, 8], [2, 3, 8, 17]] {
        for (reverse, clip, cell_bits, zero) in [
            (false, 0.0, 3, 0),
            (true, 0.0, 4, 7),
            (false, 0.6, 3, -9),
            (false, 9.0, 4, 0),
            (false, 0.0, 0, 0),
            (true, 0.0, 6, 3),
        ] {
            layer(shape, reverse, clip, cell_bits, zero);
        }
    }
}
