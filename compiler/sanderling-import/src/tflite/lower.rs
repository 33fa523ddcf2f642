//! One subgraph on its way into a graph: which value each tensor has become, and helpers that every op uses.

use std::sync::Arc;

use sanderling_ir::{Activation, DType, Graph, Op, Quant, Source, Tensor, TensorType, Value, ValueId, infer};

use super::fold;
use super::model::{Layout, MOST_ELEMENTS, Model, TensorInfo, count, same_quant};
use super::schema::field;
use crate::flatbuffer::Table;
use crate::{ImportError, ImportOptions, Site};

pub(super) type Result<T> = std::result::Result<T, ImportError>;

/// What a tensor of the file has become.
#[derive(Clone, Copy)]
enum Slot {
    /// Nothing yet: a constant that no op has read, or a value that no op has written.
    Unset,
    Value(ValueId),
    /// The float form of an f16 constant, the tensor with this index, made when an op reads it.
    Widened(usize),
}

/// The operator being lowered.
struct Node<'a> {
    index: usize,
    op: &'a str,
    inputs: Vec<i32>,
    outputs: Vec<i32>,
    intermediates: Vec<i32>,
    options: Option<Table<'a>>,
}

/// Builds the graph of one subgraph.
pub(super) struct Lower<'a> {
    pub(super) model: &'a Model<'a>,
    pub(super) g: Graph,
    tensors: Vec<TensorInfo>,
    slots: Vec<Slot>,
    node: Node<'a>,
}

impl<'a> Lower<'a> {
    /// The graph of a subgraph.
    pub(super) fn function(
        model: &'a Model<'a>,
        subgraph: &Table<'a>,
        name: &str,
        options: &ImportOptions,
    ) -> Result<Graph> {
        let tables = subgraph.tables(field::GRAPH_TENSORS, "the tensors")?;
        let tensors = tables.iter().enumerate().map(|(i, t)| TensorInfo::read(t, i)).collect::<Result<Vec<_>>>()?;
        let node = Node {
            index: 0,
            op: "",
            inputs: Vec::new(),
            outputs: Vec::new(),
            intermediates: Vec::new(),
            options: None,
        };
        let slots = vec![Slot::Unset; tensors.len()];
        let mut lower = Lower { model, g: Graph::new(name), tensors, slots, node };
        for input in subgraph.i32s(field::GRAPH_INPUTS, "the inputs")? {
            lower.graph_input(input, options)?;
        }
        for (index, table) in subgraph.tables(field::GRAPH_OPERATORS, "the operators")?.iter().enumerate() {
            lower.operator(index, table)?;
        }
        for output in subgraph.i32s(field::GRAPH_OUTPUTS, "the outputs")? {
            let value = lower.index(output).and_then(|i| lower.value(i))?;
            lower.g.outputs.push(value);
        }
        Ok(lower.g)
    }

    fn graph_input(&mut self, input: i32, options: &ImportOptions) -> Result<()> {
        let i = self.index(input)?;
        let info = &mut self.tensors[i];
        if let Some(shape) = options.shapes.get(&info.name) {
            info.shape = info.chosen(shape)?;
        }
        if let Some(at) = info.shape.iter().position(|&d| d < 1) {
            let hint = format!("dimension {at} of {:?} is open; give a shape for this input", info.shape);
            return Err(ImportError::DynamicShape { tensor: info.name.clone(), hint });
        }
        let ty = TensorType { quant: info.quant.clone(), ..info.ty()? };
        if !matches!(self.slots[i], Slot::Unset) {
            return Err(info.bad("is an input twice".into()));
        }
        self.slots[i] = Slot::Value(self.g.input(&info.name, ty));
        Ok(())
    }

    fn operator(&mut self, index: usize, table: &Table<'a>) -> Result<()> {
        let code = table.u32(field::OP_CODE_INDEX)?;
        let Some(op) = self.model.ops.get(code as usize) else {
            let what = format!("operator {index} has code {code}, which does not exist");
            return Err(ImportError::Malformed { what, offset: 0 });
        };
        self.node = Node {
            index,
            op,
            inputs: table.i32s(field::OP_INPUTS, "an operator's inputs")?,
            outputs: table.i32s(field::OP_OUTPUTS, "an operator's outputs")?,
            intermediates: table.i32s(field::OP_INTERMEDIATES, "an operator's intermediates")?,
            options: table.table(field::OP_OPTIONS)?,
        };
        self.lower()
    }

