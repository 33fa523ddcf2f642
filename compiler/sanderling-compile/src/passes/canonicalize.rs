//! In: any graph. Out: the same without what does nothing, and with one form for what can be written in several:
//! chains of reshapes, transposes and clamps are one, a transpose that moves no bytes is a reshape, a subtraction of
//! a constant is an addition, a division by a power of two a multiplication, relu and relu6 are clamps; of a table of halves
//! only the rows that are looked up widen.

use sanderling_ir::{Activation, BinaryKind, DType, Graph, Node, Op, UnaryKind, ValueId};

use super::rewrite::{Replacement, rewrite};
use super::tools::{constant, moves_units_only, name, producer, push, reals, replace, same_quant, uniform};
use crate::CompileError;

pub fn run(graph: &Graph) -> Result<Graph, CompileError> {
    rewrite(graph, |new, node, inputs| {
        if is_identity(graph, new, node, inputs) {
            return Ok(Some(vec![inputs[0]]));
        }
        match &node.op {
            Op::Reshape { .. } => reshape(graph, new, node, inputs),
            Op::Transpose { perm } => transpose(graph, new, node, inputs, perm),
            Op::Gather { .. } => gather(graph, new, node, inputs),
            Op::Unary { kind } => unary(graph, new, node, inputs, *kind),
            Op::Binary { kind, activation } => binary(graph, new, node, inputs, *kind, *activation),
            _ => Ok(None),
        }
    })
}

/// Whether a node gives its first input as it is. An output keeps its own name, so that the value behind it stays.
fn is_identity(graph: &Graph, new: &Graph, node: &Node, inputs: &[ValueId]) -> bool {
    let candidate = match &node.op {
        Op::Reshape { .. } | Op::Cast { .. } | Op::Quantize { .. } | Op::Broadcast { .. } | Op::Slice { .. } => true,
        Op::Pad { before, after, .. } => before.iter().chain(after).all(|&n| n == 0),
        Op::Transpose { perm } => perm.iter().copied().eq(0..perm.len()),
        Op::Concat { .. } => inputs.len() == 1,
        Op::Unary { kind: UnaryKind::Clamp { min, max } } => *min == f32::NEG_INFINITY && *max == f32::INFINITY,
        Op::Binary { kind, activation: Activation::None } => is_neutral(new, *kind, inputs[1]),
        _ => false,
    };
    candidate && new.ty(inputs[0]) == graph.ty(node.outputs[0]) && !graph.outputs.contains(&node.outputs[0])
}

/// Whether `x kind b` is `x` for every real `x`.
fn is_neutral(new: &Graph, kind: BinaryKind, b: ValueId) -> bool {
    match kind {
        BinaryKind::Add | BinaryKind::Sub => uniform(new, b) == Some(0.0),
        BinaryKind::Mul | BinaryKind::Div | BinaryKind::Pow => uniform(new, b) == Some(1.0),
        _ => false,
    }
}

/// A reshape of a reshape.
fn reshape(graph: &Graph, new: &mut Graph, node: &Node, inputs: &[ValueId]) -> Replacement {
    let Some(Node { op: Op::Reshape { .. }, inputs: first, .. }) = producer(new, inputs[0]) else { return Ok(None) };
    let x = first[0];
    if !same_quant(new.ty(x), new.ty(inputs[0])) {
        return Ok(None);
    }
    if new.ty(x) == graph.ty(node.outputs[0]) && !graph.outputs.contains(&node.outputs[0]) {
        return Ok(Some(vec![x]));
    }
    replace(new, graph, node, node.op.clone(), &[x])
}

/// A transpose of a transpose, and one that moves only axes of length 1.
fn transpose(graph: &Graph, new: &mut Graph, node: &Node, inputs: &[ValueId], perm: &[usize]) -> Replacement {
    let (mut x, mut perm) = (inputs[0], perm.to_vec());
    let mut changed = false;
    if let Some(Node { op: Op::Transpose { perm: first }, inputs: behind, .. }) = producer(new, x)
        && same_quant(new.ty(behind[0]), new.ty(x))
    {
        perm = perm.iter().map(|&p| first[p]).collect();
        (x, changed) = (behind[0], true);
    }
    let out = graph.ty(node.outputs[0]);
    let is_output = graph.outputs.contains(&node.outputs[0]);
    if perm.iter().copied().eq(0..perm.len()) && new.ty(x) == out && !is_output {
        return Ok(Some(vec![x]));
    }
    let one_scale = out.quant.as_ref().is_none_or(|q| q.scales.len() == 1);
    if one_scale && same_quant(new.ty(x), out) && moves_units_only(&perm, &new.ty(x).shape) {
        let reshaped = Node { op: Op::Reshape { shape: out.shape.clone() }, ..node.clone() };
        return match reshape(graph, new, &reshaped, &[x])? {
            Some(outputs) => Ok(Some(outputs)),
            None => replace(new, graph, node, reshaped.op, &[x]),
        };
    }
    if changed { replace(new, graph, node, Op::Transpose { perm }, &[x]) } else { Ok(None) }
}

/// A lookup in the f32 form of a constant of halves.
fn gather(graph: &Graph, new: &mut Graph, node: &Node, inputs: &[ValueId]) -> Replacement {
    let Some(Node { op: Op::Cast { dtype: DType::F32 }, inputs: table, .. }) = producer(new, inputs[0]).cloned() else {
        return Ok(None);
    };
    if !matches!(new.ty(table[0]).dtype, DType::F16 | DType::BF16) || new.tensor(table[0]).is_none() {
        return Ok(None);
    }
    let halves = push(new, &format!("{}/half", name(graph, node)), node.op.clone(), &[table[0], inputs[1]], None)?;
    replace(new, graph, node, Op::Cast { dtype: DType::F32 }, &[halves])
}

