//! Real weights rounded to numbers of two bytes, which lowering then stores so.

use std::collections::BTreeMap;

use sanderling_ir::{DType, Graph, Node, Op, Source, Tensor, TensorType, ValueId};

use crate::lower::{Form, is_packed};
use crate::passes::rewrite::rewrite;
use crate::passes::tools::push;
use crate::quantize::{Progress, sqnr};
use crate::report::RoundedWeights;
use crate::{CompileError, Weights, golden};

/// Runs of generated inputs that measure what rounding costs.
const SAMPLES: u32 = 2;

/// A graph with rounded weights, and what that saved and cost.
pub struct Rounded {
    pub graph: Graph,
    pub told: RoundedWeights,
    /// Signal to noise of each value, in dB, by name.
    pub sqnr: BTreeMap<String, f64>,
}

/// Rounds the weights of convolutions, fully connected layers, products of matrices and lookups in tables.
pub fn round(graph: &Graph, weights: Weights, progress: &Progress) -> Result<Rounded, CompileError> {
    let (form, dtype) = match weights {
        Weights::F16 => (Form::F16, DType::F16),
        Weights::Bf16 => (Form::Bf16, DType::BF16),
    };
    let mut saved_bytes = 0;
    let new = rewrite(graph, |new, node, inputs| {
        let Some(at) = weights_at(graph, node) else { return Ok(None) };
        let Some(tensor) = new.tensor(inputs[at]).cloned() else { return Ok(None) };
        let values = tensor.as_f32();
        let name = new.values[inputs[at].0].name.clone();
        if let Some(&beyond) = values.iter().find(|v| v.is_finite() && !form.widened(**v).is_finite()) {
            let what =
                format!("the weight {beyond:e} of {name} is beyond {dtype}; compile with --weights bf16 or without");
            let node = graph.values[node.outputs[0].0].name.clone();
            return Err(CompileError::Unsupported { node, op: "weights", what });
        }
        if let Op::Gather { .. } = node.op {
            saved_bytes += values.len() * 2;
            let ty = TensorType { dtype, ..tensor.ty };
            let half = new.constant(&format!("{name}/{dtype}"), Tensor { data: form.bytes(values), ty });
            let output = node.outputs[0];
            let own = &graph.values[output.0].name;
            let rows = push(new, &format!("{own}/{dtype}"), node.op.clone(), &[half, inputs[1]], None)?;
            return Ok(Some(vec![push(new, own, Op::Cast { dtype: DType::F32 }, &[rows], None)?]));
        }
        saved_bytes += if Form::of(&values) == Form::F32 { values.len() * 2 } else { 0 };
        let rounded: Vec<f32> = values.iter().map(|&v| form.widened(v)).collect();
        let mut inputs = inputs.to_vec();
        inputs[at] = new.constant(&format!("{name}/{dtype}"), Tensor::from_f32(tensor.ty, &rounded));
        Ok(Some(crate::passes::rewrite::copy(new, graph, node, inputs)))
    })?;
    let samples = (1..=SAMPLES).map(|seed| golden::inputs(graph, seed)).collect::<Result<Vec<_>, _>>()?;
    let counter = progress.counter(samples.len());
    let sqnr = sqnr::sqnr_counted(graph, &new, &samples, &counter)?;
    let told = RoundedWeights { dtype: dtype.to_string(), saved_bytes: saved_bytes as u64, samples: samples.len() };
    Ok(Rounded { graph: new, told, sqnr })
}

/// Which input of a node is real weights.
fn weights_at(graph: &Graph, node: &Node) -> Option<usize> {
    let is_constant = |id: ValueId| matches!(graph.values[id.0].source, Source::Constant(_));
    let is_table = matches!(node.op, Op::Gather { .. }) && graph.ty(node.inputs[0]).dtype == DType::F32;
    let at = if is_table { 0 } else { 1 };
    let is_weights = is_table || (node.inputs.len() > 1 && is_packed(graph, node, at));
    (is_weights && is_constant(node.inputs[at])).then_some(at)
}
