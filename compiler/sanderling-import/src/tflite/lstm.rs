//! UNIDIRECTIONAL_SEQUENCE_LSTM in float.

use sanderling_ir::{DType, Op, Tensor, TensorType, UnaryKind, ValueId};

use super::lower::{Lower, Result};

/// From here on, tanh is 1 in single precision.
const TANH_IS_ONE: f32 = 9.02;

/// Most steps that are unrolled.
const MOST_STEPS: usize = 1024;

/// The operands of the graph's op.
struct Cell {
    w: ValueId,
    r: ValueId,
    bias: ValueId,
    h: ValueId,
    c: ValueId,
    clip: f32,
}

impl Lower<'_> {
    pub(super) fn lstm(&mut self) -> Result<()> {
        self.lstm_variant()?;
        let x = self.x(0)?;
        if self.ty(x).dtype != DType::F32 {
            return Err(self.unsupported("the quantized form is not yet; use the float model"));
        }
        let clip = self.float(1, 0.0)?;
        let time_major = self.flag(3)?;
        let &[a, b, i] = &self.ty(x).shape[..] else {
            return Err(self.bad(format!("{} should have 3 dimensions", self.ty(x))));
        };
        let (steps, batch) = if time_major { (a, b) } else { (b, a) };
        let (w, r, bias) =
            (self.gates([1, 2, 3, 4], "w")?, self.gates([5, 6, 7, 8], "r")?, self.gates([12, 13, 14, 15], "bias")?);
        let (h, c) = (self.lstm_state(18)?, self.lstm_state(19)?);
        let cell = Cell { w, r, bias, h, c, clip };
        let x = self.time_major(x, time_major, [steps, batch, i])?;
        let [y, h_next, c_next] = self.cells(x, &cell, [steps, batch, i])?;
        self.follow(cell.h, h_next);
        self.follow(cell.c, c_next);
        let units = self.ty(y).shape[2];
        match time_major || batch == 1 {
            true => self.emit(
                Op::Reshape { shape: if time_major { vec![steps, batch, units] } else { vec![batch, steps, units] } },
                &[y],
            ),
            false => self.emit(Op::Transpose { perm: vec![1, 0, 2] }, &[y]),
        }
    }

    /// Refuses what the graph's op does not have.
    fn lstm_variant(&mut self) -> Result<()> {
        let activation = self.byte(0)?;
        if activation != 4 {
            return Err(self.attribute("fused_activation_function", activation, "TANH (4) is"));
        }
        let clip = self.float(2, 0.0)?;
        if clip != 0.0 {
            return Err(self.attribute("proj_clip", clip, "export the layer without projection"));
        }
        if self.flag(5)? {
            return Err(self.attribute("diagonal_recurrent_tensors", true, "export full recurrent weights"));
        }
        if !self.has(1) || !self.has(5) || !self.has(12) {
            return Err(self.attribute("input gate", "coupled to the forget gate", "export four separate gates"));
        }
        for (inputs, what) in [(9..12, "peephole"), (16..18, "projection"), (20..24, "layer normalization")] {
            if inputs.into_iter().any(|k| self.has(k)) {
                return Err(self.attribute(what, "present", "export the layer without it"));
            }
        }
        Ok(())
    }

    /// Constants of the input, forget, cell and output gate, one after another.
    fn gates(&mut self, inputs: [usize; 4], step: &str) -> Result<ValueId> {
        let mut data = Vec::new();
        let mut first: Option<TensorType> = None;
        for k in inputs {
            let value = self.x(k)?;
            let Some(tensor) = self.g.tensor(value).filter(|t| t.ty.dtype == DType::F32 && !t.ty.shape.is_empty())
            else {
                return Err(self.bad(format!("input {k} should be an f32 constant; hybrid weights are not supported")));
            };
            let ty = first.get_or_insert_with(|| tensor.ty.clone());
            if *ty != tensor.ty {
                return Err(self.bad(format!("gates differ: {ty} and {}", tensor.ty)));
            }
            self.model.buffer.charge(tensor.data.len(), "gates")?;
            data.extend_from_slice(&tensor.data);
        }
        let mut ty = first.ok_or_else(|| self.bad("has no gates".into()))?;
        ty.shape[0] *= 4;
        self.own_constant(step, Tensor { ty, data })
    }

    /// The variable that the `k`-th input is.
    fn lstm_state(&mut self, k: usize) -> Result<ValueId> {
        let tensor = self.tensor(k)?;
        if !self.info(tensor).is_variable {
            return Err(self.info(tensor).bad("the state of an LSTM should be a variable".into()));
        }
        self.state(tensor)
    }

    /// `x[N,T,I]` as `[T,N,I]`.
    fn time_major(&mut self, x: ValueId, already: bool, [t, n, i]: [usize; 3]) -> Result<ValueId> {
        match (already, n) {
            (true, _) => Ok(x),
            (false, 1) => self.step("steps", Op::Reshape { shape: vec![t, n, i] }, &[x], None),
            (false, _) => self.step("steps", Op::Transpose { perm: vec![1, 0, 2] }, &[x], None),
        }
    }

    /// All steps: outputs and the states after the last.
    ///
    /// The graph's op has no clip, so a clipped cell is unrolled and clamped after each step. The output of
    /// that step has been made of the cell before the clamp, which its tanh does not notice.
    fn cells(&mut self, x: ValueId, cell: &Cell, [t, n, i]: [usize; 3]) -> Result<[ValueId; 3]> {
        if cell.clip == 0.0 {
            return self.lstm_node("cell", x, cell, cell.h, cell.c);
        }
        if !(cell.clip >= TANH_IS_ONE && t <= MOST_STEPS) {
            let hint = format!("0 (none) is, and from {TANH_IS_ONE} on for up to {MOST_STEPS} steps");
            return Err(self.attribute("cell_clip", cell.clip, &hint));
        }
        let (mut h, mut c, mut outputs) = (cell.h, cell.c, Vec::new());
        for step in 0..t {
            let slice = Op::Slice { start: vec![step, 0, 0], step: vec![1; 3], size: vec![1, n, i] };
            let xt = self.step(&format!("x{step}"), slice, &[x], None)?;
            let [y, h_next, unclipped] = self.lstm_node(&format!("cell{step}"), xt, cell, h, c)?;
            let kind = UnaryKind::Clamp { min: -cell.clip, max: cell.clip };
            c = self.step(&format!("clip{step}"), Op::Unary { kind }, &[unclipped], None)?;
            h = h_next;
            outputs.push(y);
        }
        let y = self.step("outputs", Op::Concat { axis: 0 }, &outputs, None)?;
        Ok([y, h, c])
    }

    fn lstm_node(&mut self, step: &str, x: ValueId, cell: &Cell, h: ValueId, c: ValueId) -> Result<[ValueId; 3]> {
        let name = format!("{}/{step}", self.output(0)?.name);
        let values = self.push_all(&name, Op::Lstm { reverse: false }, &[x, cell.w, cell.r, cell.bias, h, c])?;
        values.try_into().map_err(|_| self.bad("has not three outputs".into()))
    }

    /// Makes `next` what the state is in the next call.
    fn follow(&mut self, state: ValueId, next: ValueId) {
        for s in &mut self.g.states {
            if s.input == state {
                s.next = next;
            }
        }
    }
}
