//! Removes what no output needs: conversion leaves constants behind that it only read, and nodes that it replaced.

use std::collections::HashMap;

use sanderling_ir::{Graph, Source, ValueId};

/// The graph without values that nothing reads. Inputs stay, read or not: they are the interface.
pub(super) fn sweep(graph: Graph) -> Graph {
    let mut needed = vec![false; graph.values.len()];
    for id in graph.inputs.iter().chain(&graph.outputs) {
        needed[id.0] = true;
    }
    let mut alive = vec![false; graph.nodes.len()];
    for (i, node) in graph.nodes.iter().enumerate().rev() {
        alive[i] = node.outputs.iter().any(|id| needed[id.0]);
        if alive[i] {
            node.inputs.iter().chain(&node.outputs).for_each(|id| needed[id.0] = true);
        }
    }
    renumber(graph, &needed, &alive)
}

fn renumber(graph: Graph, needed: &[bool], alive: &[bool]) -> Graph {
    let mut nodes_to = Vec::with_capacity(alive.len());
    let mut count = 0;
    for &stays in alive {
        nodes_to.push(count);
        count += usize::from(stays);
    }
    let mut to = HashMap::new();
    let mut values = Vec::new();
    for (i, mut value) in graph.values.into_iter().enumerate().filter(|(i, _)| needed[*i]) {
        if let Source::Node(node) = &mut value.source {
            *node = nodes_to.get(*node).copied().unwrap_or(0);
        }
        to.insert(ValueId(i), ValueId(values.len()));
        values.push(value);
    }
    let map = |ids: Vec<ValueId>| ids.into_iter().filter_map(|id| to.get(&id).copied()).collect::<Vec<_>>();
    let nodes = graph.nodes.into_iter().zip(alive).filter(|(_, stays)| **stays).map(|(mut node, _)| {
        node.inputs = map(node.inputs);
        node.outputs = map(node.outputs);
        node
    });
    Graph { nodes: nodes.collect(), inputs: map(graph.inputs), outputs: map(graph.outputs), values, ..graph }
}
