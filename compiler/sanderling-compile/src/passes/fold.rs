//! Computes what is known while compiling: nodes that read constants alone become constants.

use sanderling_ir::{Graph, Node, Tensor, TensorType, ValueId};
use sanderling_oracle::evaluate;

use super::rewrite::rewrite;
use crate::CompileError;

/// A result may be this many bytes whatever its inputs, or [`GROWTH_MAX`] times as many as they: weights that become real
/// numbers fold, a constant that is repeated over an image does not.
const BYTES_FREE: usize = 64 * 1024;
const GROWTH_MAX: usize = 4;

pub fn run(graph: &Graph) -> Result<Graph, CompileError> {
    rewrite(graph, |new, node, inputs| {
        let constants: Option<Vec<&Tensor>> = inputs.iter().map(|&id| new.tensor(id)).collect();
        let Some(constants) = constants.filter(|c| is_worth_it(graph, node, c)) else { return Ok(None) };
        let types: Vec<TensorType> = node.outputs.iter().map(|&id| graph.ty(id).clone()).collect();
        // What the oracle cannot compute stays as it is, and lowering says what is wrong with it.
        let Ok(results) = evaluate(&node.op, &constants, &types) else { return Ok(None) };
        let names = node.outputs.iter().map(|id| graph.values[id.0].name.clone());
        let folded: Vec<ValueId> = names.zip(results).map(|(name, tensor)| new.constant(&name, tensor)).collect();
        Ok(Some(folded))
    })
}

fn is_worth_it(graph: &Graph, node: &Node, inputs: &[&Tensor]) -> bool {
    let is_output = node.outputs.iter().any(|id| graph.outputs.contains(id));
    let before: usize = inputs.iter().map(|t| t.data.len()).sum();
    let after: usize = node.outputs.iter().map(|&id| graph.ty(id).bytes()).sum();
    !is_output && !inputs.is_empty() && (after <= BYTES_FREE || after <= before * GROWTH_MAX)
}

#[cfg(test)]
mod tests {
    use sanderling_ir::{BinaryKind, DType, Op, Source};

    use super::*;

    #[test]
    fn a_sum_of_constants_is_a_constant() {
        let mut g = Graph::new("main");
        let ty = TensorType::new(DType::F32, &[2]);
        let add = || Op::Binary { kind: BinaryKind::Add, activation: Default::default() };
        let x = g.input("x", ty.clone());
        let a = g.constant("a", Tensor::from_f32(ty.clone(), &[1.0, 2.0]));
        let b = g.constant("b", Tensor::from_f32(ty, &[3.0, 4.0]));
        let sum = g.push("sum", add(), &[a, b], None).unwrap();
        let y = g.push("y", add(), &[x, sum], None).unwrap();
        g.outputs.push(y);
        let folded = run(&g).unwrap();
        assert_eq!(folded.nodes.len(), 1);
        let constant = folded.values.iter().find(|v| v.name == "sum").unwrap();
        let Source::Constant(tensor) = &constant.source else { panic!("sum is not a constant") };
        assert_eq!(tensor.as_f32(), [4.0, 6.0]);
    }
}
