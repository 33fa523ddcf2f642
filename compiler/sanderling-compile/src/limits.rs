//! Offsets of an artifact have 31 bits: what cannot fit is refused before anybody computes with its sizes.

use sanderling_ir::{Graph, Source, ValueId};

use crate::CompileError;

/// Bytes of all values together, and of all constants together, in any number of which sums stay below 2^32.
const MOST: u64 = 1 << 31;

/// Nodes of a graph: the time of the scheduler and the planner grows with the square.
const MOST_NODES: usize = 20_000;

/// Refuses a graph of too many nodes, or whose values are too large, and names the largest.
pub fn check(graph: &Graph) -> Result<(), CompileError> {
    let nodes = graph.nodes.len();
    if nodes > MOST_NODES {
        return Err(CompileError::TooMany { nodes, most: MOST_NODES });
    }
    let is_constant = |id: usize| matches!(graph.values[id].source, Source::Constant(_));
    for (what, constants) in [("values", false), ("constants", true)] {
        let ids = || (0..graph.values.len()).filter(|&id| is_constant(id) == constants);
        let needed = ids().fold(0u64, |sum, id| sum.saturating_add(bytes(graph, id)));
        if needed > MOST {
            let largest = ids().max_by_key(|&id| bytes(graph, id)).map(|id| graph.values[id].name.clone());
            let largest = largest.unwrap_or_default();
            return Err(CompileError::TooLarge { what, needed, most: MOST, largest });
        }
    }
    Ok(())
}

fn bytes(graph: &Graph, id: usize) -> u64 {
    let ty = graph.ty(ValueId(id));
    ty.shape.iter().fold(ty.dtype.bytes() as u64, |n, &d| n.saturating_mul(d as u64))
}

#[cfg(test)]
mod tests {
    use sanderling_ir::{DType, Module, Op, TensorType, UnaryKind};

    use super::*;

    #[test]
    fn sizes_beyond_31_bits_are_refused() {
        let mut graph = Graph::new("main");
        let x = graph.input("x", TensorType::new(DType::F32, &[1 << 15, 1 << 14]));
        let y = graph.push("huge", Op::Unary { kind: UnaryKind::Exp }, &[x], None).unwrap();
        graph.outputs.push(y);
        let target = sanderling_targets::find("host").unwrap();
        let why = crate::compile(&Module::new("m", graph), &target).unwrap_err().to_string();
        assert!(why.contains("4294967296 bytes") && why.contains("smaller inputs"), "{why}");
    }

    #[test]
    fn too_many_nodes_are_refused() {
        let mut graph = Graph::new("main");
        let mut x = graph.input("x", TensorType::new(DType::F32, &[1]));
        for i in 0..=MOST_NODES {
            x = graph.push(&format!("n{i}"), Op::Unary { kind: UnaryKind::Exp }, &[x], None).unwrap();
        }
        graph.outputs.push(x);
        assert!(check(&graph).unwrap_err().to_string().contains("20001 nodes"));
    }
}