fn unary(graph: &Graph, new: &mut Graph, node: &Node, inputs: &[ValueId], kind: UnaryKind) -> Replacement {
    if graph.ty(node.outputs[0]).dtype != DType::F32 {
        return Ok(None);
    }
    match kind {
        UnaryKind::LeakyRelu { alpha: 0.0 } => clamp(graph, new, node, inputs[0], [0.0, f32::INFINITY]),
        UnaryKind::Clamp { min, max } => {
            let wide = [min, max] != normal_limits([min, max]);
            let chained =
                matches!(producer(new, inputs[0]), Some(Node { op: Op::Unary { kind: UnaryKind::Clamp { .. } }, .. }));
            if wide || chained { clamp(graph, new, node, inputs[0], [min, max]) } else { Ok(None) }
        }
        _ => Ok(None),
    }
}

/// Limits that no finite value reaches are infinite.
fn normal_limits([min, max]: [f32; 2]) -> [f32; 2] {
    let low = if min <= f32::MIN { f32::NEG_INFINITY } else { min };
    let high = if max >= f32::MAX { f32::INFINITY } else { max };
    // A zero has one sign here.
    [low + 0.0, high + 0.0]
}

/// Replaces a node by a clamp, joined with a clamp before it.
fn clamp(graph: &Graph, new: &mut Graph, node: &Node, x: ValueId, limits: [f32; 2]) -> Replacement {
    let [mut min, mut max] = normal_limits(limits);
    let mut x = x;
    if let Some(Node { op: Op::Unary { kind: UnaryKind::Clamp { min: a, max: b } }, inputs, .. }) = producer(new, x)
        && a <= b
        && min <= max
    {
        (min, max) = (a.max(min).min(max), b.max(min).min(max));
        x = inputs[0];
    }
    replace(new, graph, node, Op::Unary { kind: UnaryKind::Clamp { min, max } }, &[x])
}

fn binary(
    graph: &Graph,
    new: &mut Graph,
    node: &Node,
    inputs: &[ValueId],
    kind: BinaryKind,
    activation: Activation,
) -> Replacement {
    let out = graph.ty(node.outputs[0]);
    if out.dtype != DType::F32 || new.ty(inputs[0]).dtype != DType::F32 {
        return Ok(None);
    }
    let with = |kind| Op::Binary { kind, activation };
    let (a, b) = (inputs[0], inputs[1]);
    let commutes = matches!(kind, BinaryKind::Add | BinaryKind::Mul | BinaryKind::Min | BinaryKind::Max);
    if commutes && new.tensor(a).is_some() && new.tensor(b).is_none() {
        // Constants come second.
        return replace(new, graph, node, node.op.clone(), &[b, a]);
    }
    let same_shape = new.ty(a).shape == out.shape;
    match (kind, reals(new, b), uniform(new, b)) {
        (BinaryKind::Sub, Some(values), _) => {
            let negated: Vec<f32> = values.iter().map(|v| -v).collect();
            let b = constant(new, &format!("{}/negated", name(graph, node)), &new.ty(b).shape.clone(), &negated);
            replace(new, graph, node, with(BinaryKind::Add), &[a, b])
        }
        (BinaryKind::Div, Some(values), _) if values.iter().all(|&v| is_power_of_two(v)) => {
            let reciprocals: Vec<f32> = values.iter().map(|v| 1.0 / v).collect();
            let b = constant(new, &format!("{}/reciprocal", name(graph, node)), &new.ty(b).shape.clone(), &reciprocals);
            replace(new, graph, node, with(BinaryKind::Mul), &[a, b])
        }
        (BinaryKind::Pow, _, Some(2.0)) if same_shape => replace(new, graph, node, with(BinaryKind::Mul), &[a, a]),
        (BinaryKind::SquaredDifference, _, Some(0.0)) if same_shape => {
            replace(new, graph, node, with(BinaryKind::Mul), &[a, a])
        }
        (BinaryKind::Max, _, Some(v)) if same_shape && activation == Activation::None => {
            clamp(graph, new, node, a, [v, f32::INFINITY])
        }
        (BinaryKind::Min, _, Some(v)) if same_shape && activation == Activation::None => {
            clamp(graph, new, node, a, [f32::NEG_INFINITY, v])
        }
        (BinaryKind::Mul, ..) if activation == Activation::None => hard_swish(graph, new, node, a, b),
        _ => Ok(None),
    }
}

fn is_power_of_two(v: f32) -> bool {
    v.is_normal() && v.to_bits() << 9 == 0 && (1.0 / v).is_normal()
}

/// `x * hard_sigmoid(x)`, as mobile networks are exported.
fn hard_swish(graph: &Graph, new: &mut Graph, node: &Node, a: ValueId, b: ValueId) -> Replacement {
    for (x, gate) in [(a, b), (b, a)] {
        if let Some(Node { op: Op::Unary { kind: UnaryKind::HardSigmoid { alpha, beta } }, inputs, .. }) =
            producer(new, gate)
            && inputs[0] == x
            && (*alpha, *beta) == (1.0 / 6.0, 0.5)
        {
            return replace(new, graph, node, Op::Unary { kind: UnaryKind::HardSwish }, &[x]);
        }
    }
    Ok(None)
}
