//! Which values share memory, and when it is in use.

use std::collections::BTreeMap;

use sanderling_format::ALIGN;
use sanderling_ir::{Graph, Op, Source, ValueId};

use crate::lower::keeps_bytes;
use crate::plan::{Plan, Request};

/// Where a value is kept.
#[derive(Clone, Copy, Debug)]
enum Home {
    /// At this offset of the head of the arena, which lives across runs.
    State(u32),
    /// In this buffer.
    Buffer(usize),
}

/// The buffers of a graph: one for each value that is computed or given, fewer where a value is another's view.
#[derive(Clone, Debug)]
pub struct Buffers {
    /// Bytes of the arena's head that live across runs.
    pub state_bytes: u32,
    requests: Vec<Request>,
    /// None for constants.
    of_value: Vec<Option<Home>>,
    /// The scratch buffer of each node.
    scratch: Vec<Option<usize>>,
}

/// A part of the arena in use, for people: what, where and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// Of the value, or of the node whose scratch it is.
    pub name: String,
    pub kind: SpanKind,
    pub offset: u32,
    pub bytes: u32,
    /// Nodes: the first and the last at which it is in use.
    pub first: usize,
    pub last: usize,
}

/// What a part of the arena holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SpanKind {
    State,
    Input,
    Value,
    Output,
    Scratch,
}

/// Assigns buffers. Inputs are written before step 0, node `i` runs at step `i`, outputs are read at the end.
pub fn assign(graph: &Graph) -> Buffers {
    let mut buffers = Buffers {
        state_bytes: 0,
        requests: Vec::new(),
        of_value: vec![None; graph.values.len()],
        scratch: vec![None; graph.nodes.len()],
    };
    let end = graph.nodes.len();
    for state in &graph.states {
        buffers.of_value[state.input.0] = Some(Home::State(buffers.state_bytes));
        buffers.state_bytes += (graph.ty(state.input).bytes() as u32).next_multiple_of(ALIGN);
    }
    for &id in &graph.inputs {
        buffers.open(graph, id, 0);
    }
    for (step, node) in graph.nodes.iter().enumerate() {
        if is_view(graph, node) {
            buffers.of_value[node.outputs[0].0] = buffers.of_value[node.inputs[0].0];
        } else {
            node.outputs.iter().for_each(|&id| buffers.open(graph, id, step));
        }
        for id in &node.inputs {
            buffers.extend(*id, step);
        }
    }
    for &id in graph.outputs.iter().chain(graph.states.iter().map(|s| &s.next)) {
        if matches!(graph.values[id.0].source, Source::Constant(_)) && buffers.of_value[id.0].is_none() {
            buffers.open(graph, id, end);
        }
        buffers.extend(id, end);
    }
    buffers
}

/// Whether the output of a node is its input under another shape, so that nothing has to run.
pub fn is_view(graph: &Graph, node: &sanderling_ir::Node) -> bool {
    matches!(node.op, Op::Reshape { .. })
        && !matches!(graph.values[node.inputs[0].0].source, Source::Constant(_))
        && keeps_bytes(graph.ty(node.inputs[0]), graph.ty(node.outputs[0]))
}

impl Buffers {
    /// Gives a node working memory for its step.
    pub fn add_scratch(&mut self, step: usize, bytes: u32) {
        if bytes > 0 {
            self.scratch[step] = Some(self.requests.len());
            self.requests.push(Request { bytes, first: step, last: step, with: None });
        }
    }

    /// The buffer of a value, where it has one.
    pub fn buffer(&self, value: ValueId) -> Option<usize> {
        match self.of_value[value.0] {
            Some(Home::Buffer(buffer)) => Some(buffer),
            _ => None,
        }
    }

    /// The last step in which a buffer is in use.
    pub fn last(&self, buffer: usize) -> usize {
        self.requests[buffer].last
    }

    /// Puts the output of the node of `step` where the buffer `input` ends, and changes its scratch.
    pub fn share(&mut self, step: usize, input: usize, output: usize, scratch: u32) {
        self.requests[output].with = Some(input);
        match self.scratch[step] {
            Some(buffer) => self.requests[buffer].bytes = scratch,
            None => self.add_scratch(step, scratch),
        }
    }

