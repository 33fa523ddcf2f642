//! int8 long short-term memory.

use sanderling_format::calls::LstmI8;

use super::fixed16::{logistic, tanh};
use crate::fixed::{divide_by_power, rescale};
use crate::kernel::{Operands, Runs};
use crate::pieces::{Pieces, copy};
use crate::scalar::Scalar;
use crate::scalar::float::recurrent::split;

impl Runs<LstmI8> for Scalar {
    fn run(call: &LstmI8, operands: Operands<'_>) {
        let Operands { reads: [x, w, r, rows, h, c], output, scratch: cell } = operands;
        let (units, features) = (call.units as usize, call.features as usize);
        let state_len = call.batch as usize * units;
        let layer = Layer { call, w, r, rows };
        copy(cell, c);
        for step in 0..call.steps as usize {
            let at = if call.reverse == 0 { step } else { call.steps as usize - 1 - step };
            let (before, next) = split(output, at, call.reverse != 0, state_len);
            let before = before.unwrap_or(h);
            let inputs = x.pieces(features).skip(at * call.batch as usize);
            let states = before.pieces(units).zip(next.pieces_mut(units));
            let cells = cell.pieces_mut(2 * units);
            for ((x, (h, next)), cells) in inputs.zip(states).zip(cells) {
                for (u, (out, cell)) in next.iter_mut().zip(cells.as_chunks_mut().0).enumerate() {
                    *out = layer.unit(u, x, h, cell);
                }
            }
        }
    }
}

struct Layer<'a> {
    call: &'a LstmI8,
    w: &'a [u8],
    r: &'a [u8],
    rows: &'a [u8],
}

impl Layer<'_> {
    /// One step of a unit: its cell changes, its new state is returned.
    fn unit(&self, u: usize, x: &[u8], h: &[u8], cell: &mut [u8; 2]) -> u8 {
        let [input, forget, new, out] = [0, 1, 2, 3].map(|gate| self.gate(gate * h.len() + u, x, h));
        let kept = divide_by_power(logistic(forget) * i32::from(i16::from_le_bytes(*cell)), 15);
        let added = divide_by_power(logistic(input) * tanh(new, 3), 15 + self.call.cell_bits);
        let state = saturate(kept + added);
        let clip = self.call.clip;
        let state = if clip > 0 { state.min(clip).max(-clip) } else { state };
        *cell = (state as i16).to_le_bytes();
        let shown = rescale(logistic(out) * tanh(state, self.call.cell_bits), self.call.multiplier, self.call.shift);
        shown.wrapping_add(self.call.zero).clamp(-128, 127) as u8
    }

    /// What goes into the activation of a gate, 12 fraction bits.
    fn gate(&self, row: usize, x: &[u8], h: &[u8]) -> i32 {
        let mut params = self.rows.as_chunks::<4>().0.iter().skip(6 * row).map(|&word| i32::from_le_bytes(word));
        let mut share = |values: &[u8], weights: &[u8]| {
            let mut next = || params.next().unwrap_or(0);
            let (bias, multiplier, shift) = (next(), next(), next());
            let weights = weights.get(row * values.len()..).unwrap_or(&[]);
            let product = |(&v, &w): (&u8, &u8)| i32::from(v as i8) * i32::from(w as i8);
            rescale(values.iter().zip(weights).map(product).fold(bias, i32::wrapping_add), multiplier, shift)
        };
        let of_input = saturate(share(x, self.w));
        saturate(of_input.saturating_add(share(h, self.r)))
    }
}

fn saturate(value: i32) -> i32 {
    value.clamp(-32768, 32767)
}
