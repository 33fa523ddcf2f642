//! UNIDIRECTIONAL_SEQUENCE_LSTM, in float and on quantized values.

use sanderling_ir::{DType, Op, Quant, Tensor, TensorType, ValueId};

use super::lower::{Lower, Result};
use super::model::same_quant;

impl Lower<'_> {
    pub(super) fn lstm(&mut self) -> Result<()> {
        self.lstm_variant()?;
        let x = self.x(0)?;
        let is_quantized = match self.ty(x).dtype {
            DType::F32 => false,
            DType::I8 if self.ty(x).quant.is_some() => true,
            _ => return Err(self.bad(format!("takes f32 or quantized int8 values, not {}", self.ty(x)))),
        };
        let (clip, time_major) = (self.float(1, 0.0)?, self.flag(3)?);
        if !(clip >= 0.0 && clip.is_finite()) {
            return Err(self.attribute("cell_clip", clip, "0 (none) and positive numbers are"));
        }
        let &[a, b, i] = &self.ty(x).shape[..] else {
            return Err(self.bad(format!("{} should have 3 dimensions", self.ty(x))));
        };
        let (steps, batch) = if time_major { (a, b) } else { (b, a) };
        let (weights, biases) = if is_quantized { (DType::I8, DType::I32) } else { (DType::F32, DType::F32) };
        let w = self.gates([1, 2, 3, 4], weights, "w")?;
        let r = self.gates([5, 6, 7, 8], weights, "r")?;
        let bias = self.gates([12, 13, 14, 15], biases, "bias")?;
        let (h, c) = (self.lstm_state(18)?, self.lstm_state(19)?);
        let quant = if is_quantized { self.lstm_quantization(h, c)? } else { None };
        let x = self.time_major(x, time_major, [steps, batch, i])?;
        let name = format!("{}/cell", self.output(0)?.name);
        let values = self.push_all(&name, Op::Lstm { reverse: false, clip }, &[x, w, r, bias, h, c])?;
        let [y, h_next, c_next] = values[..] else { return Err(self.bad("has not three outputs".into())) };
        for (next, like) in [(y, h), (h_next, h), (c_next, c)] {
            self.g.values[next.0].ty.quant = self.ty(like).quant.clone();
        }
        self.follow(h, h_next);
        self.follow(c, c_next);
        let units = self.ty(y).shape[2];
        let op = match time_major || batch == 1 {
            true if time_major => Op::Reshape { shape: vec![steps, batch, units] },
            true => Op::Reshape { shape: vec![batch, steps, units] },
            false => Op::Transpose { perm: vec![1, 0, 2] },
        };
        let name = self.output(0)?.name.clone();
        let y = self.push(&name, op, &[y], quant)?;
        self.bind(0, y)
    }

    /// The quantization of the outputs: LiteRT has parameters of its own for the state, the outputs and what lies between,
    /// which agree where no projection does.
    fn lstm_quantization(&self, h: ValueId, c: ValueId) -> Result<Option<Quant>> {
        let (state, cell) = (self.ty(h), self.ty(c));
        if (state.dtype, cell.dtype) != (DType::I8, DType::I16) {
            return Err(self.bad(format!("its states should be int8 and int16, not {state} and {cell}")));
        }
        let quant = state.quant.clone();
        for (what, found) in [("output", &self.output(0)?.quant), ("hidden", &self.intermediate(4)?.quant)] {
            if quant.is_none() || !same_quant(found, &quant) {
                return Err(self.bad(format!("its {what} should have the quantization of its state")));
            }
        }
        Ok(quant)
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

    /// Constants of the input, forget, cell and output gate, one after another, with a scale for each row.
    fn gates(&mut self, inputs: [usize; 4], dtype: DType, step: &str) -> Result<ValueId> {
        let (mut data, mut scales) = (Vec::new(), Vec::new());
        let mut first: Option<TensorType> = None;
        for k in inputs {
            let value = self.x(k)?;
            let Some(tensor) = self.g.tensor(value).filter(|t| t.ty.dtype == dtype && !t.ty.shape.is_empty()) else {
                return Err(self.bad(format!("input {k} should be a constant of {dtype}")));
            };
            let ty = TensorType { quant: None, ..tensor.ty.clone() };
            if dtype == DType::I8 {
                match &tensor.ty.quant {
                    Some(q) if q.scales.len() == 1 && q.zero_points == [0] => {
                        scales.extend(std::iter::repeat_n(q.scales[0], ty.shape[0]));
                    }
                    _ => return Err(self.bad(format!("input {k} should have one scale and no zero point"))),
                }
            }
            let first = first.get_or_insert_with(|| ty.clone());
            if *first != ty {
                return Err(self.bad(format!("gates differ: {first} and {ty}")));
            }
            self.model.buffer.charge(tensor.data.len(), "gates")?;
            data.extend_from_slice(&tensor.data);
        }
        let mut ty = first.ok_or_else(|| self.bad("has no gates".into()))?;
        ty.shape[0] *= 4;
        ty.quant = (!scales.is_empty()).then(|| Quant { zero_points: vec![0; scales.len()], scales, axis: 0 });
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
        let quant = self.ty(x).quant.clone();
        match (already, n) {
            (true, _) => Ok(x),
            (false, 1) => self.step("steps", Op::Reshape { shape: vec![t, n, i] }, &[x], quant),
            (false, _) => self.step("steps", Op::Transpose { perm: vec![1, 0, 2] }, &[x], quant),
        }
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
