//! In: models quantized by pairs of quantize and dequantize around real ops. Out: ops on quantized values where they give
//! what the real ones would to within one quantum; elsewhere the real op stays between its pairs.
//!
//! Ops that only move elements change places with the dequantization before them. Others are recognised at the
//! quantization after them.

use sanderling_ir::{Activation, BinaryKind, DType, Graph, Node, Op, PadMode, Quant, ReduceKind, ResizeMode, Rounding};
use sanderling_ir::{Tensor, TensorType, UnaryKind, ValueId, infer};

use super::rewrite::{Replacement, rewrite};
use super::tools::{name, per_tensor, producer, push, real_constant, replace, same_quant, uses};
use crate::CompileError;
use crate::quantize::support;

pub fn run(graph: &Graph) -> Result<Graph, CompileError> {
    let uses = uses(graph);
    rewrite(graph, |new, node, inputs| match &node.op {
        Op::Quantize { .. } => match quantized(graph, new, node, inputs[0], uses[node.inputs[0].0] == 1)? {
            Some(value) => Ok(Some(vec![value])),
            None => requantized(graph, new, node, inputs[0]),
        },
        op if moves_elements(op) => moved(graph, new, node, inputs),
        _ => Ok(None),
    })
}

/// Whether an op gives, for stored values, the stored values of what it gives for real ones.
fn moves_elements(op: &Op) -> bool {
    match op {
        Op::Reshape { .. } | Op::Transpose { .. } | Op::Slice { .. } | Op::Gather { .. } | Op::Broadcast { .. } => true,
        Op::Concat { .. } => true,
        Op::MaxPool2d { activation, .. } => matches!(activation, Activation::None | Activation::Relu),
        Op::Resize { mode, .. } => *mode != ResizeMode::Bilinear,
        Op::Pad { mode, .. } => matches!(mode, PadMode::Reflect | PadMode::Edge) || *mode == PadMode::Constant(0.0),
        Op::Unary { kind: UnaryKind::Clamp { min, max } } => (*min, *max) == (0.0, f32::INFINITY),
        _ => false,
    }
}

/// The value behind a dequantization, if it has one scale and 8 bits.
fn stored(new: &Graph, id: ValueId) -> Option<ValueId> {
    let node = producer(new, id).filter(|node| node.op == Op::Dequantize)?;
    is_8_bit(new.ty(node.inputs[0])).then_some(node.inputs[0])
}

fn is_8_bit(ty: &TensorType) -> bool {
    matches!(ty.dtype, DType::I8 | DType::U8) && per_tensor(ty).is_some()
}

/// `move(dequantize(q))` as `dequantize(move(q))`.
fn moved(graph: &Graph, new: &mut Graph, node: &Node, inputs: &[ValueId]) -> Replacement {
    let data = if matches!(node.op, Op::Concat { .. }) { inputs.len() } else { 1 };
    let Some(values) = inputs[..data].iter().map(|&id| stored(new, id)).collect::<Option<Vec<_>>>() else {
        return Ok(None);
    };
    let ty = new.ty(values[0]).clone();
    // Constants stay where the layers that pack them look for them.
    if values.iter().any(|&id| !same_quant(new.ty(id), &ty) || new.tensor(id).is_some()) {
        return Ok(None);
    }
    let operands = [&values, &inputs[data..]].concat();
    let moved = push(new, &format!("{}/stored", name(graph, node)), node.op.clone(), &operands, ty.quant)?;
    replace(new, graph, node, Op::Dequantize, &[moved])
}

/// `quantize(dequantize(q))` as a change of quantization, or nothing.
fn requantized(graph: &Graph, new: &mut Graph, node: &Node, x: ValueId) -> Replacement {
    let Some(q) = stored(new, x) else { return Ok(None) };
    if new.ty(q) == graph.ty(node.outputs[0]) && !graph.outputs.contains(&node.outputs[0]) {
        return Ok(Some(vec![q]));
    }
    match is_8_bit(graph.ty(node.outputs[0])) {
        true => replace(new, graph, node, node.op.clone(), &[q]),
        false => Ok(None),
    }
}

