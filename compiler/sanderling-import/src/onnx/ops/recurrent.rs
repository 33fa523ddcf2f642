//! LSTM and GRU layers, in one direction or both.

use sanderling_ir::{BinaryKind, Op, ValueId};

use super::shape::broadcast;
use crate::ImportError;
use crate::onnx::builder::Builder;
use crate::onnx::call::{Call, Many, One};

/// The inputs of a layer, in the order of the file; those that may be missing are `None`.
struct Layer {
    x: ValueId,
    directions: usize,
    units: usize,
    batch: usize,
    /// Batch before time.
    batch_first: bool,
}

fn open(b: &mut Builder, call: &Call, activations: &[&str]) -> Result<Layer, ImportError> {
    let (x, r) = (call.input(0)?, call.input(2)?);
    let batch_first = call.flag("layout")?;
    let x = if batch_first { b.transpose(call, x, &[1, 0, 2])? } else { x };
    let (&[time, batch, _], &[directions, _, units]) = (&b.shape(x)[..], &b.shape(r)[..]) else {
        return call.fail(format!("{} does not fit recurrent weights {}", b.ty(x), b.ty(r)));
    };
    let named = call.texts("activations")?;
    if !named.iter().zip(activations.iter().cycle()).all(|(found, wanted)| found.eq_ignore_ascii_case(wanted)) {
        return call.refuse("activations", named.join(", "), &format!("{} work", activations.join(", ")));
    }
    for attribute in ["clip", "activation_alpha", "activation_beta"] {
        if call.has(attribute) {
            return call.refuse(attribute, "given", "leave it out");
        }
    }
    if let Some(lengths) = call.optional(4) {
        let lengths = b.known_ints(call, lengths, "the list of sequence lengths")?;
        if lengths.iter().any(|&n| n != time as i64) {
            return call.fail(format!("sequences of lengths {lengths:?} are not supported; {time} works"));
        }
    }
    let direction = call.text("direction", "forward")?;
    match (direction.as_str(), directions) {
        ("forward" | "reverse", 1) | ("bidirectional", 2) => Ok(Layer { x, directions, units, batch, batch_first }),
        _ => call.refuse("direction", direction, &format!("the weights are for {directions}")),
    }
}

impl Layer {
    /// The part of a direction, without the axis of directions.
    fn of_direction(&self, b: &mut Builder, call: &Call, v: ValueId, direction: usize) -> One {
        let shape = b.shape(v);
        if shape.first() != Some(&self.directions) {
            return call.fail(format!("{} should start with {} directions", b.ty(v), self.directions));
        }
        let part = b.part(call, v, 0, direction, 1)?;
        b.reshape(call, part, &shape[1..])
    }

    /// The state before the first step, zeros where the file gives none.
    fn initial(&self, b: &mut Builder, call: &Call, index: usize, direction: usize) -> One {
        match call.optional(index) {
            Some(state) => {
                let state = if self.batch_first { b.transpose(call, state, &[1, 0, 2])? } else { state };
                self.of_direction(b, call, state, direction)
            }
            None => {
                let zero = b.filled(call, self.x, &[1, 1], 0.0)?;
                broadcast(b, call, zero, vec![self.batch, self.units])
            }
        }
    }

    /// Blocks of rows, one for each gate, in another order.
    fn gates(&self, b: &mut Builder, call: &Call, v: ValueId, order: &[usize]) -> One {
        let blocks = order.len();
        if b.shape(v).first() != Some(&(blocks * self.units)) {
            return call.fail(format!("{} should have rows for {blocks} gates of {} units", b.ty(v), self.units));
        }
        if order.iter().copied().eq(0..blocks) {
            return Ok(v);
        }
        let blocks: Many = order.iter().map(|&gate| b.part(call, v, 0, gate * self.units, self.units)).collect();
        b.concat(call, &blocks?, 0)
    }

