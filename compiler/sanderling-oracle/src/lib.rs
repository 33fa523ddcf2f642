//! A plain interpreter of graphs, normative for everything else in this project.
//!
//! On quantized values each op equals LiteRT's reference kernel bit for bit; on real values it
//! accumulates in `f64` and rounds once. `docs/numerics.md` states the arithmetic. Functions are those of `libm`, so
//! that no bit depends on the machine; [`eval`] is the same in single precision, for many runs. Nothing here is
//! shared with the kernels that run on devices, except that lowerings take their parameters from
//! [`params`].

#![forbid(unsafe_code)]

mod data;
pub mod eval;
pub mod fixed;
pub mod fixed16;
mod ops;
pub mod params;
mod shape;
mod special;

use sanderling_ir::{DType, Graph, Op, Tensor, TensorType, ValueId};

pub use ops::evaluate;

/// Why a graph or a node cannot be evaluated.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum OracleError {
    /// The caller's tensors are not those that the graph takes.
    #[error("the inputs do not match the graph's: expected {expected}, found {found}")]
    Inputs { expected: String, found: String },
    /// The op has no arithmetic for these element types.
    #[error("{op} has no arithmetic for {types}")]
    Unsupported { op: &'static str, types: String },
    /// The inputs of a node contradict its op or its outputs.
    #[error("{op}: {why}")]
    Invalid { op: &'static str, why: String },
    /// A node of a graph failed.
    #[error("node {index} ({name}): {cause}")]
    Node { index: usize, name: String, cause: Box<OracleError> },
}

/// A graph and the states that its calls leave.
pub struct Oracle<'g> {
    graph: &'g Graph,
    states: Vec<Tensor>,
    evaluate: Evaluate,
}

/// How the outputs of a node follow from its inputs.
type Evaluate = fn(&Op, &[&Tensor], &[TensorType]) -> Result<Vec<Tensor>, OracleError>;

