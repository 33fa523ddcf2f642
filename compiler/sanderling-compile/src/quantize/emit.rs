//! The quantized graph, node by node: integer nodes where the plan says so, changes of quantization between.

use std::collections::BTreeMap;

use sanderling_ir::{DType, Graph, Node, Op, Quant, TensorType, ValueId};

use super::correlate::Correlations;
use super::plan::{Plan, operands, plan};
use super::widen::widened;
use super::{Quantized, Ranges, params, support};
use crate::CompileError;
use crate::passes::rewrite::{copy, rewrite};
use crate::passes::tools::{push, reals};

/// A real graph on 8-bit integers: activations with a scale and zero point each, weights with a scale for each output
/// channel. Its real inputs and outputs become `i8`; layers without an integer form stay real.
pub fn quantize(graph: &Graph, ranges: &Ranges) -> Result<Quantized, CompileError> {
    quantize_correlated(&widened(graph)?, ranges, &Correlations::new())
}

/// As [`quantize`]; the weights of layers whose correlations are known round as these say.
pub(crate) fn quantize_correlated(
    graph: &Graph,
    ranges: &Ranges,
    correlations: &Correlations,
) -> Result<Quantized, CompileError> {
    let plan = plan(graph, ranges);
    let mut typed = graph.clone();
    for id in graph.inputs.iter().copied().chain(graph.states.iter().map(|s| s.input)) {
        if let Some(quant) = &plan.quant[id.0] {
            typed.values[id.0].ty = TensorType { dtype: DType::I8, quant: Some(quant.clone()), ..graph.ty(id).clone() };
        }
    }
    let mut forms = Forms::default();
    let mut index = 0;
    let mut new = rewrite(&typed, |new, node, inputs| {
        index += 1;
        let mut site = Site { new, plan: &plan, forms: &mut forms, graph: &typed, correlations };
        match plan.integer[index - 1] {
            true => site.integer(node, inputs).map(|id| Some(vec![id])),
            false => site.real(graph, node, inputs).map(Some),
        }
    })?;
    interface(graph, &plan, &mut new)?;
    let new = rewrite(&new, |_, _, _| Ok(None))?;
    Ok(Quantized { graph: new, kept_float: plan.kept_float })
}

/// What values have been changed to already.
#[derive(Default)]
struct Forms {
    real: BTreeMap<ValueId, ValueId>,
    /// By scale, as bits, and zero point.
    integer: BTreeMap<(ValueId, u32, i32), ValueId>,
}

struct Site<'a> {
    new: &'a mut Graph,
    plan: &'a Plan,
    forms: &'a mut Forms,
    graph: &'a Graph,
    correlations: &'a Correlations,
}

impl Site<'_> {
    /// The node on integers.
    fn integer(&mut self, node: &Node, inputs: &[ValueId]) -> Result<ValueId, CompileError> {
        let y = node.outputs[0];
        let quant = self.plan.quant[y.0].clone().expect("an integer node's output was seen");
        let name = &self.graph.values[y.0].name;
        let shares = support::keeps_quantization(&node.op);
        let mut new_inputs = inputs.to_vec();
        for (i, &old) in operands(node).iter().enumerate() {
            new_inputs[i] = match self.new.tensor(inputs[i]) {
                Some(tensor) if !shares => {
                    let tensor = params::constant(tensor);
                    self.new.constant(&format!("{name}/constant{i}"), tensor)
                }
                _ => {
                    let own = self.plan.quant[old.0].as_ref();
                    self.stored(inputs[i], if shares { &quant } else { own.unwrap_or(&quant) })?
                }
            };
        }
        if matches!(node.op, Op::Conv2d { .. } | Op::ConvTranspose2d { .. } | Op::FullyConnected { .. }) {
            self.parameters(name, node, &mut new_inputs);
        }
        push(self.new, name, node.op.clone(), &new_inputs, Some(quant))
    }

    /// Weights and bias of a layer, for the input it has.
    fn parameters(&mut self, name: &str, node: &Node, inputs: &mut [ValueId]) {
        let scale = self.new.ty(inputs[0]).quant.as_ref().map_or(1.0, |q| q.scales[0]);
        let bias = reals(self.new, inputs[2]).unwrap_or_default();
        let Some(weights) = self.new.tensor(inputs[1]) else { return };
        let correlations = self.correlations.get(&node.outputs[0]).map(Vec::as_slice);
        let groups = if let Op::Conv2d { groups, .. } = node.op { groups } else { 1 };
        let (weights, bias) = params::layer(weights, &bias, scale, correlations, groups);
        inputs[1] = self.new.constant(&format!("{name}/weights"), weights);
        inputs[2] = self.new.constant(&format!("{name}/bias"), bias);
    }

    /// The node on real numbers.
    fn real(&mut self, graph: &Graph, node: &Node, inputs: &[ValueId]) -> Result<Vec<ValueId>, CompileError> {
        let mut real = inputs.to_vec();
        for (id, &old) in real.iter_mut().zip(&node.inputs) {
            if graph.ty(old).quant.is_none() && self.new.ty(*id).quant.is_some() {
                *id = match self.forms.real.get(id) {
                    Some(&known) => known,
                    None => {
                        let name = format!("{}/real", self.new.values[id.0].name);
                        let form = push(self.new, &name, Op::Dequantize, &[*id], None)?;
                        self.forms.real.insert(*id, form);
                        form
                    }
                };
            }
        }
        Ok(copy(self.new, graph, node, real))
    }

    /// A value in a quantization.
    fn stored(&mut self, id: ValueId, quant: &Quant) -> Result<ValueId, CompileError> {
        if self.new.ty(id).quant.as_ref() == Some(quant) {
            return Ok(id);
        }
        let key = (id, quant.scales[0].to_bits(), quant.zero_points[0]);
        if let Some(&known) = self.forms.integer.get(&key) {
            return Ok(known);
        }
        let name = format!("{}/i8", self.new.values[id.0].name);
        let form = push(self.new, &name, Op::Quantize { dtype: DType::I8 }, &[id], Some(quant.clone()))?;
        self.forms.integer.insert(key, form);
        Ok(form)
    }
}

/// Outputs become integers, and the next values of states what the states are.
fn interface(graph: &Graph, plan: &Plan, new: &mut Graph) -> Result<(), CompileError> {
    for (at, old) in graph.outputs.iter().enumerate() {
        let id = new.outputs[at];
        let Some(quant) = plan.quant[old.0].clone().filter(|_| new.ty(id).dtype == DType::F32) else { continue };
        let name = graph.values[old.0].name.clone();
        new.values[id.0].name = format!("{name}/real");
        new.outputs[at] = push(new, &name, Op::Quantize { dtype: DType::I8 }, &[id], Some(quant))?;
    }
    for at in 0..new.states.len() {
        let state = new.states[at].clone();
        let (want, have) = (new.ty(state.input).clone(), new.ty(state.next).clone());
        if want == have {
            continue;
        }
        let op = if want.quant.is_some() { Op::Quantize { dtype: want.dtype } } else { Op::Dequantize };
        let name = format!("{}/next", new.values[state.input.0].name);
        new.states[at].next = push(new, &name, op, &[state.next], want.quant)?;
    }
    Ok(())
}
