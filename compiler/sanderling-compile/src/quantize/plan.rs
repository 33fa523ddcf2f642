//! Which nodes become integer ones, and with which quantization of their values.

use sanderling_ir::{DType, Graph, Node, Op, Quant, UnaryKind, ValueId};

use super::{Range, Ranges, params, support};

/// The decision for a real graph.
#[derive(Debug)]
pub struct Plan {
    /// Whether each node becomes an integer one.
    pub integer: Vec<bool>,
    /// The quantization of each value that becomes an integer one.
    pub quant: Vec<Option<Quant>>,
    /// The layers that stay real, and why.
    pub kept_float: Vec<String>,
}

/// Decides for every node in order.
///
/// States are taken for integers at first; those that turn out not to be are real, and the rest is decided again.
pub fn plan(graph: &Graph, ranges: &Ranges) -> Plan {
    let seen = |i: &usize| ranges.get(graph.states[*i].next).is_some();
    let mut states: Vec<usize> = (0..graph.states.len()).filter(seen).collect();
    loop {
        let (mut plan, is_integer) = decide(graph, ranges, &states);
        let before = states.len();
        states.retain(|&i| stays_integer(graph, &plan.integer, &is_integer, i));
        if states.len() == before {
            plan.quant = quantizations(graph, ranges, &plan.integer, &is_integer);
            return plan;
        }
    }
}

/// The decision where these states are integers, without quantizations, and which values are integers.
fn decide(graph: &Graph, ranges: &Ranges, states: &[usize]) -> (Plan, Vec<bool>) {
    let mut is_integer = vec![false; graph.values.len()];
    let real = |id: ValueId| graph.ty(id).dtype == DType::F32;
    let inputs = graph.inputs.iter().copied().filter(|&id| ranges.get(id).is_some());
    for id in inputs.chain(states.iter().map(|&i| graph.states[i].input)).filter(|&id| real(id)) {
        is_integer[id.0] = true;
    }
    let mut plan = Plan { integer: Vec::new(), quant: Vec::new(), kept_float: Vec::new() };
    for node in &graph.nodes {
        let verdict = verdict(graph, ranges, &is_integer, node);
        if let Err(Some(why)) = verdict {
            let name = &graph.values[node.outputs[0].0].name;
            plan.kept_float.push(format!("{name} ({}): {why}", node.op));
        }
        plan.integer.push(verdict.is_ok());
        is_integer[node.outputs[0].0] |= verdict.is_ok();
    }
    (plan, is_integer)
}

/// Whether integer nodes alone read a state, and its next value is one.
fn stays_integer(graph: &Graph, nodes: &[bool], is_integer: &[bool], state: usize) -> bool {
    let state = &graph.states[state];
    let mut readers = graph.nodes.iter().zip(nodes).filter(|(node, _)| node.inputs.contains(&state.input));
    is_integer[state.input.0] && is_integer[state.next.0] && readers.all(|(_, &is_integer)| is_integer)
}

/// Whether a node becomes an integer one; if not, why, where a user wants to know.
fn verdict(graph: &Graph, ranges: &Ranges, integer: &[bool], node: &Node) -> Result<(), Option<&'static str>> {
    let (x, y) = (node.inputs[0], node.outputs[0]);
    let is_real = |id: ValueId| graph.ty(id).dtype == DType::F32 && graph.ty(id).quant.is_none();
    if !is_real(x) || !is_real(y) {
        return Err(None);
    }
    support::op(&node.op).map_err(Some)?;
    if ranges.get(y).is_none() {
        return Err(Some("calibration never gave it a finite value"));
    }
    let constant = |id: ValueId| graph.tensor(id).is_some();
    match &node.op {
        Op::Conv2d { .. } | Op::ConvTranspose2d { .. } | Op::FullyConnected { .. } => {
            match node.inputs[1..].iter().all(|&id| constant(id) && is_real(id)) {
                true => Ok(()),
                false => Err(Some("its weights are not constants of real numbers")),
            }
        }
        op if support::moves_elements(op) => match operands(node).iter().all(|&id| integer[id.0] || constant(id)) {
            true => Ok(()),
            false => Err(None),
        },
        _ => Ok(()),
    }
}

/// The inputs of a node that are quantized with it.
pub fn operands(node: &Node) -> &[ValueId] {
    match node.op {
        Op::Conv2d { .. } | Op::ConvTranspose2d { .. } | Op::FullyConnected { .. } | Op::Gather { .. } => {
            &node.inputs[..1]
        }
        _ => &node.inputs,
    }
}

/// Values with one quantization, found through their parents.
struct Groups {
    parent: Vec<usize>,
    range: Vec<Option<Range>>,
    fixed: Vec<Option<Quant>>,
}

impl Groups {
    fn root(&self, mut i: usize) -> usize {
        while self.parent[i] != i {
            i = self.parent[i];
        }
        i
    }

    /// Joins two groups, unless both have other fixed quantizations.
    fn join(&mut self, a: ValueId, b: ValueId) {
        let (a, b) = (self.root(a.0), self.root(b.0));
        if a == b || matches!((&self.fixed[a], &self.fixed[b]), (Some(a), Some(b)) if a != b) {
            return;
        }
        self.parent[b] = a;
        self.range[a] = match (self.range[a], self.range[b]) {
            (Some(a), Some(b)) => Some(a.union(b)),
            (a, b) => a.or(b),
        };
        self.fixed[a] = self.fixed[a].take().or(self.fixed[b].take());
    }

    fn is_fixed(&self, id: ValueId) -> bool {
        self.fixed[self.root(id.0)].is_some()
    }
}

/// The quantization of every integer value: one for all that must share it.
fn quantizations(graph: &Graph, ranges: &Ranges, nodes: &[bool], integer: &[bool]) -> Vec<Option<Quant>> {
    let count = graph.values.len();
    let mut groups = Groups {
        parent: (0..count).collect(),
        range: (0..count).map(|i| ranges.get(ValueId(i))).collect(),
        fixed: vec![None; count],
    };
    let chosen = || graph.nodes.iter().zip(nodes).filter(|(_, is_integer)| **is_integer).map(|(node, _)| node);
    for node in chosen() {
        groups.fixed[node.outputs[0].0] = fixed(&node.op);
    }
    for state in graph.states.iter().filter(|s| integer[s.input.0]) {
        groups.join(state.input, state.next);
    }
    for node in chosen().filter(|node| support::keeps_quantization(&node.op)) {
        let joins_many = matches!(node.op, Op::Concat { .. } | Op::Binary { .. });
        for &id in operands(node).iter().filter(|id| integer[id.0]) {
            // Values of another range than a fixed one change their quantization on the way.
            if !joins_many || groups.is_fixed(id) == groups.is_fixed(node.outputs[0]) {
                groups.join(node.outputs[0], id);
            }
        }
    }
    let quant = |i: usize| {
        let root = groups.root(i);
        groups.fixed[root].clone().or_else(|| groups.range[root].map(params::activation))
    };
    // Real values have a quantization too: outputs use it.
    (0..count).map(|i| if graph.ty(ValueId(i)).dtype == DType::F32 { quant(i) } else { None }).collect()
}

/// The quantization that an op's output has whatever was seen.
fn fixed(op: &Op) -> Option<Quant> {
    match op {
        Op::Softmax { .. } | Op::Unary { kind: UnaryKind::Sigmoid | UnaryKind::HardSigmoid { .. } } => {
            Some(Quant::per_tensor(1.0 / 256.0, -128))
        }
        Op::Unary { kind: UnaryKind::Tanh } => Some(Quant::per_tensor(1.0 / 128.0, 0)),
        _ => None,
    }
}