    /// Whether a value lies in the place of another.
    pub fn is_in_place(&self, value: ValueId) -> bool {
        self.buffer(value).is_some_and(|buffer| self.requests[buffer].with.is_some())
    }

    /// What the planner has to place, behind the states.
    pub fn requests(&self) -> &[Request] {
        &self.requests
    }

    /// Where a value lies; constants that are no outputs lie elsewhere.
    pub fn offset(&self, plan: &Plan, value: ValueId) -> u32 {
        match self.of_value[value.0] {
            Some(Home::State(offset)) => offset,
            Some(Home::Buffer(buffer)) => self.state_bytes + plan.offsets[buffer],
            None => 0,
        }
    }

    /// Where a node's scratch lies.
    pub fn scratch_offset(&self, plan: &Plan, step: usize) -> u32 {
        self.scratch[step].map_or(0, |buffer| self.state_bytes + plan.offsets[buffer])
    }

    /// Everything in the arena, in the order of its first use. Values that share a buffer go by the name of the first.
    pub fn spans(&self, plan: &Plan, graph: &Graph) -> Vec<Span> {
        let mut spans: Vec<Option<Span>> = vec![None; self.requests.len()];
        let mut states = Vec::new();
        for (index, value) in graph.values.iter().enumerate() {
            let id = ValueId(index);
            let kind = match value.source {
                Source::State => SpanKind::State,
                _ if graph.outputs.contains(&id) => SpanKind::Output,
                Source::Input => SpanKind::Input,
                _ => SpanKind::Value,
            };
            let name = value.name.clone();
            match self.of_value[index] {
                Some(Home::State(offset)) if kind == SpanKind::State => {
                    let bytes = value.ty.bytes() as u32;
                    states.push(Span { name, kind, offset, bytes, first: 0, last: graph.nodes.len() });
                }
                Some(Home::Buffer(buffer)) => {
                    let span = spans[buffer].get_or_insert_with(|| self.span(plan, buffer, name, kind));
                    // A view that is an output makes its buffer one.
                    span.kind = if kind == SpanKind::Output { kind } else { span.kind };
                }
                _ => {}
            }
        }
        for (step, buffer) in self.scratch.iter().enumerate() {
            if let Some(buffer) = *buffer {
                let name = graph.values[graph.nodes[step].outputs[0].0].name.clone();
                spans[buffer] = Some(self.span(plan, buffer, name, SpanKind::Scratch));
            }
        }
        let mut spans: Vec<Span> = states.into_iter().chain(spans.into_iter().flatten()).collect();
        spans.sort_by_key(|s| (s.first, s.kind, s.offset));
        spans
    }

    fn span(&self, plan: &Plan, buffer: usize, name: String, kind: SpanKind) -> Span {
        let Request { bytes, first, last, .. } = self.requests[buffer];
        Span { name, kind, offset: self.state_bytes + plan.offsets[buffer], bytes, first, last }
    }

    /// Bytes in use during a step: of what shares an offset the largest.
    pub fn live_bytes(&self, step: usize) -> u32 {
        let mut blocks = BTreeMap::new();
        for (index, request) in self.requests.iter().enumerate().filter(|(_, r)| r.first <= step && step <= r.last) {
            let root = std::iter::successors(Some(index), |&i| self.requests[i].with).last();
            let most = blocks.entry(root).or_insert(0);
            *most = request.bytes.max(*most);
        }
        self.state_bytes + blocks.values().sum::<u32>()
    }

    fn open(&mut self, graph: &Graph, id: ValueId, step: usize) {
        self.of_value[id.0] = Some(Home::Buffer(self.requests.len()));
        self.requests.push(Request { bytes: graph.ty(id).bytes() as u32, first: step, last: step, with: None });
    }

    fn extend(&mut self, id: ValueId, step: usize) {
        if let Some(Home::Buffer(buffer)) = self.of_value[id.0] {
            let last = &mut self.requests[buffer].last;
            *last = step.max(*last);
        }
    }
}
