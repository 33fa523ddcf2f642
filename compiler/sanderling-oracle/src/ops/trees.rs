//! Tree ensembles.

use sanderling_ir::{Forest, Tensor};

use super::Node;
use crate::OracleError;

/// The sums of leaves, in `f32` and in the order of the trees, as XGBoost has them.
pub fn tree_ensemble(node: &Node) -> Result<Tensor, OracleError> {
    let (x, features) = (node.inputs[0].as_f32(), node.inputs[0].ty.shape[1]);
    let forest =
        Forest::read(&node.inputs[1..], features).map_err(|why| OracleError::Invalid { op: node.op.name(), why })?;
    let mut sums = Vec::with_capacity(node.out().elements());
    for row in 0..node.out().shape[0] {
        let row = &x[row * features..(row + 1) * features];
        let mut outputs = forest.base.clone();
        for root in &forest.roots {
            let leaf = forest.leaf(root, row) * forest.width;
            let values = &forest.leaves[leaf..leaf + forest.width];
            outputs[root.target..].iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
        }
        sums.extend(outputs);
    }
    Ok(Tensor::from_f32(node.out().clone(), &sums))
}