/// The quantized form of the op that gives `x`, in the quantization of `node`.
fn quantized(
    graph: &Graph,
    new: &mut Graph,
    node: &Node,
    x: ValueId,
    single: bool,
) -> Result<Option<ValueId>, CompileError> {
    let out = graph.ty(node.outputs[0]);
    let Some(layer) = producer(new, x).filter(|_| single && is_8_bit(out)).cloned() else { return Ok(None) };
    let mut site = Site { new, name: name(graph, node), out };
    match &layer.op {
        Op::Conv2d { .. } | Op::ConvTranspose2d { .. } | Op::FullyConnected { .. } => site.layer(&layer),
        Op::MatMul => site.free(&layer.op, &layer.inputs),
        Op::Binary { kind: BinaryKind::Add | BinaryKind::Sub | BinaryKind::Mul, .. } => {
            site.free(&layer.op, &layer.inputs)
        }
        Op::Unary { kind } if support::unary(*kind).is_ok() => site.free(&layer.op, &layer.inputs),
        Op::Reduce { kind: ReduceKind::Mean | ReduceKind::Sum | ReduceKind::Max | ReduceKind::Min, .. } => {
            site.free(&layer.op, &layer.inputs)
        }
        Op::AvgPool2d { .. } | Op::Resize { .. } => site.shared(&layer.op, &layer.inputs),
        Op::Softmax { .. } => site.softmax(&layer),
        Op::Concat { .. } => site.concat(&layer),
        _ => Ok(None),
    }
}

/// A layer as ONNX Runtime computes it on stored values; fully connected ones round so already.
fn rounded_once(op: &Op) -> Op {
    let mut op = op.clone();
    if let Op::Conv2d { rounding, .. } | Op::ConvTranspose2d { rounding, .. } = &mut op {
        *rounding = Rounding::Once;
    }
    op
}

/// A quantization and the graph that the quantized form of the op before it goes into.
struct Site<'a> {
    new: &'a mut Graph,
    name: &'a str,
    out: &'a TensorType,
}

