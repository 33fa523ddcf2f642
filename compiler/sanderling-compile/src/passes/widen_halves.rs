//! In: any graph. Out: one whose nodes compute in f32 where the model's compute in f16 or bf16.
//!
//! Activations take four bytes and are not rounded between nodes. Inputs and outputs of f16 stay so: they are converted at
//! the edge; those of bf16, which numpy does not know, and states become f32. A graph that only moves halves, or leads to
//! and from them, stays as it is.

use std::collections::BTreeMap;

use sanderling_ir::{DType, Graph, Node, Op, ResizeMode, Source, TensorType, ValueId};
use sanderling_oracle::evaluate;

use super::rewrite::{Replacement, rewrite};
use super::tools::{name, push};
use crate::CompileError;

/// Constants up to this many bytes are widened here: scalars and values for each channel, which other passes look at.
const SMALL: usize = 4096;

pub fn run(graph: &Graph) -> Result<Graph, CompileError> {
    let edges = graph.inputs.iter().chain(&graph.outputs).any(|&id| graph.ty(id).dtype == DType::BF16);
    let states = graph.states.iter().any(|s| is_half(graph.ty(s.input)));
    if !edges && !states && !graph.nodes.iter().any(|node| computes(graph, node)) {
        return Ok(graph.clone());
    }
    let mut typed = graph.clone();
    let inputs = graph.inputs.iter().filter(|id| graph.ty(**id).dtype == DType::BF16);
    let states = graph.states.iter().map(|s| &s.input).filter(|id| is_half(graph.ty(**id)));
    inputs.chain(states).for_each(|id| typed.values[id.0].ty.dtype = DType::F32);
    let mut wide = Wide::default();
    let mut new = rewrite(&typed, |new, node, inputs| {
        let halves = |ids: &[ValueId]| ids.iter().any(|&id| is_half(graph.ty(id)));
        if halves(&node.inputs) || halves(&node.outputs) { wide.node(graph, new, node, inputs) } else { Ok(None) }
    })?;
    narrow_outputs(graph, &mut new)?;
    rewrite(&new, |_, _, _| Ok(None))
}

fn is_half(ty: &TensorType) -> bool {
    matches!(ty.dtype, DType::F16 | DType::BF16)
}

/// Whether a node does arithmetic on halves.
fn computes(graph: &Graph, node: &Node) -> bool {
    let moves = match node.op {
        Op::Reshape { .. } | Op::Transpose { .. } | Op::Slice { .. } | Op::Broadcast { .. } | Op::Concat { .. } => true,
        Op::Pad { .. } | Op::Gather { .. } | Op::Select | Op::ArgMax { .. } | Op::TopK { .. } => true,
        Op::Cast { .. } | Op::Quantize { .. } | Op::Dequantize => true,
        Op::Resize { mode, .. } => mode != ResizeMode::Bilinear,
        _ => false,
    };
    !moves && node.inputs.iter().chain(&node.outputs).any(|&id| is_half(graph.ty(id)))
}

/// The f32 forms that there are already, of values of the new graph.
#[derive(Default)]
struct Wide(BTreeMap<ValueId, ValueId>);

impl Wide {
    /// A node in f32.
    fn node(&mut self, graph: &Graph, new: &mut Graph, node: &Node, inputs: &[ValueId]) -> Replacement {
        let op = match node.op {
            Op::Cast { dtype: DType::F16 | DType::BF16 } => Op::Cast { dtype: DType::F32 },
            ref op => op.clone(),
        };
        // Of a table only the rows that are read are widened.
        let is_table = matches!(op, Op::Gather { .. }) && new.tensor(inputs[0]).is_some();
        let mut real = inputs.to_vec();
        for id in real.iter_mut().filter(|_| !is_table) {
            *id = self.of(new, *id)?;
        }
        let changes_nothing = op == (Op::Cast { dtype: DType::F32 }) && new.ty(real[0]).dtype == DType::F32;
        if changes_nothing && keeps_output_name(graph, new, node, real[0]) {
            return Ok(Some(vec![real[0]]));
        }
        let outputs = new.push_all(name(graph, node), op, &real).map_err(CompileError::Rewrite)?;
        for (&old, &id) in node.outputs.iter().zip(&outputs) {
            new.values[id.0].name = graph.values[old.0].name.clone();
            new.values[id.0].ty.quant = graph.ty(old).quant.clone();
        }
        Ok(Some(outputs))
    }

    /// A value in f32, itself if it is no half.
    fn of(&mut self, new: &mut Graph, id: ValueId) -> Result<ValueId, CompileError> {
        if !is_half(new.ty(id)) {
            return Ok(id);
        }
        if let Some(&known) = self.0.get(&id) {
            return Ok(known);
        }
        let name = format!("{}/f32", new.values[id.0].name);
        let op = Op::Cast { dtype: DType::F32 };
        let small = new.tensor(id).filter(|half| half.data.len() <= SMALL);
        let folded = small.and_then(|half| {
            let ty = TensorType::new(DType::F32, &half.ty.shape);
            evaluate(&op, &[half], &[ty]).ok()?.pop()
        });
        let wide = match folded {
            Some(wide) => new.constant(&name, wide),
            None => push(new, &name, op, &[id], None)?,
        };
        self.0.insert(id, wide);
        Ok(wide)
    }
}

/// Whether a value can take the place of a node's output; one that callers know gives it its name, if it is free to.
fn keeps_output_name(graph: &Graph, new: &mut Graph, node: &Node, value: ValueId) -> bool {
    let is_output = |id: ValueId| graph.outputs.contains(&id);
    if !is_output(node.outputs[0]) {
        return true;
    }
    let is_free = matches!(new.values[value.0].source, Source::Node(_)) && !is_output(node.inputs[0]);
    if is_free {
        new.values[value.0].name = name(graph, node).to_string();
    }
    is_free
}

/// Outputs that were f16 become so again; those that were bf16 are f32. All keep their names.
fn narrow_outputs(graph: &Graph, new: &mut Graph) -> Result<(), CompileError> {
    let mut wide = Wide::default();
    for (at, &old) in graph.outputs.iter().enumerate() {
        let (have, want) = (new.outputs[at], graph.ty(old).dtype);
        let name = graph.values[old.0].name.clone();
        match (new.ty(have).dtype, want) {
            (DType::F32, DType::F16) => {
                if new.values[have.0].name == name && !matches!(new.values[have.0].source, Source::Input) {
                    new.values[have.0].name = format!("{name}/f32");
                }
                new.outputs[at] = push(new, &name, Op::Cast { dtype: DType::F16 }, &[have], None)?;
            }
            (DType::BF16, _) => new.outputs[at] = wide.of(new, have)?,
            _ => {}
        }
    }
    for state in new.states.clone() {
        let next = wide.of(new, state.next)?;
        for own in new.states.iter_mut().filter(|own| own.input == state.input) {
            own.next = next;
        }
    }
    Ok(())
}
