//! Channels brought to one range, so that one scale for all of them suits each (Nagel and others, 2019).
//!
//! A channel that is divided by a factor where it is made, and multiplied by it where it is read, changes nothing else, so
//! long as what lies between only adds, pools and cuts off at zero. Only depthwise layers read such channels: their weights
//! have a scale for each, which takes the factor for nothing. Factors are powers of two: the real model still
//! computes the very same bits.

use sanderling_ir::{Activation, BinaryKind, DType, Graph, Node, Op, ReduceKind, Tensor, ValueId};

use super::runs::{self, Counter};
use crate::CompileError;
use crate::passes::rewrite::{copy, rewrite};
use crate::passes::tools::{constant, name, reals};

/// Most halvings of a channel: what is smaller yet is hardly there.
const MOST: i32 = 6;

/// A graph that computes the same, its channels as large as each other on the samples.
pub(crate) fn run(graph: &Graph, samples: &[Vec<Tensor>], counter: &Counter) -> Result<Graph, CompileError> {
    let ties = Ties::new(graph);
    let factors = ties.factors(&largest(graph, samples, counter)?);
    rewrite(graph, |new, node, inputs| {
        if !has_weights(graph, node) {
            return Ok(None);
        }
        let (read, made) = (ties.of(&factors, node.inputs[0]), ties.of(&factors, node.outputs[0]));
        if read.is_none() && made.is_none() {
            return Ok(None);
        }
        let (shape, values) =
            (graph.ty(node.inputs[1]).shape.clone(), reals(graph, node.inputs[1]).unwrap_or_default());
        let (row, each) = (values.len() / shape[0], shape[shape.len() - 1]);
        let is_depthwise = is_depthwise(graph, node);
        let factor = |i: usize| {
            let from = if is_depthwise { i / row } else { i % each };
            read.map_or(1.0, |f| f[from]) / made.map_or(1.0, |f| f[i / row])
        };
        let weights: Vec<f32> = values.iter().enumerate().map(|(i, w)| w * factor(i)).collect();
        let bias = reals(graph, node.inputs[2]).unwrap_or_default().into_iter().enumerate();
        let bias: Vec<f32> = bias.map(|(o, b)| b / made.map_or(1.0, |f| f[o])).collect();
        let weights = constant(new, &format!("{}/equal", name(graph, node)), &shape, &weights);
        let bias = constant(new, &format!("{}/equal_bias", name(graph, node)), &[bias.len()], &bias);
        Ok(Some(copy(new, graph, node, vec![inputs[0], weights, bias])))
    })
}

/// The largest magnitude of each channel of each real value.
fn largest(graph: &Graph, samples: &[Vec<Tensor>], counter: &Counter) -> Result<Vec<Vec<f32>>, CompileError> {
    let new = || vec![Vec::new(); graph.values.len()];
    let see = |seen: &mut Vec<Vec<f32>>, id: ValueId, tensor: &Tensor| {
        let channels = tensor.ty.shape.last().copied().unwrap_or(1).max(1);
        if tensor.ty.dtype != DType::F32 {
            return;
        }
        let seen = &mut seen[id.0];
        seen.resize(channels, 0f32);
        for pixel in tensor.as_f32().chunks_exact(channels) {
            seen.iter_mut().zip(pixel).for_each(|(most, v)| *most = most.max(v.abs()));
        }
    };
    let merge = |mut a: Vec<Vec<f32>>, b: Vec<Vec<f32>>| {
        for (a, b) in a.iter_mut().zip(b) {
            a.resize(a.len().max(b.len()), 0.0);
            a.iter_mut().zip(b).for_each(|(a, b)| *a = a.max(b));
        }
        a
    };
    runs::observe(graph, samples, counter, new, see, merge)
}

/// Whether a node has weights and a bias of its own, and an activation that keeps what is positive.
fn has_weights(graph: &Graph, node: &Node) -> bool {
    let groups_fit = match node.op {
        Op::Conv2d { groups, .. } => groups == 1 || is_depthwise(graph, node),
        Op::FullyConnected { .. } => true,
        _ => false,
    };
    groups_fit && keeps_scale(node.op.activation()) && node.inputs[1..].iter().all(|&id| reals(graph, id).is_some())
}

