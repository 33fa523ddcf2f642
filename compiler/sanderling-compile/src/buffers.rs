//! Which values share memory, and when it is in use.

use sanderling_ir::{Graph, Op, Source, ValueId};

use crate::lower::keeps_bytes;
use crate::plan::{Plan, Request};

/// The buffers of a graph: one for each value that is computed or given, fewer where a value is another's view.
#[derive(Debug)]
pub struct Buffers {
    requests: Vec<Request>,
    /// The buffer of each value; none for constants.
    of_value: Vec<Option<usize>>,
    /// The scratch buffer of each node.
    scratch: Vec<Option<usize>>,
}

/// Assigns buffers. Inputs are written before step 0, node `i` runs at step `i`, outputs are read at the end.
pub fn assign(graph: &Graph) -> Buffers {
    let mut buffers = Buffers {
        requests: Vec::new(),
        of_value: vec![None; graph.values.len()],
        scratch: vec![None; graph.nodes.len()],
    };
    let end = graph.nodes.len();
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
    for &id in &graph.outputs {
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
            self.requests.push(Request { bytes, first: step, last: step });
        }
    }

    /// What the planner has to place.
    pub fn requests(&self) -> Vec<Request> {
        self.requests.clone()
    }

    /// Where a value lies; constants that are no outputs lie elsewhere.
    pub fn offset(&self, plan: &Plan, value: ValueId) -> u32 {
        self.of_value[value.0].map_or(0, |buffer| plan.offsets[buffer])
    }

    /// Where a node's scratch lies.
    pub fn scratch_offset(&self, plan: &Plan, step: usize) -> u32 {
        self.scratch[step].map_or(0, |buffer| plan.offsets[buffer])
    }

    /// Bytes in use during a step.
    pub fn live_bytes(&self, step: usize) -> u32 {
        self.requests.iter().filter(|r| r.first <= step && step <= r.last).map(|r| r.bytes).sum()
    }

    fn open(&mut self, graph: &Graph, id: ValueId, step: usize) {
        self.of_value[id.0] = Some(self.requests.len());
        self.requests.push(Request { bytes: graph.ty(id).bytes() as u32, first: step, last: step });
    }

    fn extend(&mut self, id: ValueId, step: usize) {
        if let Some(buffer) = self.of_value[id.0] {
            let last = &mut self.requests[buffer].last;
            *last = step.max(*last);
        }
    }
}
