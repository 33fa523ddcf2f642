//! What the inputs of layers with weights look like on the samples: how they go together decides how weights round.

use std::collections::BTreeMap;

use rayon::prelude::*;
use sanderling_ir::{DType, Graph, Node, Op, Padding, Tensor, ValueId};

use super::runs::{self, Counter};
use crate::CompileError;

/// Windows of a layer's input that are looked at, over all samples.
const WINDOWS: usize = 16384;
/// Most inputs of an output whose correlations are known; longer rows are cut into equal parts.
pub const PART: usize = 640;

/// The correlations of the inputs of each layer, by its output.
pub type Correlations = BTreeMap<ValueId, Vec<Correlation>>;

/// Means over the windows of a group of a convolution, or of a part of its inputs; the parts of a group follow each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Correlation {
    /// Of each input.
    pub mean: Vec<f32>,
    /// Of each product of two inputs: the upper triangle of a square matrix, row by row, zeros below.
    pub products: Vec<f32>,
}

/// Runs a real graph over samples and correlates the inputs of its layers.
pub(crate) fn correlate(
    graph: &Graph,
    samples: &[Vec<Tensor>],
    counter: &Counter,
) -> Result<Correlations, CompileError> {
    let layers: Vec<Layer> = graph.nodes.iter().filter_map(|node| Layer::new(graph, node)).collect();
    let most = WINDOWS.div_ceil(samples.len().max(1));
    let windows = runs::each([graph], samples, counter, |index, [oracle], sample| {
        let mut windows: Vec<Vec<f32>> = vec![Vec::new(); layers.len()];
        let mut see = |id: ValueId, tensor: &Tensor| {
            for (layer, windows) in layers.iter().zip(&mut windows).filter(|(layer, _)| layer.input == id) {
                layer.windows(&tensor.as_f32(), index, most, windows);
            }
        };
        oracle.run_observed(sample, &mut see).map_err(CompileError::Calibrate)?;
        Ok(windows)
    })?;
    let correlations = |(at, layer): (usize, &Layer)| {
        let windows = || windows.iter().flat_map(|sample| sample[at].chunks_exact(layer.row()));
        (layer.output, layer.parts().map(|part| correlation(windows().map(|w| &w[part.clone()]))).collect())
    };
    Ok(layers.par_iter().enumerate().map(correlations).collect())
}

fn correlation<'w>(windows: impl Iterator<Item = &'w [f32]>) -> Correlation {
    let mut windows = windows.peekable();
    let n = windows.peek().map_or(0, |w| w.len());
    let (mut mean, mut products, mut count) = (vec![0f32; n], vec![0f32; n * n], 0);
    for window in windows {
        count += 1;
        mean.iter_mut().zip(window).for_each(|(mean, x)| *mean += x);
        for (i, &x) in window.iter().enumerate().filter(|(_, x)| **x != 0.0) {
            let row = &mut products[i * n + i..(i + 1) * n];
            row.iter_mut().zip(&window[i..]).for_each(|(sum, y)| *sum += x * y);
        }
    }
    let share = 1.0 / count.max(1) as f32;
    mean.iter_mut().chain(&mut products).for_each(|sum| *sum *= share);
    Correlation { mean, products }
}

/// The geometry of a layer with constant weights; a fully connected one is a window over one pixel.
struct Layer {
    input: ValueId,
    output: ValueId,
    /// Height, width and channels of an image.
    image: [usize; 3],
    /// Images, height and width.
    out: [usize; 3],
    kernel: [usize; 2],
    stride: [usize; 2],
    dilation: [usize; 2],
    padding: Padding,
    groups: usize,
}

impl Layer {
    fn new(graph: &Graph, node: &Node) -> Option<Layer> {
        let (input, output) = (node.inputs[0], node.outputs[0]);
        let (x, y) = (graph.ty(input), graph.ty(output));
        if x.dtype != DType::F32 || x.elements() == 0 || graph.tensor(*node.inputs.get(1)?).is_none() {
            return None;
        }
        match node.op {
            Op::Conv2d { stride, dilation, padding, groups, .. } => {
                let w = &graph.ty(node.inputs[1]).shape;
                let image = [x.shape[1], x.shape[2], x.shape[3]];
                let out = [y.shape[0], y.shape[1], y.shape[2]];
                Some(Layer { input, output, image, out, kernel: [w[1], w[2]], stride, dilation, padding, groups })
            }
            Op::FullyConnected { .. } => Some(Layer {
                input,
                output,
                image: [1, 1, x.shape[1]],
                out: [x.shape[0], 1, 1],
                kernel: [1, 1],
                stride: [1, 1],
                dilation: [1, 1],
                padding: Padding::default(),
                groups: 1,
            }),
            _ => None,
        }
    }

    /// Inputs of one output.
    fn inputs(&self) -> usize {
        self.kernel[0] * self.kernel[1] * self.image[2] / self.groups
    }

    /// Values of a window, all groups one after another.
    fn row(&self) -> usize {
        self.inputs() * self.groups
    }

    /// The parts of a window that are correlated by themselves.
    fn parts(&self) -> impl Iterator<Item = std::ops::Range<usize>> + '_ {
        let inputs = self.inputs();
        let count = inputs.div_ceil(PART);
        (0..self.groups).flat_map(move |group| {
            let part = move |i: usize| group * inputs + i * inputs / count;
            (0..count).map(move |i| part(i)..part(i + 1))
        })
    }

    /// Appends at most `most` windows of `x`, evenly spread; other samples have others.
    fn windows(&self, x: &[f32], sample: usize, most: usize, windows: &mut Vec<f32>) {
        let positions: usize = self.out.iter().product();
        let count = positions.min(most);
        for i in 0..count {
            self.window(x, (i * positions / count + sample * 7) % positions, windows);
        }
    }

    fn window(&self, x: &[f32], position: usize, windows: &mut Vec<f32>) {
        let [height, width, channels] = self.image;
        let [_, out_h, out_w] = self.out;
        let (n, oy, ox) = (position / (out_h * out_w), position / out_w % out_h, position % out_w);
        let each = channels / self.groups;
        for group in 0..self.groups {
            for tap in 0..self.kernel[0] * self.kernel[1] {
                let (ky, kx) = (tap / self.kernel[1], tap % self.kernel[1]);
                let y = (oy * self.stride[0] + ky * self.dilation[0]).checked_sub(self.padding.top);
                let at = (ox * self.stride[1] + kx * self.dilation[1]).checked_sub(self.padding.left);
                match (y.filter(|&y| y < height), at.filter(|&x| x < width)) {
                    (Some(y), Some(at)) => {
                        let start = ((n * height + y) * width + at) * channels + group * each;
                        windows.extend_from_slice(&x[start..start + each]);
                    }
                    _ => windows.extend(std::iter::repeat_n(0.0, each)),
                }
            }
        }
    }
}
