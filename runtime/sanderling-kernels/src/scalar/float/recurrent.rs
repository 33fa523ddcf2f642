//! LSTM and GRU.

use sanderling_format::calls::{GruF32, LstmF32};

use super::elementwise::sigmoid;
use super::stored::F32;
use super::{dot, get, put};
use crate::kernel::{Operands, Runs};
use crate::pieces::copy;
use crate::scalar::Scalar;

/// Row `index` of a matrix with rows of `len` elements.
fn row(matrix: &[u8], index: usize, len: usize) -> &[u8] {
    matrix.get(index * len * 4..(index + 1) * len * 4).unwrap_or(&[])
}

/// Splits `y` at step `at`: what the step before has written, and the bytes of the step itself.
pub(crate) fn split(y: &mut [u8], at: usize, reverse: bool, step_bytes: usize) -> (Option<&[u8]>, &mut [u8]) {
    if reverse {
        let (head, tail) = y.split_at_mut(((at + 1) * step_bytes).min(y.len()));
        let own = head.get_mut(at * step_bytes..).unwrap_or_default();
        (tail.get(..step_bytes), own)
    } else {
        let (head, tail) = y.split_at_mut((at * step_bytes).min(y.len()));
        let before = at.checked_sub(1).and_then(|before| head.get(before * step_bytes..));
        (before, tail.get_mut(..step_bytes).unwrap_or_default())
    }
}

impl Runs<LstmF32> for Scalar {
    fn run(call: &LstmF32, operands: Operands<'_>) {
        let Operands { reads: [x, w, r, bias, h, c], output, scratch: cell } = operands;
        let (features, units, batch) = (call.features as usize, call.units as usize, call.batch as usize);
        copy(cell, c);
        for step in 0..call.steps as usize {
            let at = if call.reverse == 0 { step } else { call.steps as usize - 1 - step };
            let (before, next) = split(output, at, call.reverse != 0, batch * units * 4);
            let before = before.unwrap_or(h);
            for n in 0..batch {
                let (x, h) = (row(x, at * batch + n, features), row(before, n, units));
                let gate =
                    |g: usize| dot::<F32>(x, row(w, g, features)) + dot::<F32>(h, row(r, g, units)) + get(bias, g);
                for u in 0..units {
                    let [input, forget, new, out] = [0, 1, 2, 3].map(|i| gate(i * units + u));
                    let state = sigmoid(forget) * get(cell, n * units + u) + sigmoid(input) * libm::tanhf(new);
                    let state = if call.clip > 0.0 { state.max(-call.clip).min(call.clip) } else { state };
                    put(cell, n * units + u, state);
                    put(next, n * units + u, sigmoid(out) * libm::tanhf(state));
                }
            }
        }
    }
}

impl Runs<GruF32> for Scalar {
    fn run(call: &GruF32, operands: Operands<'_>) {
        let Operands { reads: [x, w, r, bias, recurrent_bias, h], output, scratch } = operands;
        let (features, units, batch) = (call.features as usize, call.units as usize, call.batch as usize);
        for step in 0..call.steps as usize {
            let at = if call.reverse == 0 { step } else { call.steps as usize - 1 - step };
            let (before, next) = split(output, at, call.reverse != 0, batch * units * 4);
            let before = before.unwrap_or(h);
            for n in 0..batch {
                let (x, h) = (row(x, at * batch + n, features), row(before, n, units));
                let input = |g: usize| dot::<F32>(x, row(w, g, features)) + get(bias, g);
                let linear = |g: usize, h: &[u8]| dot::<F32>(h, row(r, g, units)) + get(recurrent_bias, g);
                for u in 0..units {
                    let reset = sigmoid(input(units + u) + linear(units + u, h));
                    // The resets themselves, or the states after them.
                    put(scratch, u, if call.linear_before_reset == 0 { reset * get(h, u) } else { reset });
                }
                for u in 0..units {
                    let update = sigmoid(input(u) + linear(u, h));
                    let g = 2 * units + u;
                    let past = match call.linear_before_reset {
                        0 => linear(g, scratch),
                        _ => get(scratch, u) * linear(g, h),
                    };
                    let new = libm::tanhf(input(g) + past);
                    put(next, n * units + u, (1.0 - update) * new + update * get(h, u));
                }
            }
        }
    }
}