impl Site<'_> {
    fn scale_zero(&self) -> (f32, i32) {
        per_tensor(self.out).unwrap_or((1.0, 0))
    }

    /// The op on the stored values of its inputs, in any quantization of its output.
    fn free(&mut self, op: &Op, inputs: &[ValueId]) -> Result<Option<ValueId>, CompileError> {
        let Some(values) = inputs.iter().map(|&id| stored(self.new, id)).collect::<Option<Vec<_>>>() else {
            return Ok(None);
        };
        let dtype = self.new.ty(values[0]).dtype;
        if values.iter().any(|&id| self.new.ty(id).dtype != dtype) {
            return Ok(None);
        }
        self.emit(op, &values).map(Some)
    }

    /// An op that keeps the quantization of its input; a change of it follows, where that loses little.
    fn shared(&mut self, op: &Op, inputs: &[ValueId]) -> Result<Option<ValueId>, CompileError> {
        let Some(x) = stored(self.new, inputs[0]) else { return Ok(None) };
        let ty = self.new.ty(x).clone();
        if same_quant(&ty, self.out) {
            return Ok(Some(push(self.new, self.name, op.clone(), &[x], ty.quant)?));
        }
        let (scale_in, scale_out) = (per_tensor(&ty).map_or(1.0, |p| p.0), self.scale_zero().0);
        if scale_in > scale_out {
            return Ok(None);
        }
        let y = push(self.new, &format!("{}/before", self.name), op.clone(), &[x], ty.quant)?;
        self.change(y).map(Some)
    }

    /// A softmax has one quantization of its own.
    fn softmax(&mut self, layer: &Node) -> Result<Option<ValueId>, CompileError> {
        let Some(x) = stored(self.new, layer.inputs[0]) else { return Ok(None) };
        let zero = if self.new.ty(x).dtype == DType::U8 { 0 } else { -128 };
        let own = Quant::per_tensor(1.0 / 256.0, zero);
        if self.new.ty(x).dtype == self.out.dtype && self.out.quant.as_ref() == Some(&own) {
            return Ok(Some(push(self.new, self.name, layer.op.clone(), &[x], Some(own))?));
        }
        let y = push(self.new, &format!("{}/before", self.name), layer.op.clone(), &[x], Some(own))?;
        self.change(y).map(Some)
    }

    /// The inputs change to the output's quantization first.
    fn concat(&mut self, layer: &Node) -> Result<Option<ValueId>, CompileError> {
        let Some(mut values) = layer.inputs.iter().map(|&id| stored(self.new, id)).collect::<Option<Vec<_>>>() else {
            return Ok(None);
        };
        for (i, id) in values.iter_mut().enumerate() {
            if !same_quant(self.new.ty(*id), self.out) {
                let op = Op::Quantize { dtype: self.out.dtype };
                *id = push(self.new, &format!("{}/part{i}", self.name), op, &[*id], self.out.quant.clone())?;
            }
        }
        Ok(Some(push(self.new, self.name, layer.op.clone(), &values, self.out.quant.clone())?))
    }

    /// Weights and bias as integers: the bias at the product of the scales.
    fn layer(&mut self, layer: &Node) -> Result<Option<ValueId>, CompileError> {
        let Some(x) = stored(self.new, layer.inputs[0]) else { return Ok(None) };
        let Some(dequantize) = producer(self.new, layer.inputs[1]).filter(|node| node.op == Op::Dequantize) else {
            return Ok(None);
        };
        let w = dequantize.inputs[0];
        let tw = self.new.ty(w).clone();
        let Some(quant) = tw.quant.filter(|q| q.scales.len() == 1 || q.axis == 0) else { return Ok(None) };
        let is_constant = self.new.tensor(w).is_some() && matches!(tw.dtype, DType::I8 | DType::U8);
        let Some(bias) = real_constant(self.new, layer.inputs[2]).filter(|_| is_constant) else { return Ok(None) };
        let scale_x = per_tensor(self.new.ty(x)).map_or(1.0, |p| f64::from(p.0));
        let integer = |(o, b): (usize, &f32)| {
            (f64::from(*b) / (scale_x * f64::from(quant.scales[o % quant.scales.len()]))).round() as i32
        };
        let bias: Vec<i32> = bias.iter().enumerate().map(integer).collect();
        let ty = TensorType::new(DType::I32, &[bias.len()]);
        let bias = self.new.constant(&format!("{}/bias", self.name), Tensor::from_i32(ty, &bias));
        self.emit(&rounded_once(&layer.op), &[x, w, bias]).map(Some)
    }

    /// The op in the output's quantization; where its dtype is the other of the two, that changes afterwards.
    fn emit(&mut self, op: &Op, inputs: &[ValueId]) -> Result<ValueId, CompileError> {
        let types: Vec<&TensorType> = inputs.iter().map(|&id| self.new.ty(id)).collect();
        let dtype = infer(op, &types).map_err(CompileError::Rewrite)?[0].dtype;
        let (scale, zero) = self.scale_zero();
        if dtype == self.out.dtype {
            return push(self.new, self.name, op.clone(), inputs, self.out.quant.clone());
        }
        let zero = if dtype == DType::U8 { zero + 128 } else { zero - 128 };
        let quant = Some(Quant::per_tensor(scale, zero));
        let y = push(self.new, &format!("{}/before", self.name), op.clone(), inputs, quant)?;
        self.change(y)
    }

    /// From one quantization to the output's.
    fn change(&mut self, y: ValueId) -> Result<ValueId, CompileError> {
        push(self.new, self.name, Op::Quantize { dtype: self.out.dtype }, &[y], self.out.quant.clone())
    }
}