    /// The two biases, of the input and of the recurrence.
    fn biases(
        &self,
        b: &mut Builder,
        call: &Call,
        direction: usize,
        order: &[usize],
    ) -> Result<[ValueId; 2], ImportError> {
        let rows = order.len() * self.units;
        let Some(both) = call.optional(3) else {
            let zeros = b.filled(call, self.x, &[rows], 0.0)?;
            return Ok([zeros, zeros]);
        };
        let both = self.of_direction(b, call, both, direction)?;
        if b.shape(both)[..] != [2 * rows] {
            return call.fail(format!("bias {} should have {} elements", b.ty(both), 2 * rows));
        }
        let (first, second) = (b.part(call, both, 0, 0, rows)?, b.part(call, both, 0, rows, rows)?);
        Ok([self.gates(b, call, first, order)?, self.gates(b, call, second, order)?])
    }

    fn is_reverse(&self, call: &Call, direction: usize) -> Result<bool, ImportError> {
        Ok(direction == 1 || call.text("direction", "forward")? == "reverse")
    }

    /// Outputs of the directions side by side: `[T, D, N, H]` first, then the last states `[D, N, H]`.
    fn join(&self, b: &mut Builder, call: &Call, directions: &[Vec<ValueId>]) -> Many {
        let count = directions.first().map_or(0, Vec::len);
        let mut outputs = Vec::with_capacity(count);
        for i in 0..count {
            let axis = usize::from(i == 0);
            let mut parts = Vec::new();
            for outputs in directions {
                let mut shape = b.shape(outputs[i]);
                shape.insert(axis, 1);
                parts.push(b.reshape(call, outputs[i], &shape)?);
            }
            let y = b.concat(call, &parts, axis)?;
            outputs.push(match (self.batch_first, i) {
                (false, _) => y,
                (true, 0) => b.transpose(call, y, &[2, 0, 1, 3])?,
                (true, _) => b.transpose(call, y, &[1, 0, 2])?,
            });
        }
        Ok(outputs)
    }
}

pub(crate) fn lstm(b: &mut Builder, call: &Call) -> Many {
    /// Ours are input, forget, cell, output; the file has input, output, forget, cell.
    const ORDER: [usize; 4] = [0, 2, 3, 1];
    let layer = open(b, call, &["Sigmoid", "Tanh", "Tanh"])?;
    if call.optional(7).is_some() {
        return call.unsupported("leave out the peephole weights (input 7)");
    }
    if call.flag("input_forget")? {
        return call.refuse("input_forget", 1, "0 works");
    }
    let mut directions = Vec::new();
    for direction in 0..layer.directions {
        let w = layer.of_direction(b, call, call.input(1)?, direction)?;
        let w = layer.gates(b, call, w, &ORDER)?;
        let r = layer.of_direction(b, call, call.input(2)?, direction)?;
        let r = layer.gates(b, call, r, &ORDER)?;
        let [first, second] = layer.biases(b, call, direction, &ORDER)?;
        let bias = b.binary(call, BinaryKind::Add, first, second)?;
        let (h, c) = (layer.initial(b, call, 5, direction)?, layer.initial(b, call, 6, direction)?);
        let op = Op::Lstm { reverse: layer.is_reverse(call, direction)?, clip: 0.0 };
        directions.push(b.push_all(call, op, &[layer.x, w, r, bias, h, c])?);
    }
    layer.join(b, call, &directions)
}

pub(crate) fn gru(b: &mut Builder, call: &Call) -> Many {
    /// Update, reset, hidden, as ours.
    const ORDER: [usize; 3] = [0, 1, 2];
    let layer = open(b, call, &["Sigmoid", "Tanh"])?;
    let linear_before_reset = call.flag("linear_before_reset")?;
    let mut directions = Vec::new();
    for direction in 0..layer.directions {
        let w = layer.of_direction(b, call, call.input(1)?, direction)?;
        let r = layer.of_direction(b, call, call.input(2)?, direction)?;
        let [bias, recurrent_bias] = layer.biases(b, call, direction, &ORDER)?;
        let h = layer.initial(b, call, 5, direction)?;
        let op = Op::Gru { reverse: layer.is_reverse(call, direction)?, linear_before_reset };
        directions.push(b.push_all(call, op, &[layer.x, w, r, bias, recurrent_bias, h])?);
    }
    layer.join(b, call, &directions)
}