impl<'g> Oracle<'g> {
    /// An interpreter of `graph` whose states are zeros (the zero point, for quantized ones).
    pub fn new(graph: &'g Graph) -> Oracle<'g> {
        let states = graph.states.iter().map(|s| zeros(graph.ty(s.input))).collect();
        Oracle { graph, states, evaluate }
    }

    /// As [`Oracle::new`], but in the arithmetic of [`eval`]: real numbers in single precision.
    pub fn single(graph: &'g Graph) -> Oracle<'g> {
        Oracle { evaluate: eval::evaluate, ..Oracle::new(graph) }
    }

    /// One call: the graph's outputs for `inputs`; states advance.
    pub fn run(&mut self, inputs: &[Tensor]) -> Result<Vec<Tensor>, OracleError> {
        self.run_observed(inputs, &mut |_, _| ())
    }

    /// As [`Oracle::run`]; `observe` sees the inputs and then every node's outputs, in order.
    pub fn run_observed(
        &mut self,
        inputs: &[Tensor],
        observe: &mut dyn FnMut(ValueId, &Tensor),
    ) -> Result<Vec<Tensor>, OracleError> {
        check_inputs(self.graph, inputs)?;
        let mut values: Vec<Option<Tensor>> = vec![None; self.graph.values.len()];
        for (&id, tensor) in self.graph.inputs.iter().zip(inputs) {
            let tensor = Tensor { ty: self.graph.ty(id).clone(), data: tensor.data.clone() };
            observe(id, &tensor);
            values[id.0] = Some(tensor);
        }
        for (state, tensor) in self.graph.states.iter().zip(&self.states) {
            values[state.input.0] = Some(tensor.clone());
        }
        let last_uses = last_uses(self.graph);
        for (index, node) in self.graph.nodes.iter().enumerate() {
            for (&id, tensor) in node.outputs.iter().zip(self.node(index, &values)?) {
                observe(id, &tensor);
                values[id.0] = Some(tensor);
            }
            for id in node.inputs.iter().filter(|id| last_uses[id.0] == Some(index)) {
                values[id.0] = None;
            }
        }
        let outputs = self.graph.outputs.iter().map(|&id| self.value(id, &values).cloned()).collect();
        let next = self.graph.states.iter().map(|s| self.value(s.next, &values).cloned());
        self.states = next.collect::<Result<_, _>>()?;
        outputs
    }

    fn node(&self, index: usize, values: &[Option<Tensor>]) -> Result<Vec<Tensor>, OracleError> {
        let node = &self.graph.nodes[index];
        let types: Vec<TensorType> = node.outputs.iter().map(|&id| self.graph.ty(id).clone()).collect();
        let inputs: Result<Vec<&Tensor>, _> = node.inputs.iter().map(|&id| self.value(id, values)).collect();
        inputs.and_then(|inputs| (self.evaluate)(&node.op, &inputs, &types)).map_err(|cause| OracleError::Node {
            index,
            name: node.outputs.first().map_or(String::new(), |id| self.graph.values[id.0].name.clone()),
            cause: Box::new(cause),
        })
    }

    fn value<'a>(&'a self, id: ValueId, values: &'a [Option<Tensor>]) -> Result<&'a Tensor, OracleError> {
        let missing = || OracleError::Invalid {
            op: "graph",
            why: format!("value {} is used before it exists", self.graph.values[id.0].name),
        };
        self.graph.tensor(id).or(values[id.0].as_ref()).ok_or_else(missing)
    }
}

/// The node after which each value is needed no more; `None` for what outlives the nodes.
fn last_uses(graph: &Graph) -> Vec<Option<usize>> {
    let mut last = vec![None; graph.values.len()];
    for (i, node) in graph.nodes.iter().enumerate() {
        node.inputs.iter().for_each(|id| last[id.0] = Some(i));
    }
    let kept = graph.outputs.iter().chain(graph.states.iter().map(|s| &s.next));
    kept.for_each(|id| last[id.0] = None);
    last
}

fn check_inputs(graph: &Graph, inputs: &[Tensor]) -> Result<(), OracleError> {
    let list = |types: &mut dyn Iterator<Item = &TensorType>| {
        let names: Vec<String> = types.map(TensorType::to_string).collect();
        format!("({})", names.join(", "))
    };
    let expected: Vec<&TensorType> = graph.inputs.iter().map(|&id| graph.ty(id)).collect();
    let agree = expected.len() == inputs.len()
        && expected
            .iter()
            .zip(inputs)
            .all(|(e, t)| (e.dtype, &e.shape) == (t.ty.dtype, &t.ty.shape) && t.data.len() == e.bytes());
    let error = || OracleError::Inputs {
        expected: list(&mut expected.iter().copied()),
        found: list(&mut inputs.iter().map(|t| &t.ty)),
    };
    if agree { Ok(()) } else { Err(error()) }
}

/// A tensor that stands for zero everywhere.
fn zeros(ty: &TensorType) -> Tensor {
    let zero_point = data::scale_zero(ty).1;
    match ty.dtype {
        DType::F32 | DType::F16 | DType::BF16 => Tensor { ty: ty.clone(), data: vec![0; ty.bytes()] },
        _ => data::from_integers(ty, std::iter::repeat_n(i64::from(zero_point), ty.elements())),
    }
}

/// The error for element types that an op does not take.
fn unsupported<T>(op: &Op, inputs: &[&Tensor], outputs: &[TensorType]) -> Result<T, OracleError> {
    let describe = |ty: &TensorType| match ty.quant {
        Some(_) => format!("quantized {}", ty.dtype),
        None => ty.dtype.to_string(),
    };
    let join = |types: Vec<String>| types.join(", ");
    let inputs = join(inputs.iter().map(|t| describe(&t.ty)).collect());
    let outputs = join(outputs.iter().map(describe).collect());
    Err(OracleError::Unsupported { op: op.name(), types: format!("({inputs}) -> {outputs}") })
}