    fn index(&self, tensor: i32) -> Result<usize> {
        let exists = usize::try_from(tensor).ok().filter(|&i| i < self.tensors.len());
        exists.ok_or_else(|| self.bad(format!("tensor {tensor} does not exist")))
    }

    // Errors.

    pub(super) fn site(&self) -> Box<Site> {
        let first = self.node.outputs.first().and_then(|&i| self.tensors.get(usize::try_from(i).ok()?));
        let name = first.map(|t| t.name.clone()).unwrap_or_default();
        Box::new(Site { node: self.node.index, name, op: self.node.op.to_string() })
    }

    pub(super) fn bad(&self, why: String) -> ImportError {
        ImportError::BadNode { site: self.site(), why }
    }

    pub(super) fn unsupported(&self, hint: &str) -> ImportError {
        ImportError::UnsupportedOp { site: self.site(), hint: hint.to_string() }
    }

    pub(super) fn attribute(&self, name: &str, value: impl ToString, hint: &str) -> ImportError {
        let (attribute, value, hint) = (name.to_string(), value.to_string(), hint.to_string());
        ImportError::UnsupportedAttribute { site: self.site(), attribute, value, hint }
    }

    // The operator.

    pub(super) fn op(&self) -> &'a str {
        self.node.op
    }

    pub(super) fn input_count(&self) -> usize {
        self.node.inputs.len()
    }

    pub(super) fn output_count(&self) -> usize {
        self.node.outputs.len()
    }

    /// Whether the `k`-th input is there; optional ones are -1 or missing.
    pub(super) fn has(&self, k: usize) -> bool {
        self.node.inputs.get(k).is_some_and(|&i| i >= 0)
    }

    /// The tensor that is the `k`-th input.
    pub(super) fn tensor(&self, k: usize) -> Result<usize> {
        match self.node.inputs.get(k) {
            Some(&i) if i >= 0 => self.index(i),
            _ => Err(self.bad(format!("input {k} is missing"))),
        }
    }

    pub(super) fn info(&self, tensor: usize) -> &TensorInfo {
        &self.tensors[tensor]
    }

    /// What the file says of the `k`-th output.
    pub(super) fn output(&self, k: usize) -> Result<&TensorInfo> {
        match self.node.outputs.get(k) {
            Some(&i) => self.index(i).map(|i| &self.tensors[i]),
            None => Err(self.bad(format!("output {k} is missing"))),
        }
    }

    /// What the file says of the `k`-th value that the operator keeps for itself.
    pub(super) fn intermediate(&self, k: usize) -> Result<&TensorInfo> {
        match self.node.intermediates.get(k) {
            Some(&i) => self.index(i).map(|i| &self.tensors[i]),
            None => Err(self.bad(format!("intermediate tensor {k} is missing"))),
        }
    }

    /// The quantization that the file gives the `k`-th output.
    pub(super) fn output_quant(&self, k: usize) -> Result<Option<Quant>> {
        Ok(self.output(k)?.quant.clone())
    }

    // Attributes.

    pub(super) fn int(&self, id: usize, default: i32) -> Result<i32> {
        self.node.options.map_or(Ok(default), |t| t.i32(id, default))
    }

    pub(super) fn byte(&self, id: usize) -> Result<i8> {
        self.node.options.map_or(Ok(0), |t| t.i8(id, 0))
    }

    pub(super) fn flag(&self, id: usize) -> Result<bool> {
        self.node.options.map_or(Ok(false), |t| t.bool(id))
    }

    /// A float attribute: `default` without an options table, 0 where the table leaves it out.
    pub(super) fn float(&self, id: usize, default: f32) -> Result<f32> {
        self.node.options.map_or(Ok(default), |t| t.f32(id, 0.0))
    }

    pub(super) fn int_list(&self, id: usize) -> Result<Vec<i64>> {
        let list = self.node.options.map_or(Ok(Vec::new()), |t| t.i32s(id, "an attribute"))?;
        Ok(list.into_iter().map(i64::from).collect())
    }

    /// A size, at least 1.
    pub(super) fn size(&self, id: usize, default: i32, name: &str) -> Result<usize> {
        let found = self.int(id, default)?;
        match usize::try_from(found) {
            Ok(n @ 1..=0xffff) => Ok(n),
            _ => Err(self.attribute(name, found, "it must be from 1 to 65535")),
        }
    }

    pub(super) fn activation(&self, id: usize) -> Result<Activation> {
        match self.byte(id)? {
            0 => Ok(Activation::None),
            1 => Ok(Activation::Relu),
            2 => Ok(Activation::ReluN1To1),
            3 => Ok(Activation::Relu6),
            4 => Err(self.attribute("fused_activation_function", "TANH", "use a separate TANH")),
            5 => Err(self.attribute("fused_activation_function", "SIGN_BIT", "NONE, RELU, RELU6, RELU_N1_TO_1 are")),
            n => Err(self.attribute("fused_activation_function", n, "NONE, RELU, RELU6, RELU_N1_TO_1 are")),
        }
    }

    // Values.

    pub(super) fn ty(&self, value: ValueId) -> &TensorType {
        self.g.ty(value)
    }

    /// The value of the `k`-th input.
    pub(super) fn x(&mut self, k: usize) -> Result<ValueId> {
        let tensor = self.tensor(k)?;
        self.value(tensor)
    }

    /// The value that a tensor has become.
    fn value(&mut self, tensor: usize) -> Result<ValueId> {
        match self.slots[tensor] {
            Slot::Value(value) => return Ok(value),
            Slot::Widened(half) => {
                let value = self.value(half)?;
                let name = self.tensors[tensor].name.clone();
                let value = self.push(&name, Op::Cast { dtype: DType::F32 }, &[value], None)?;
                self.slots[tensor] = Slot::Value(value);
                return Ok(value);
            }
            Slot::Unset => {}
        }
        let info = &self.tensors[tensor];
        if !self.is_constant(tensor)? {
            let why = match info.is_variable {
                true => "is a variable; only those of UNIDIRECTIONAL_SEQUENCE_LSTM are supported",
                false => "is read before any operator writes it",
            };
            return Err(info.bad(why.into()));
        }
        let constant = self.model.constant(info, Layout::AsStored)?;
        let value = self.shared_constant(&info.name.clone(), constant);
        self.slots[tensor] = Slot::Value(value);
        Ok(value)
    }

    /// Whether the file holds the elements of a tensor that no operator has written.
    fn is_constant(&self, tensor: usize) -> Result<bool> {
        let info = &self.tensors[tensor];
        let empty = info.shape.contains(&0);
        Ok(matches!(self.slots[tensor], Slot::Unset)
            && !info.is_variable
            && (empty || !self.model.data(info)?.is_empty()))
    }

    /// A constant that functions of the module share.
    pub(super) fn shared_constant(&mut self, name: &str, tensor: Arc<Tensor>) -> ValueId {
        let ty = tensor.ty.clone();
        self.g.values.push(Value { name: name.to_string(), ty, source: Source::Constant(tensor) });
        ValueId(self.g.values.len() - 1)
    }

    /// The weights of a depthwise convolution, transposed: in the file if it has them, else by a node.
    pub(super) fn depthwise_weights(&mut self, k: usize) -> Result<ValueId> {
        let tensor = self.tensor(k)?;
        let name = self.tensors[tensor].name.clone();
        let half = match self.slots[tensor] {
            Slot::Widened(half) if self.is_constant(half)? => half,
            _ => tensor,
        };
        if self.is_constant(half)? {
            let constant = self.model.constant(&self.tensors[half], Layout::Depthwise)?;
            let value = self.shared_constant(&self.tensors[half].name.clone(), constant);
            return match half == tensor {
                true => Ok(value),
                false => self.push(&name, Op::Cast { dtype: DType::F32 }, &[value], None),
            };
        }
        let value = self.value(tensor)?;
        if self.ty(value).shape.len() != 4 {
            return Err(self.bad(format!("depthwise weights have 4 dimensions, not those of {}", self.ty(value))));
        }
        let quant = self.ty(value).quant.clone().map(|q| Quant { axis: 0, ..q });
        self.push(&format!("{name}/ohwi"), Op::Transpose { perm: vec![3, 1, 2, 0] }, &[value], quant)
    }

    /// The integers of the `k`-th input, which has to be known now.
    pub(super) fn ints(&mut self, k: usize, what: &str) -> Result<Vec<i64>> {
        let tensor = self.tensor(k)?;
        if matches!(self.slots[tensor], Slot::Unset) && !self.is_constant(tensor)? {
            return Err(self.not_constant(tensor, what));
        }
        let value = self.value(tensor)?;
        let Some(constant) = self.g.tensor(value) else { return Err(self.not_constant(tensor, what)) };
        self.model.buffer.charge(constant.data.len(), "numbers")?;
        match constant.ty.dtype {
            DType::I32 => Ok(constant.as_i32().into_iter().map(i64::from).collect()),
            DType::I64 => Ok(constant.as_i64()),
            _ => Err(self.bad(format!("{what} should be integers, not {}", constant.ty))),
        }
    }

    fn not_constant(&self, tensor: usize, what: &str) -> ImportError {
        let hint = format!("{} computes {what} as it runs; make it a constant of the model", self.site());
        ImportError::DynamicShape { tensor: self.tensors[tensor].name.clone(), hint }
    }

    /// The one integer of the `k`-th input.
    pub(super) fn scalar(&mut self, k: usize, what: &str) -> Result<i64> {
        match self.ints(k, what)?[..] {
            [n] => Ok(n),
            ref many => Err(self.bad(format!("{what} should be one number, not {}", many.len()))),
        }
    }

    /// An axis of `rank` dimensions; negative ones count from the end.
    pub(super) fn axis(&self, axis: i64, rank: usize) -> Result<usize> {
        let positive = if axis < 0 { axis.saturating_add(rank as i64) } else { axis };
        let inside = usize::try_from(positive).ok().filter(|&a| a < rank);
        inside.ok_or_else(|| self.bad(format!("axis {axis} is not one of {rank} dimensions")))
    }

    /// The state that a variable is.
    pub(super) fn state(&mut self, tensor: usize) -> Result<ValueId> {
        if let Slot::Value(value) = self.slots[tensor] {
            return Ok(value);
        }
        let info = &self.tensors[tensor];
        let ty = TensorType { quant: info.quant.clone(), ..info.ty()? };
        let value = self.g.state(&info.name, ty);
        self.check_size(value)?;
        self.slots[tensor] = Slot::Value(value);
        Ok(value)
    }

    // Nodes.

    /// Adds a node, or the constant it amounts to.
    pub(super) fn push(&mut self, name: &str, op: Op, inputs: &[ValueId], quant: Option<Quant>) -> Result<ValueId> {
        if let Some(tensor) = self.folded(&op, inputs, &quant)? {
            return Ok(self.g.constant(name, tensor));
        }
        let value = self.g.push(name, op, inputs, quant).map_err(|source| self.infer(source))?;
        self.check_size(value)?;
        Ok(value)
    }

    fn folded(&self, op: &Op, inputs: &[ValueId], quant: &Option<Quant>) -> Result<Option<Tensor>> {
        let constants: Option<Vec<&Tensor>> = inputs.iter().map(|&id| self.g.tensor(id)).collect();
        let Some(constants) = constants.filter(|c| fold::applies(op, c)) else { return Ok(None) };
        let types: Vec<&TensorType> = constants.iter().map(|t| &t.ty).collect();
        let mut types = infer(op, &types).map_err(|source| self.infer(source))?;
        let ty = TensorType { quant: quant.clone(), ..types.remove(0) };
        Ok(fold::fold(op, &constants, ty))
    }

    /// Adds a node with several outputs.
    pub(super) fn push_all(&mut self, name: &str, op: Op, inputs: &[ValueId]) -> Result<Vec<ValueId>> {
        let values = self.g.push_all(name, op, inputs).map_err(|source| self.infer(source))?;
        values.iter().try_for_each(|&value| self.check_size(value))?;
        Ok(values)
    }

    fn infer(&self, source: sanderling_ir::InferError) -> ImportError {
        ImportError::Infer { site: self.site(), source }
    }

    fn check_size(&self, value: ValueId) -> Result<()> {
        let shape = &self.ty(value).shape;
        match count(shape) {
            Some(1..) => Ok(()),
            _ => Err(self.bad(format!("makes a tensor of {shape:?}: from 1 to {MOST_ELEMENTS} elements are possible"))),
        }
    }

    /// Adds a node on the way to the first output; `step` tells its value from the others.
    pub(super) fn step(&mut self, step: &str, op: Op, inputs: &[ValueId], quant: Option<Quant>) -> Result<ValueId> {
        let name = format!("{}/{step}", self.output(0)?.name);
        self.push(&name, op, inputs, quant)
    }

    /// A constant on the way to the first output.
    pub(super) fn own_constant(&mut self, step: &str, tensor: Tensor) -> Result<ValueId> {
        let name = format!("{}/{step}", self.output(0)?.name);
        Ok(self.g.constant(&name, tensor))
    }

    /// Adds the node that gives the first output.
    pub(super) fn emit(&mut self, op: Op, inputs: &[ValueId]) -> Result<()> {
        self.emit_to(0, op, inputs)
    }

    /// Adds the node that gives the `k`-th output, in the quantization that the file says.
    pub(super) fn emit_to(&mut self, k: usize, op: Op, inputs: &[ValueId]) -> Result<()> {
        let (name, quant) = (self.output(k)?.name.clone(), self.output_quant(k)?);
        let quantized = inputs.first().is_some_and(|&x| self.ty(x).quant.is_some());
        let value = self.push(&name, op, inputs, quant)?;
        let ty = self.ty(value);
        if quantized && ty.quant.is_none() && matches!(ty.dtype, DType::I8 | DType::U8 | DType::I16) {
            return Err(self.bad("its input is quantized, but the file gives no scale for its output".into()));
        }
        self.bind(k, value)
    }

    /// Adds the node that gives the `k`-th output and moves elements without changing them.
    ///
    /// The graph keeps their quantization over such ops; where the file changes it, a requantization follows.
    pub(super) fn emit_moved(&mut self, k: usize, op: Op, inputs: &[ValueId]) -> Result<()> {
        let quant = inputs.first().and_then(|&x| self.ty(x).quant.clone());
        let (name, declared) = (self.output(k)?.name.clone(), self.output_quant(k)?);
        if same_quant(&quant, &declared) {
            let value = self.push(&name, op, inputs, quant)?;
            return self.bind(k, value);
        }
        let value = self.push(&format!("{name}/moved"), op, inputs, quant)?;
        let value = self.requantized(value, &declared, &name)?;
        self.bind(k, value)
    }

    /// `x` in another quantization, itself if it has that already.
    pub(super) fn requantized(&mut self, x: ValueId, quant: &Option<Quant>, name: &str) -> Result<ValueId> {
        let ty = self.ty(x);
        if same_quant(&ty.quant, quant) {
            return Ok(x);
        }
        if ty.quant.is_none() || quant.is_none() {
            return Err(self.bad(format!("{} is quantized on one side only", self.g.values[x.0].name)));
        }
        let op = Op::Quantize { dtype: ty.dtype };
        self.push(name, op, &[x], quant.clone())
    }

    /// Makes `value` the `k`-th output.
    pub(super) fn bind(&mut self, k: usize, value: ValueId) -> Result<()> {
        let Some(&output) = self.node.outputs.get(k) else {
            return Err(self.bad(format!("output {k} is missing")));
        };
        let tensor = self.index(output)?;
        if !matches!(self.slots[tensor], Slot::Unset) || self.is_constant(tensor)? {
            return Err(self.bad(format!("writes \"{}\" a second time", self.tensors[tensor].name)));
        }
        let (declared, found) = (self.tensors[tensor].dtype()?, self.ty(value).dtype);
        if declared != found {
            let name = &self.tensors[tensor].name;
            return Err(self.bad(format!("gives {found} for output \"{name}\", which the file says is {declared}")));
        }
        self.slots[tensor] = Slot::Value(value);
        Ok(())
    }

    /// DEQUANTIZE of an f16 constant: widened when it is read, so that weights can be rearranged first.
    pub(super) fn bind_widened(&mut self) -> Result<bool> {
        let half = self.tensor(0)?;
        if self.tensors[half].dtype()? != DType::F16 || !self.is_constant(half)? {
            return Ok(false);
        }
        let output = self.node.outputs.first().copied().unwrap_or(-1);
        let tensor = self.index(output)?;
        if !matches!(self.slots[tensor], Slot::Unset) || self.tensors[tensor].dtype()? != DType::F32 {
            return Err(self.bad("should write a new f32 tensor".into()));
        }
        self.slots[tensor] = Slot::Widened(half);
        Ok(true)
    }
}
