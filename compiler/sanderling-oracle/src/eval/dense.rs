//! Fully connected layers and matrix products.

use sanderling_ir::Tensor;

use super::{finish, is_real, sums};
use crate::ops::{Node, dense};

/// `x * w^T + bias` on real numbers; `None` for other types.
pub fn fully_connected(node: &Node) -> Option<Tensor> {
    let operands = || (node.inputs[0].as_f32(), node.inputs[1].as_f32());
    is_real(node).then(|| {
        let (x, w) = operands();
        finish(node, dense::products(node, &x, &w, sums::dot))
    })
}

/// `a * b` on real numbers; `None` for other types.
pub fn mat_mul(node: &Node) -> Option<Tensor> {
    is_real(node).then(|| {
        let (a, b) = (node.inputs[0].as_f32(), node.inputs[1].as_f32());
        Tensor::from_f32(node.out().clone(), &dense::matrix_products(node, &a, &b, sums::dot))
    })
}
