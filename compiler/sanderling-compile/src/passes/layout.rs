//! In: transposes around the layers that want channels last, as an importer of channels-first models leaves them. Out:
//! the transposes have moved toward the outputs, past everything that does not care for the order of axes, and are gone
//! where two met. Where that would move more bytes than before, the graph stays as it was.

use sanderling_ir::{Graph, Node, Op, Quant, ValueId};

use super::canonicalize;
use super::rewrite::{Replacement, copy, rewrite};
use super::tools::{inverse, is_weight, moves_units_only, name, producer, push, replace, uses};
use crate::CompileError;

pub fn run(graph: &Graph) -> Result<Graph, CompileError> {
    let mut best = graph.clone();
    for shared in [true, false] {
        let moved = canonicalize::run(&sink(graph, shared)?)?;
        if cost(&moved) < cost(&best) {
            best = moved;
        }
    }
    Ok(best)
}

/// Bytes that transposes move.
fn cost(graph: &Graph) -> usize {
    let moves = |node: &&Node| match &node.op {
        Op::Transpose { perm } => {
            let x = node.inputs[0];
            graph.tensor(x).is_none() && !moves_units_only(perm, &graph.ty(x).shape)
        }
        _ => false,
    };
    graph.nodes.iter().filter(moves).map(|node| graph.ty(node.outputs[0]).bytes()).sum()
}

/// Moves transposes past the nodes that read them; `shared` also those that several nodes read.
fn sink(graph: &Graph, shared: bool) -> Result<Graph, CompileError> {
    let uses = uses(graph);
    rewrite(graph, |new, node, inputs| {
        let data = if matches!(node.op, Op::Gather { .. }) { 1 } else { inputs.len() };
        let found = (0..data).find_map(|i| transposed(new, inputs[i]).map(|(x, perm)| (i, x, perm)));
        let Some((first, _, perm)) = found else { return Ok(None) };
        if !shared && uses[node.inputs[first].0] > 1 {
            return Ok(None);
        }
        match &node.op {
            Op::Transpose { perm: second } => {
                let (x, first) = transposed(new, inputs[0]).expect("found above");
                let perm: Vec<usize> = second.iter().map(|&p| first[p]).collect();
                finish(graph, new, node, x, &perm)
            }
            op => match turned(op, &perm, graph.ty(node.outputs[0]).shape.len()) {
                Some((op, after)) => {
                    let data = if matches!(op, Op::LayerNorm { .. }) { 1 } else { data };
                    past(graph, new, node, inputs, &Turn { op, data, perm, after })
                }
                None => Ok(None),
            },
        }
    })
}

/// What a value is the transpose of.
fn transposed(new: &Graph, id: ValueId) -> Option<(ValueId, Vec<usize>)> {
    match producer(new, id)? {
        Node { op: Op::Transpose { perm }, inputs, .. } => Some((inputs[0], perm.clone())),
        _ => None,
    }
}

/// The op on inputs before `perm`, and the order of its output's axes that is left to do.
fn turned(op: &Op, perm: &[usize], rank: usize) -> Option<(Op, Vec<usize>)> {
    let back = inverse(perm);
    let turn = |list: &[usize]| back.iter().map(|&i| list[i]).collect::<Vec<usize>>();
    let last_stays = perm.last() == Some(&(perm.len() - 1));
    let same = |op: Op| Some((op, perm.to_vec()));
    match op {
        Op::Unary { .. } | Op::Quantize { .. } | Op::Dequantize | Op::Cast { .. } => same(op.clone()),
        Op::Binary { .. } | Op::Select if rank == perm.len() => same(op.clone()),
        Op::Softmax { .. } | Op::LayerNorm { .. } if last_stays => same(op.clone()),
        Op::Concat { axis } => same(Op::Concat { axis: perm[*axis] }),
        Op::Pad { before, after, mode } => same(Op::Pad { before: turn(before), after: turn(after), mode: *mode }),
        Op::Slice { start, step, size } => {
            let step = back.iter().map(|&i| step[i]).collect();
            same(Op::Slice { start: turn(start), step, size: turn(size) })
        }
        Op::Broadcast { shape } if shape.len() == perm.len() => same(Op::Broadcast { shape: turn(shape) }),
        Op::Gather { axis } if rank == perm.len() => same(Op::Gather { axis: perm[*axis] }),
        Op::Reduce { kind, axes, keep_dims } => {
            let mut gone: Vec<usize> = axes.iter().map(|&a| perm[a]).collect();
            gone.sort_unstable();
            let after = if *keep_dims { perm.to_vec() } else { without(perm, &gone) };
            Some((Op::Reduce { kind: *kind, axes: gone, keep_dims: *keep_dims }, after))
        }
        Op::ArgMax { axis, dtype } => {
            Some((Op::ArgMax { axis: perm[*axis], dtype: *dtype }, without(perm, &[perm[*axis]])))
        }
        _ => None,
    }
}