fn is_depthwise(graph: &Graph, node: &Node) -> bool {
    let channels = graph.ty(node.inputs[0]).shape.last().copied();
    let outputs = graph.ty(node.outputs[0]).shape.last().copied();
    matches!(node.op, Op::Conv2d { groups, .. } if groups > 1 && Some(groups) == channels && channels == outputs)
}

fn keeps_scale(activation: Activation) -> bool {
    matches!(activation, Activation::None | Activation::Relu)
}

/// Values whose channels have one factor, found through their parents.
struct Ties {
    parent: Vec<usize>,
    /// By root: whether something reads or makes the value that no factor may reach.
    fixed: Vec<bool>,
}

impl Ties {
    fn new(graph: &Graph) -> Ties {
        let count = graph.values.len();
        let mut ties = Ties { parent: (0..count).collect(), fixed: vec![false; count] };
        let states = graph.states.iter().flat_map(|s| [s.input, s.next]);
        graph.inputs.iter().chain(&graph.outputs).copied().chain(states).for_each(|id| ties.fixed[id.0] = true);
        for node in &graph.nodes {
            let all = node.inputs.iter().chain(&node.outputs).copied();
            if has_weights(graph, node) {
                // Elsewhere small weights would lose resolution beside large ones of the same output.
                if !is_depthwise(graph, node) {
                    ties.fix(node.inputs[0]);
                }
                continue;
            }
            match is_tie(graph, node) {
                true => all.for_each(|id| ties.join(node.outputs[0], id)),
                false => all.for_each(|id| ties.fix(id)),
            }
        }
        ties
    }

    fn root(&self, mut i: usize) -> usize {
        while self.parent[i] != i {
            i = self.parent[i];
        }
        i
    }

    fn join(&mut self, a: ValueId, b: ValueId) {
        let (a, b) = (self.root(a.0), self.root(b.0));
        self.parent[b] = a;
        self.fixed[a] |= self.fixed[b];
    }

    fn fix(&mut self, id: ValueId) {
        let root = self.root(id.0);
        self.fixed[root] = true;
    }

    /// By root, the factor of each channel: its share of the range in the value where it has the largest.
    fn factors(&self, largest: &[Vec<f32>]) -> Vec<Vec<f32>> {
        let mut shares: Vec<Vec<f32>> = vec![Vec::new(); largest.len()];
        for (i, channels) in largest.iter().enumerate() {
            let all = channels.iter().copied().fold(0f32, f32::max);
            let shares = &mut shares[self.root(i)];
            shares.resize(shares.len().max(channels.len()), 0.0);
            if all.is_finite() && all > 0.0 {
                shares.iter_mut().zip(channels).for_each(|(share, v)| *share = share.max(v / all));
            }
        }
        let factor = |share: f32| {
            let halvings = -libm::floor(libm::log2(f64::from(share)));
            if halvings.is_finite() { 2f32.powi(-(halvings as i32).clamp(0, MOST)) } else { 1.0 }
        };
        shares.into_iter().map(|shares| shares.into_iter().map(factor).collect()).collect()
    }

    /// The factors of a value's channels, if it has some.
    fn of<'f>(&self, factors: &'f [Vec<f32>], id: ValueId) -> Option<&'f [f32]> {
        let root = self.root(id.0);
        (!self.fixed[root] && !factors[root].is_empty()).then_some(&factors[root])
    }
}

/// Whether inputs and outputs of a node have the same channels, and a factor of one goes through.
fn is_tie(graph: &Graph, node: &Node) -> bool {
    let shape = |id: ValueId| &graph.ty(id).shape;
    let (x, y) = (shape(node.inputs[0]), shape(node.outputs[0]));
    let are_real = node.inputs.iter().chain(&node.outputs).all(|&id| graph.ty(id).dtype == DType::F32);
    are_real
        && keeps_scale(node.op.activation())
        && match &node.op {
            Op::Binary { kind: BinaryKind::Add, .. } => {
                node.inputs.iter().all(|&id| shape(id) == y && graph.tensor(id).is_none())
            }
            Op::MaxPool2d { .. } | Op::AvgPool2d { .. } => true,
            Op::Reduce { kind: ReduceKind::Mean | ReduceKind::Max, axes, .. } => x.len() == 4 && axes[..] == [1, 2],
            Op::Reshape { .. } => x.last() == y.last(),
            _ => false,
        }
}
