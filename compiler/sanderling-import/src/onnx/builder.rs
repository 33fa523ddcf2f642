//! The graph on its way: nodes go in through here, where constant ones are evaluated and sizes are checked.

use std::collections::HashMap;

use sanderling_ir::{
    BinaryKind, DType, Graph, InferError, Op, Quant, Source, Tensor, TensorType, UnaryKind, ValueId, infer,
};
use tract_onnx::pb::TensorProto;

use super::call::{Call, Many, One};
use super::texts::Texts;
use super::{tensor, types};
use crate::ImportError;

/// Constants that are computed here, and the work to compute them, stay below this many elements.
const BUDGET: usize = 1 << 24;
/// Results up to this size are folded however small their inputs are.
const SMALL: usize = 1 << 16;

/// What a name of the file stands for.
#[derive(Clone, Copy)]
pub(super) enum Binding<'a> {
    Value(ValueId),
    /// A constant that nobody has read so far.
    Initializer(&'a TensorProto),
}

pub(super) struct Builder<'a> {
    pub graph: Graph,
    /// Names of the graph and of the branches inside of it, innermost last.
    pub scopes: Vec<HashMap<&'a str, Binding<'a>>>,
    pub texts: Texts,
    budget: usize,
}

impl<'a> Builder<'a> {
    pub(super) fn new(graph: Graph, file_bytes: usize) -> Self {
        Builder {
            graph,
            scopes: Vec::new(),
            texts: Texts::default(),
            budget: BUDGET.saturating_add(file_bytes.saturating_mul(4)),
        }
    }

    pub(super) fn ty(&self, id: ValueId) -> &TensorType {
        self.graph.ty(id)
    }

    pub(super) fn shape(&self, id: ValueId) -> Vec<usize> {
        self.graph.ty(id).shape.clone()
    }

    pub(super) fn rank(&self, id: ValueId) -> usize {
        self.graph.ty(id).shape.len()
    }

    pub(super) fn is_constant(&self, id: ValueId) -> bool {
        self.graph.tensor(id).is_some()
    }

    /// The node that gives a value, and the node's inputs.
    pub(super) fn producer(&self, id: ValueId) -> Option<(&Op, &[ValueId])> {
        match self.graph.values[id.0].source {
            Source::Node(i) => self.graph.nodes.get(i).map(|node| (&node.op, node.inputs.as_slice())),
            _ => None,
        }
    }

    /// Books the work for a constant of so many elements: a small hostile file must not ask for gigabytes.
    pub(super) fn charge(&mut self, elements: usize) -> Result<(), ImportError> {
        self.budget = self
            .budget
            .checked_sub(elements)
            .ok_or(ImportError::TooMuchWork { what: "constants that follow from the shapes" })?;
        Ok(())
    }

    pub(super) fn constant(&mut self, call: &Call, tensor: Tensor) -> ValueId {
        let name = self.temporary(call);
        self.graph.constant(&name, tensor)
    }

    pub(super) fn floats(&mut self, call: &Call, shape: &[usize], values: &[f32]) -> ValueId {
        self.constant(call, Tensor::from_f32(TensorType::new(DType::F32, shape), values))
    }

    pub(super) fn integers(&mut self, call: &Call, shape: &[usize], values: &[i64]) -> ValueId {
        self.constant(call, Tensor::from_i64(TensorType::new(DType::I64, shape), values))
    }

    /// A constant of the element type of `like`, the same everywhere.
    pub(super) fn filled(&mut self, call: &Call, like: ValueId, shape: &[usize], value: f64) -> One {
        let count = tensor::elements(shape).unwrap_or(usize::MAX);
        self.charge(count)?;
        let dtype = self.ty(like).dtype;
        if matches!(dtype, DType::I64 | DType::I32) {
            let value = self.integers(call, shape, &vec![value as i64; count]);
            return self.cast(call, value, dtype);
        }
        let value = self.floats(call, shape, &vec![value as f32; count]);
        self.cast(call, value, dtype)
    }

    pub(super) fn scalar(&mut self, call: &Call, like: ValueId, value: f64) -> One {
        self.filled(call, like, &[], value)
    }

    /// The integers that a value is known to have.
    pub(super) fn known_ints(&self, call: &Call, id: ValueId, what: &str) -> Result<Vec<i64>, ImportError> {
        match self.graph.tensor(id) {
            Some(t) if t.ty.dtype == DType::I64 => Ok(t.as_i64()),
            Some(t) if t.ty.dtype == DType::I32 => Ok(t.as_i32().into_iter().map(i64::from).collect()),
            Some(t) => call.fail(format!("{what} should be integers, found {}", t.ty)),
            None => call.fail(format!(
                "{what} depends on the values of \"{}\", but must be known before the model runs; \
                 fix the shapes of the inputs with --shape, or simplify the model",
                self.graph.values[id.0].name
            )),
        }
    }

