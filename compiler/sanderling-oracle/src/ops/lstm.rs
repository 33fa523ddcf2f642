//! Long short-term memory on quantized values: LiteRT's integer kernel with 8-bit activations and a 16-bit cell.

use sanderling_ir::{DType, Tensor};

use super::{Node, conv::dot};
use crate::{
    OracleError,
    data::{self, Kind},
    fixed16::{logistic, tanh},
    params::{self, Multiplier},
};

/// What a sum of products becomes before the activation of its gate: 12 fraction bits.
struct Gates {
    weights: Vec<i32>,
    depth: usize,
    bias: Vec<i32>,
    multipliers: Vec<Multiplier>,
}

impl Gates {
    /// The gates' share of `x`, whose weights are input `w`.
    fn new(node: &Node, x: usize, w: usize, bias: Vec<i32>) -> Gates {
        let ty = &node.inputs[w].ty;
        let scales: Vec<f32> = ty.quant.iter().flat_map(|q| q.scales.iter().copied()).collect();
        let scale_x = data::scale_zero(&node.inputs[x].ty).0;
        let multiplier =
            |row: usize| Multiplier::new(params::lstm_gate_multiplier(scale_x, scales[row % scales.len()]));
        let multipliers = (0..ty.shape[0]).map(multiplier).collect();
        Gates { weights: data::centered(node.inputs[w]), depth: ty.shape[1], bias, multipliers }
    }

    fn sum(&self, row: usize, x: &[i32]) -> i32 {
        let weights = &self.weights[row * self.depth..(row + 1) * self.depth];
        self.multipliers[row].apply(self.bias[row].wrapping_add(dot(x, weights)))
    }
}

/// As [`super::recurrent::lstm`], on quantized values.
pub fn quantized(node: &Node, reverse: bool, clip: f32) -> Result<Vec<Tensor>, OracleError> {
    let dtypes: Vec<DType> = node.inputs.iter().map(|t| t.ty.dtype).collect();
    let is_quantized = [0, 1, 2, 4, 5].iter().all(|&i| node.kind(i) == Kind::Quantized)
        && node.outputs.iter().all(|ty| data::kind(ty) == Kind::Quantized);
    if !is_quantized || dtypes != [DType::I8, DType::I8, DType::I8, DType::I32, DType::I8, DType::I16] {
        return node.unsupported();
    }
    let (cell_scale, cell_zero) = data::scale_zero(&node.inputs[5].ty);
    let state = data::scale_zero(&node.inputs[4].ty);
    let Some(bits) = params::lstm_cell_bits(cell_scale).filter(|_| cell_zero == 0) else {
        return node.invalid("the scale of the cell is not a power of two from 2^-15 to 2^-9");
    };
    if node.outputs[..2].iter().any(|ty| data::scale_zero(ty) != state)
        || data::scale_zero(&node.outputs[2]) != (cell_scale, 0)
    {
        return node.invalid("states and outputs differ in quantization");
    }
    let (x_shape, units) = (&node.inputs[0].ty.shape, node.inputs[2].ty.shape[1]);
    let &[steps, batch, features] = &x_shape[..] else { return node.unsupported() };
    let of_input = Gates::new(node, 0, 1, data::stored(node.inputs[3]));
    let of_state = Gates::new(node, 4, 2, vec![0; 4 * units]);
    let output = Multiplier::new(params::lstm_output_multiplier(state.0));
    let clip = params::lstm_cell_clip(clip, cell_scale);

    let x = data::centered(node.inputs[0]);
    let mut h = data::centered(node.inputs[4]);
    let mut c = data::stored(node.inputs[5]);
    let mut y = vec![0; steps * batch * units];
    for step in 0..steps {
        let step = if reverse { steps - 1 - step } else { step };
        let before = h.clone();
        for n in 0..batch {
            let row = step * batch + n;
            let x = &x[row * features..(row + 1) * features];
            let h_before = &before[n * units..(n + 1) * units];
            let gate = |row: usize| saturate(saturate(of_input.sum(row, x)) + of_state.sum(row, h_before)) as i16;
            for u in 0..units {
                let [input, forget, new, out] = [0, 1, 2, 3].map(|i| gate(i * units + u));
                let at = n * units + u;
                let kept = product(logistic(forget), c[at], 15);
                let added = product(logistic(input), i32::from(tanh(new, 3)), 15 + bits as i32);
                c[at] = saturate(kept + added);
                if clip > 0 {
                    c[at] = c[at].clamp(-clip, clip);
                }
                let shown = output.apply(i32::from(logistic(out)) * i32::from(tanh(c[at] as i16, bits)));
                let stored = params::clamp(shown.wrapping_add(state.1), params::dtype_range(DType::I8));
                h[at] = stored - state.1;
                y[row * units + u] = stored;
            }
        }
    }
    let h = h.into_iter().map(|v| v + state.1).collect();
    Ok([y, h, c].into_iter().zip(node.outputs).map(|(values, ty)| data::store(ty, values)).collect())
}

fn saturate(value: i32) -> i32 {
    value.clamp(i32::from(i16::MIN), i32::from(i16::MAX))
}

/// A product with `exponent` bits less, halves away from zero.
fn product(a: i16, b: i32, exponent: i32) -> i32 {
    params::rounding_divide_by_pot(i32::from(a) * b, exponent)
}