/// The order of the axes that are left.
fn without(perm: &[usize], gone: &[usize]) -> Vec<usize> {
    let below = |p: usize| gone.iter().filter(|&&g| g < p).count();
    perm.iter().filter(|p| !gone.contains(p)).map(|&p| p - below(p)).collect()
}

/// What becomes of a node that a transpose passes.
struct Turn {
    op: Op,
    /// How many of its inputs turn.
    data: usize,
    /// The order of axes that its inputs had.
    perm: Vec<usize>,
    /// The order that is left to do behind it.
    after: Vec<usize>,
}

/// The node on its inputs before the transpose, then the transpose.
fn past(graph: &Graph, new: &mut Graph, node: &Node, inputs: &[ValueId], turn: &Turn) -> Replacement {
    let Turn { op, data, perm, after } = turn;
    if !inputs[..*data].iter().all(|&id| can_turn(new, id, perm)) {
        return Ok(None);
    }
    let mut turned = inputs.to_vec();
    for id in &mut turned[..*data] {
        *id = turn_back(new, *id, perm)?;
    }
    let out = graph.ty(node.outputs[0]);
    let quant = out.quant.as_ref().map(|q| match q.scales.len() {
        1 => q.clone(),
        _ => Quant { axis: after[q.axis], ..q.clone() },
    });
    if after.iter().copied().eq(0..after.len()) {
        return replace(new, graph, node, op.clone(), &turned);
    }
    // The value that lives on has the name; an output keeps its own.
    let own = name(graph, node);
    let is_output = graph.outputs.contains(&node.outputs[0]);
    let value = if is_output { format!("{own}/last") } else { own.to_string() };
    let y = push(new, &value, op.clone(), &turned, quant)?;
    let outputs = finish(graph, new, node, y, after)?;
    if let Some([moved]) = outputs.as_deref()
        && *moved != y
        && !is_output
    {
        new.values[moved.0].name = format!("{own}/transposed");
    }
    Ok(outputs)
}

/// The transpose of `x` in the place of `node`.
fn finish(graph: &Graph, new: &mut Graph, node: &Node, x: ValueId, perm: &[usize]) -> Replacement {
    if perm.iter().copied().eq(0..perm.len()) {
        if !graph.outputs.contains(&node.outputs[0]) {
            return Ok(Some(vec![x]));
        }
        let view = Node { op: Op::Reshape { shape: new.ty(x).shape.clone() }, ..node.clone() };
        return Ok(Some(copy(new, graph, &view, vec![x])));
    }
    let transpose = Node { op: Op::Transpose { perm: perm.to_vec() }, ..node.clone() };
    Ok(Some(copy(new, graph, &transpose, vec![x])))
}

/// Whether a value before `perm` costs nothing: it is such a transpose, a constant, or its bytes do not move.
fn can_turn(new: &Graph, id: ValueId, perm: &[usize]) -> bool {
    let shape = &new.ty(id).shape;
    if let Some((_, own)) = transposed(new, id) {
        return own == perm;
    }
    let one_scale = new.ty(id).quant.as_ref().is_none_or(|q| q.scales.len() == 1);
    let padded = padded(shape, perm.len());
    shape.len() <= perm.len() && one_scale && (is_weight(new, id) || moves_units_only(&inverse(perm), &padded))
}

fn padded(shape: &[usize], rank: usize) -> Vec<usize> {
    [&vec![1; rank.saturating_sub(shape.len())], shape].concat()
}

fn turn_back(new: &mut Graph, id: ValueId, perm: &[usize]) -> Result<ValueId, CompileError> {
    if let Some((x, _)) = transposed(new, id) {
        return Ok(x);
    }
    let (ty, name) = (new.ty(id).clone(), new.values[id.0].name.clone());
    if ty.elements() == 1 {
        return Ok(id);
    }
    let mut x = id;
    if ty.shape.len() < perm.len() {
        let shape = padded(&ty.shape, perm.len());
        x = push(new, &format!("{name}/wide"), Op::Reshape { shape }, &[x], ty.quant.clone())?;
    }
    push(new, &format!("{name}/last"), Op::Transpose { perm: inverse(perm) }, &[x], ty.quant)
}
