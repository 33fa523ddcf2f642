//! The graph: values defined once, nodes in an order that can be executed.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::{InferError, Op, Quant, Tensor, TensorType, infer};

/// Index of a value in its [`Graph`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ValueId(pub usize);

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// The caller, as graph input.
    Input,
    /// What the previous call left; see [`State`].
    State,
    /// Known at compile time; shared between the functions of a [`Module`](crate::Module).
    Constant(Arc<Tensor>),
    /// The node with this index.
    Node(usize),
}

/// An SSA value.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    /// The name in the source file, or one made from the op.
    pub name: String,
    pub ty: TensorType,
    pub source: Source,
}

/// One op applied to values.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub op: Op,
    pub inputs: Vec<ValueId>,
    /// One, except where the op says otherwise.
    pub outputs: Vec<ValueId>,
}

/// A value that lives across calls of a function: read as `input`, then replaced by `next`.
///
/// It starts as zeros (the zero point, for quantized values).
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    pub input: ValueId,
    pub next: ValueId,
}

/// One function of a model.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Graph {
    /// The entry's name: `main` where there is one alone.
    pub name: String,
    pub values: Vec<Value>,
    /// In an executable order: inputs of a node are defined before it.
    pub nodes: Vec<Node>,
    pub inputs: Vec<ValueId>,
    pub outputs: Vec<ValueId>,
    pub states: Vec<State>,
}

/// A model: its entry functions. Constants are shared between them; states of one name and type are one.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Module {
    pub name: String,
    pub functions: Vec<Graph>,
    /// The texts that the numbers of an input or an output stand for, by its name: number `i` is text `i`, and -1 is none of
    /// them.
    pub texts: BTreeMap<String, Vec<String>>,
}

impl Module {
    /// A module with one function, `main`.
    pub fn new(name: &str, main: Graph) -> Self {
        Module { name: name.to_string(), functions: vec![main], texts: BTreeMap::new() }
    }

    /// The function with this name.
    pub fn function(&self, name: &str) -> Option<&Graph> {
        self.functions.iter().find(|f| f.name == name)
    }
}

impl Graph {
    /// An empty graph.
    pub fn new(name: &str) -> Self {
        Graph { name: name.to_string(), ..Graph::default() }
    }

    /// Adds a graph input.
    pub fn input(&mut self, name: &str, ty: TensorType) -> ValueId {
        let id = self.value(name, ty, Source::Input);
        self.inputs.push(id);
        id
    }

    /// Adds a state, which stays as it is until its `next` is set in [`Graph::states`].
    pub fn state(&mut self, name: &str, ty: TensorType) -> ValueId {
        let id = self.value(name, ty, Source::State);
        self.states.push(State { input: id, next: id });
        id
    }

    /// Adds a constant.
    pub fn constant(&mut self, name: &str, tensor: Tensor) -> ValueId {
        self.value(name, tensor.ty.clone(), Source::Constant(Arc::new(tensor)))
    }

    /// Adds a node and returns its output, whose type follows from `op` and its inputs.
    ///
    /// `quant` is the quantization of the output. For an op with several outputs see [`Graph::push_all`].
    pub fn push(
        &mut self,
        name: &str,
        op: Op,
        inputs: &[ValueId],
        quant: Option<Quant>,
    ) -> Result<ValueId, InferError> {
        let outputs = self.push_all(name, op, inputs)?;
        self.values[outputs[0].0].ty.quant = quant;
        Ok(outputs[0])
    }

    /// Adds a node and returns all its outputs, without quantization; the first has the name, others a suffix `.1`...
    pub fn push_all(&mut self, name: &str, op: Op, inputs: &[ValueId]) -> Result<Vec<ValueId>, InferError> {
        let types: Vec<&TensorType> = inputs.iter().map(|&id| self.ty(id)).collect();
        let types = infer(&op, &types)?;
        let node = Source::Node(self.nodes.len());
        let outputs: Vec<ValueId> = types
            .into_iter()
            .enumerate()
            .map(|(i, ty)| {
                let name = if i == 0 { name.to_string() } else { format!("{name}.{i}") };
                self.value(&name, ty, node.clone())
            })
            .collect();
        self.nodes.push(Node { op, inputs: inputs.to_vec(), outputs: outputs.clone() });
        Ok(outputs)
    }

    /// The type of a value.
    pub fn ty(&self, id: ValueId) -> &TensorType {
        &self.values[id.0].ty
    }

    /// The tensor of a constant value, `None` for others.
    pub fn tensor(&self, id: ValueId) -> Option<&Tensor> {
        match &self.values[id.0].source {
            Source::Constant(tensor) => Some(tensor),
            _ => None,
        }
    }

    fn value(&mut self, name: &str, ty: TensorType, source: Source) -> ValueId {
        self.values.push(Value { name: name.to_string(), ty, source });
        ValueId(self.values.len() - 1)
    }
}
