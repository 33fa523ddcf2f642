//! Fully connected layers of means as means of layers of pixels.
//!
//! The mean of an image rounds to 8 bits before the layer behind it reads it, and nothing averages that out: it is most of
//! the noise of the scores of a small classifier. The layer is linear, so that it may as well come first, as a
//! convolution of one pixel; what its outputs round by, the mean of many of them nearly loses.

use sanderling_ir::{Activation, Graph, Node, Op, Padding, ReduceKind, Rounding, ValueId};

use crate::CompileError;
use crate::lower::macs;
use crate::passes::rewrite::{Replacement, rewrite};
use crate::passes::tools::{constant, name, producer, push, reals};

/// The part of a graph's multiplications that a layer on every pixel may add.
const SHARE: u64 = 100;

/// Brings cheap layers before the means that they read.
pub fn run(graph: &Graph) -> Result<Graph, CompileError> {
    let all: u64 = graph.nodes.iter().map(|node| macs(graph, node)).sum();
    rewrite(graph, |new, node, inputs| before_mean(graph, new, node, inputs, all / SHARE))
}

fn before_mean(graph: &Graph, new: &mut Graph, node: &Node, inputs: &[ValueId], most: u64) -> Replacement {
    let Op::FullyConnected { activation: Activation::None } = node.op else { return Ok(None) };
    let Some(image) = image(new, inputs[0]) else { return Ok(None) };
    let (x, w) = (new.ty(image).shape.clone(), graph.ty(node.inputs[1]).shape.clone());
    let (Some(weights), Some(bias)) = (reals(graph, node.inputs[1]), reals(graph, node.inputs[2])) else {
        return Ok(None);
    };
    // Fewer outputs than channels need no more memory than the image.
    let costs = (x.iter().product::<usize>() * w[0]) as u64;
    if w[1] != x[3] || w[0] > x[3] || costs > most {
        return Ok(None);
    }
    let op = Op::Conv2d {
        stride: [1, 1],
        dilation: [1, 1],
        padding: Padding::default(),
        groups: 1,
        activation: Activation::None,
        rounding: Rounding::Twice,
    };
    let name = name(graph, node);
    let weights = constant(new, &format!("{name}/pixel_weights"), &[w[0], 1, 1, w[1]], &weights);
    let bias = constant(new, &format!("{name}/pixel_bias"), &[w[0]], &bias);
    let pixels = push(new, &format!("{name}/pixels"), op, &[image, weights, bias], None)?;
    let mean = Op::Reduce { kind: ReduceKind::Mean, axes: vec![1, 2], keep_dims: false };
    Ok(Some(vec![push(new, name, mean, &[pixels], None)?]))
}

/// The image, `[n, h, w, c]`, whose mean over height and width a value is, reshaped or not.
fn image(graph: &Graph, id: ValueId) -> Option<ValueId> {
    let node = producer(graph, id)?;
    match &node.op {
        Op::Reshape { .. } => image(graph, node.inputs[0]),
        Op::Reduce { kind: ReduceKind::Mean, axes, .. } => {
            let x = node.inputs[0];
            (axes[..] == [1, 2] && graph.ty(x).shape.len() == 4).then_some(x)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passes::tests::{graph, ops, random_inputs};
    use sanderling_oracle::Oracle;

    const HEAD: &str = "%w = const : f32[16x3x3x8] rand
%b = const : f32[16] rand
%v = const : f32[3x16] rand
%u = const : f32[3] rand
%c = conv2d(%x, %w, %b) {padding=[1, 1, 1, 1], activation=relu} : f32[1x6x6x16]
%r = reduce mean(%c) {axes=[1, 2], keep_dims=true} : f32[1x1x1x16]
%s = reshape(%r) {shape=[1, 16]} : f32[1x16]
%f = fully_connected(%s, %v, %u) : f32[1x3]
return %f";

    #[test]
    fn a_small_layer_comes_before_the_mean_and_computes_the_same() {
        let wide = HEAD.replace("f32[16x3x3x8]", "f32[16x3x3x64]");
        let real = graph("%x: f32[1x6x6x64]", &wide);
        let done = run(&real).unwrap();
        assert_eq!(ops(&done), "conv2d conv2d reduce");
        let inputs = random_inputs(&real, 1);
        let [before, after] = [&real, &done].map(|g| Oracle::new(g).run(&inputs).unwrap()[0].as_f32());
        assert_eq!(before.len(), after.len());
        assert!(before.iter().zip(&after).all(|(a, b)| (a - b).abs() < 1e-4), "{before:?} {after:?}");
    }

    #[test]
    fn a_layer_that_would_cost_a_share_stays() {
        let real = graph("%x: f32[1x6x6x8]", HEAD);
        assert_eq!(ops(&run(&real).unwrap()), ops(&real));
    }
}
