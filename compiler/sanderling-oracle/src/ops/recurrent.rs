//! Recurrent layers on real numbers.

use sanderling_ir::Tensor;

use super::{Node, conv::dot_reals, unary::sigmoid};
use crate::{
    OracleError,
    data::{self, Kind},
};

/// Shapes and weights of a layer.
struct Layer {
    steps: usize,
    batch: usize,
    features: usize,
    units: usize,
    x: Vec<f64>,
    w: Vec<f64>,
    r: Vec<f64>,
}

impl Layer {
    fn new(node: &Node) -> Self {
        let (x, r) = (&node.inputs[0].ty.shape, &node.inputs[2].ty.shape);
        let [xs, w, rs] = [0, 1, 2].map(|i| data::reals(node.inputs[i]));
        Layer { steps: x[0], batch: x[1], features: x[2], units: r[1], x: xs, w, r: rs }
    }

    fn order(&self, reverse: bool) -> Vec<usize> {
        if reverse { (0..self.steps).rev().collect() } else { (0..self.steps).collect() }
    }

    /// Row `gate` of the input weights times the input of a step.
    fn input_product(&self, gate: usize, step: usize, n: usize) -> f64 {
        let start = (step * self.batch + n) * self.features;
        dot_reals(&self.x[start..start + self.features], &self.w[gate * self.features..(gate + 1) * self.features])
    }

    /// Row `gate` of the recurrent weights times a state.
    fn state_product(&self, gate: usize, state: &[f64]) -> f64 {
        dot_reals(state, &self.r[gate * self.units..(gate + 1) * self.units])
    }
}

fn all_real(node: &Node) -> bool {
    (0..node.inputs.len()).all(|i| node.kind(i) == Kind::Real)
}

/// Rounds a state to the type in which it is stored between steps.
fn stored_state(node: &Node, values: &[f64]) -> Vec<f64> {
    data::reals(&data::from_reals(node.out(), values.iter().copied()))
}

/// Long short-term memory; gates input, forget, cell, output.
pub fn lstm(node: &Node, reverse: bool, clip: f32) -> Result<Vec<Tensor>, OracleError> {
    if node.kind(0) == Kind::Quantized {
        return super::lstm::quantized(node, reverse, clip);
    }
    if !all_real(node) {
        return node.unsupported();
    }
    let layer = Layer::new(node);
    let [bias, mut h, mut c] = [3, 4, 5].map(|i| data::reals(node.inputs[i]));
    let units = layer.units;
    let mut y = vec![0.0; node.out().elements()];
    for step in layer.order(reverse) {
        let (mut next_h, mut next_c) = (h.clone(), c.clone());
        for n in 0..layer.batch {
            let state = &h[n * units..(n + 1) * units];
            let gate = |g: usize| layer.input_product(g, step, n) + layer.state_product(g, state) + bias[g];
            for u in 0..units {
                let [input, forget, cell, output] = [0, 1, 2, 3].map(|i| gate(i * units + u));
                let at = n * units + u;
                next_c[at] = sigmoid(forget) * c[at] + sigmoid(input) * libm::tanh(cell);
                if clip > 0.0 {
                    next_c[at] = next_c[at].clamp(f64::from(-clip), f64::from(clip));
                }
                next_h[at] = sigmoid(output) * libm::tanh(next_c[at]);
            }
        }
        (h, c) = (stored_state(node, &next_h), stored_state(node, &next_c));
        y[step * h.len()..(step + 1) * h.len()].copy_from_slice(&h);
    }
    let outputs = [y, h, c].into_iter().zip(node.outputs);
    Ok(outputs.map(|(values, ty)| data::from_reals(ty, values)).collect())
}

/// Gated recurrent unit; gates update, reset, hidden.
pub fn gru(node: &Node, reverse: bool, linear_before_reset: bool) -> Result<Vec<Tensor>, OracleError> {
    if !all_real(node) {
        return node.unsupported();
    }
    let layer = Layer::new(node);
    let [bias, recurrent_bias, mut h] = [3, 4, 5].map(|i| data::reals(node.inputs[i]));
    let units = layer.units;
    let mut y = vec![0.0; node.out().elements()];
    for step in layer.order(reverse) {
        let mut next = h.clone();
        for n in 0..layer.batch {
            let state = &h[n * units..(n + 1) * units];
            let linear = |g: usize, state: &[f64]| layer.state_product(g, state) + recurrent_bias[g];
            let input = |g: usize| layer.input_product(g, step, n) + bias[g];
            let reset: Vec<f64> = (units..2 * units).map(|g| sigmoid(input(g) + linear(g, state))).collect();
            let reset_state: Vec<f64> = reset.iter().zip(state).map(|(r, h)| r * h).collect();
            for u in 0..units {
                let update = sigmoid(input(u) + linear(u, state));
                let g = 2 * units + u;
                let past = if linear_before_reset { reset[u] * linear(g, state) } else { linear(g, &reset_state) };
                let hidden = libm::tanh(input(g) + past);
                next[n * units + u] = (1.0 - update) * hidden + update * state[u];
            }
        }
        h = stored_state(node, &next);
        y[step * h.len()..(step + 1) * h.len()].copy_from_slice(&h);
    }
    let outputs = [y, h].into_iter().zip(node.outputs);
    Ok(outputs.map(|(values, ty)| data::from_reals(ty, values)).collect())
}