    /// The real numbers that a value is known to have.
    pub(super) fn known_floats(&mut self, call: &Call, id: ValueId, what: &str) -> Result<Vec<f32>, ImportError> {
        match self.maybe_floats(call, id)? {
            Some(values) => Ok(values),
            None => call.fail(format!(
                "{what} comes from \"{}\", but must be a constant of real numbers",
                self.graph.values[id.0].name
            )),
        }
    }

    pub(super) fn maybe_floats(&mut self, call: &Call, id: ValueId) -> Result<Option<Vec<f32>>, ImportError> {
        if !self.is_constant(id) || self.ty(id).quant.is_some() {
            return Ok(None);
        }
        let real = self.cast(call, id, DType::F32)?;
        Ok(self.graph.tensor(real).map(Tensor::as_f32))
    }

    /// The one real number that a constant holds, whatever its shape.
    pub(super) fn maybe_scalar(&mut self, call: &Call, id: ValueId) -> Result<Option<f32>, ImportError> {
        if self.ty(id).elements() != 1 {
            return Ok(None);
        }
        Ok(self.maybe_floats(call, id)?.and_then(|values| values.first().copied()))
    }

    fn temporary(&self, call: &Call) -> String {
        // The number of values makes it unique.
        format!("{}.{}", call.site.name, self.graph.values.len())
    }

    /// Adds a node with one output.
    pub(super) fn push(&mut self, call: &Call, op: Op, inputs: &[ValueId]) -> One {
        let quant = types::carried(&op, &inputs.iter().map(|&id| self.ty(id)).collect::<Vec<_>>());
        let quant = quant.or_else(|why| call.fail(why))?;
        self.push_quantized(call, op, inputs, quant)
    }

    /// Adds a node whose output has this quantization.
    pub(super) fn push_quantized(&mut self, call: &Call, op: Op, inputs: &[ValueId], quant: Option<Quant>) -> One {
        let mut types = self.infer(call, &op, inputs)?;
        if let Some(first) = types.first_mut() {
            first.quant = quant;
        }
        match self.push_typed(call, op, inputs, types)?.first() {
            Some(&id) => Ok(id),
            None => call.fail("it has no outputs"),
        }
    }

    /// Adds a node and returns all its outputs.
    pub(super) fn push_all(&mut self, call: &Call, op: Op, inputs: &[ValueId]) -> Many {
        let types = self.infer(call, &op, inputs)?;
        self.push_typed(call, op, inputs, types)
    }

    fn infer(&self, call: &Call, op: &Op, inputs: &[ValueId]) -> Result<Vec<TensorType>, ImportError> {
        let inputs: Vec<&TensorType> = inputs.iter().map(|&id| self.ty(id)).collect();
        let types = infer(op, &inputs).map_err(|e| call.infer_error(e))?;
        match types.iter().find(|ty| tensor::elements(&ty.shape).is_none()) {
            Some(ty) => call.fail(format!("its output {ty} is too large")),
            None => Ok(types),
        }
    }

    fn push_typed(&mut self, call: &Call, op: Op, inputs: &[ValueId], types: Vec<TensorType>) -> Many {
        if let Some(tensors) = self.fold(&op, inputs, &types) {
            return Ok(tensors.into_iter().map(|t| self.constant(call, t)).collect());
        }
        let name = self.temporary(call);
        let outputs = self.graph.push_all(&name, op, inputs).map_err(|e: InferError| call.infer_error(e))?;
        for (&id, ty) in outputs.iter().zip(types) {
            self.graph.values[id.0].ty = ty;
        }
        Ok(outputs)
    }

    /// The outputs of a node whose inputs are all constants, unless they would be larger than the node is worth.
    fn fold(&mut self, op: &Op, inputs: &[ValueId], types: &[TensorType]) -> Option<Vec<Tensor>> {
        // Quantized weights are kept as they are: their real values are four times as large.
        if matches!(op, Op::Dequantize) {
            return None;
        }
        let tensors: Vec<&Tensor> = inputs.iter().map(|&id| self.graph.tensor(id)).collect::<Option<_>>()?;
        let read: usize = tensors.iter().map(|t| t.ty.bytes()).sum();
        let written: usize = types.iter().map(TensorType::bytes).sum();
        let work = types::work(op, &tensors.iter().map(|t| &t.ty).collect::<Vec<_>>(), types);
        if written > SMALL.max(read.saturating_mul(4)) || work > self.budget {
            return None;
        }
        let result = sanderling_oracle::evaluate(op, &tensors, types).ok()?;
        self.budget -= work;
        Some(result)
    }

