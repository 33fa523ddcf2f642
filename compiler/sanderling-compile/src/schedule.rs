//! The order of nodes that needs the least memory at once.

use sanderling_ir::{Graph, Source, ValueId};

/// Orders the nodes greedily, the one that leaves least alive first, where that beats the order of the file.
pub fn schedule(graph: &Graph) -> Graph {
    let given: Vec<usize> = (0..graph.nodes.len()).collect();
    let greedy = greedy(graph);
    if peak(graph, &greedy) < peak(graph, &given) { reordered(graph, &greedy) } else { graph.clone() }
}

fn greedy(graph: &Graph) -> Vec<usize> {
    let mut liveness = Liveness::new(graph);
    let mut order = Vec::with_capacity(graph.nodes.len());
    let mut waiting: Vec<usize> = (0..graph.nodes.len()).collect();
    while !waiting.is_empty() {
        let ready = waiting.iter().enumerate().filter(|(_, n)| liveness.is_ready(**n));
        // The first of equals, so that the order of the file breaks ties.
        let Some((at, _)) = ready.min_by_key(|(_, n)| liveness.growth(**n)) else { break };
        let node = waiting.remove(at);
        liveness.run(node);
        order.push(node);
    }
    order
}

/// The most bytes alive at once when nodes run in this order.
fn peak(graph: &Graph, order: &[usize]) -> i64 {
    let mut liveness = Liveness::new(graph);
    order.iter().map(|&node| liveness.run(node)).max().unwrap_or(0)
}

struct Liveness<'g> {
    graph: &'g Graph,
    /// Readers that have not run; a graph output has one that never does.
    readers: Vec<usize>,
    defined: Vec<bool>,
    live: i64,
}

impl<'g> Liveness<'g> {
    fn new(graph: &'g Graph) -> Self {
        let mut readers = vec![0; graph.values.len()];
        for node in &graph.nodes {
            distinct(&node.inputs).for_each(|id| readers[id.0] += 1);
        }
        graph.outputs.iter().chain(graph.states.iter().map(|s| &s.next)).for_each(|id| readers[id.0] += 1);
        let defined = graph.values.iter().map(|v| !matches!(v.source, Source::Node(_))).collect();
        let live = graph.inputs.iter().map(|&id| bytes(graph, id)).sum();
        Liveness { graph, readers, defined, live }
    }

    fn is_ready(&self, node: usize) -> bool {
        self.graph.nodes[node].inputs.iter().all(|id| self.defined[id.0])
    }

    /// How many bytes more are alive after a node than before.
    fn growth(&self, node: usize) -> i64 {
        let node = &self.graph.nodes[node];
        let born: i64 = node.outputs.iter().map(|&id| bytes(self.graph, id)).sum();
        let dies: i64 =
            distinct(&node.inputs).filter(|id| self.readers[id.0] == 1).map(|id| bytes(self.graph, id)).sum();
        born - dies
    }

    /// Runs a node; the bytes alive while it does.
    fn run(&mut self, node: usize) -> i64 {
        let growth = self.growth(node);
        let node = &self.graph.nodes[node];
        let during = self.live + node.outputs.iter().map(|&id| bytes(self.graph, id)).sum::<i64>();
        node.outputs.iter().for_each(|id| self.defined[id.0] = true);
        distinct(&node.inputs).for_each(|id| self.readers[id.0] -= 1);
        self.live += growth;
        during
    }
}

fn distinct(ids: &[ValueId]) -> impl Iterator<Item = ValueId> + '_ {
    ids.iter().enumerate().filter(|(i, id)| !ids[..*i].contains(id)).map(|(_, &id)| id)
}

fn bytes(graph: &Graph, id: ValueId) -> i64 {
    match graph.values[id.0].source {
        Source::Constant(_) => 0,
        _ => graph.ty(id).bytes() as i64,
    }
}

fn reordered(graph: &Graph, order: &[usize]) -> Graph {
    let mut new = graph.clone();
    new.nodes = order.iter().map(|&n| graph.nodes[n].clone()).collect();
    for (index, node) in new.nodes.iter().enumerate() {
        node.outputs.iter().for_each(|id| new.values[id.0].source = Source::Node(index));
    }
    new
}