    pub(super) fn unary(&mut self, call: &Call, kind: UnaryKind, x: ValueId) -> One {
        self.push(call, Op::Unary { kind }, &[x])
    }

    pub(super) fn binary(&mut self, call: &Call, kind: BinaryKind, a: ValueId, b: ValueId) -> One {
        self.push(call, Op::Binary { kind, activation: Default::default() }, &[a, b])
    }

    pub(super) fn cast(&mut self, call: &Call, x: ValueId, dtype: DType) -> One {
        match self.ty(x).dtype == dtype {
            true => Ok(x),
            false => self.push(call, Op::Cast { dtype }, &[x]),
        }
    }

    /// Another shape; a chain of them is one.
    pub(super) fn reshape(&mut self, call: &Call, x: ValueId, shape: &[usize]) -> One {
        if self.ty(x).shape == shape {
            return Ok(x);
        }
        let from = match self.producer(x) {
            Some((Op::Reshape { .. }, &[from])) if self.ty(from).quant == self.ty(x).quant => from,
            _ => x,
        };
        match self.ty(from).shape == shape {
            true => Ok(from),
            false => self.push(call, Op::Reshape { shape: shape.to_vec() }, &[from]),
        }
    }

    /// Another order of the axes; a chain of them is one, and none where the last undoes the first.
    pub(super) fn transpose(&mut self, call: &Call, x: ValueId, perm: &[usize]) -> One {
        let (from, perm) = match self.producer(x) {
            Some((Op::Transpose { perm: first }, &[from])) if first.len() == perm.len() => {
                (from, perm.iter().filter_map(|&p| first.get(p).copied()).collect())
            }
            _ => (x, perm.to_vec()),
        };
        match perm.iter().copied().eq(0..self.rank(from)) {
            true => Ok(from),
            false => self.push(call, Op::Transpose { perm }, &[from]),
        }
    }

    /// `[N, C, ...]` to `[N, ..., C]`, the order in which convolutions and pools compute.
    pub(super) fn channels_last(&mut self, call: &Call, x: ValueId) -> One {
        let rank = self.rank(x);
        let perm: Vec<usize> = [0].into_iter().chain(2..rank).chain([1]).collect();
        self.transpose(call, x, &perm)
    }

    /// `[N, ..., C]` to `[N, C, ...]`, the order of the file.
    pub(super) fn channels_first(&mut self, call: &Call, x: ValueId) -> One {
        let rank = self.rank(x);
        let perm: Vec<usize> = [0, rank - 1].into_iter().chain(1..rank - 1).collect();
        self.transpose(call, x, &perm)
    }

    /// `start..start + size` along one axis.
    pub(super) fn part(&mut self, call: &Call, x: ValueId, axis: usize, first: usize, length: usize) -> One {
        let mut size = self.shape(x);
        let (mut start, step) = (vec![0; size.len()], vec![1; size.len()]);
        if axis >= size.len() || size[axis] == length {
            return Ok(x);
        }
        (start[axis], size[axis]) = (first, length);
        self.push(call, Op::Slice { start, step, size }, &[x])
    }

    pub(super) fn concat(&mut self, call: &Call, parts: &[ValueId], axis: usize) -> One {
        match parts {
            [only] => Ok(*only),
            parts => self.push(call, Op::Concat { axis }, parts),
        }
    }

    /// Applies `change` to weights. Quantized ones change before they become real, so that they stay constants.
    pub(super) fn weights(&mut self, call: &Call, w: ValueId, change: impl FnOnce(&mut Self, ValueId) -> One) -> One {
        let stored = match self.producer(w) {
            Some((Op::Dequantize, &[stored])) if self.is_constant(stored) => stored,
            _ => return change(self, w),
        };
        let changed = change(self, stored)?;
        self.push(call, Op::Dequantize, &[changed])
    }

    /// Whether a value is a constant, quantized or not.
    pub(super) fn is_weight(&self, w: ValueId) -> bool {
        match self.producer(w) {
            Some((Op::Dequantize, &[stored])) => self.is_constant(stored),
            _ => self.is_constant(w),
        }
    }
}
