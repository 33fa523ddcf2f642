//! The graph of a network: pixels from 0 to 255, row after row, to the probabilities of the classes.

use sanderling_ir::{
    Activation, BinaryKind, DType, Graph, Module, Op, Padding, ReduceKind, Rounding, Tensor, TensorType, ValueId,
};

use super::NAME;
use super::forward::{EPSILON, Weights};
use super::net::{Conv, Machine, Net};
use crate::{TrainError, lower};

/// Normalizations stay multiplications and additions: the compiler folds them into the convolutions.
pub fn lower(net: &Net, weights: &Weights) -> Result<Module, TrainError> {
    let mut graph = Graph::new("main");
    let [height, width, channels] = net.shape;
    let pixels = graph.input(lower::INPUT, TensorType::new(DType::F32, &[1, height, width, channels]));
    let mut builder = Builder { graph, weights };
    let scale = builder.constant("scale", &[channels], &vec![1.0 / 255.0; channels]);
    let x = builder.binary("scaled", BinaryKind::Mul, Activation::None, pixels, scale)?;
    let scores = net.apply(&mut builder, x)?;
    let output = builder.graph.push("probabilities", Op::Softmax { beta: 1.0 }, &[scores], None)?;
    Ok(lower::finish(builder.graph, NAME, output))
}

struct Builder<'a> {
    graph: Graph,
    weights: &'a Weights,
}

impl Builder<'_> {
    fn constant(&mut self, name: &str, shape: &[usize], values: &[f32]) -> ValueId {
        self.graph.constant(name, Tensor::from_f32(TensorType::new(DType::F32, shape), values))
    }

    fn binary(
        &mut self,
        name: &str,
        kind: BinaryKind,
        activation: Activation,
        a: ValueId,
        b: ValueId,
    ) -> Result<ValueId, TrainError> {
        Ok(self.graph.push(name, Op::Binary { kind, activation }, &[a, b], None)?)
    }

    fn parameters(&self, at: usize, count: usize) -> &[f32] {
        &self.weights.parameters[at..at + count]
    }
}

impl Machine for Builder<'_> {
    type Value = ValueId;
    type Error = TrainError;

    fn conv(&mut self, conv: &Conv, x: ValueId) -> Result<ValueId, TrainError> {
        let Conv { name, outputs, kernel, stride, groups, .. } = conv;
        let (outputs, inputs) = (*outputs, conv.inputs / groups);
        let rest = conv.at + conv.weights();
        let window = kernel * kernel;
        let planar = self.parameters(conv.at, conv.weights());
        // From a plane for each channel to channels side by side.
        let place = |i: usize| {
            let (output, pixel, input) = (i / (window * inputs), i / inputs % window, i % inputs);
            planar[(output * inputs + input) * window + pixel]
        };
        let weights: Vec<f32> = (0..planar.len()).map(place).collect();
        let biases = match conv.is_normalized {
            true => vec![0.0; outputs],
            false => self.parameters(rest, outputs).to_vec(),
        };
        let weights = self.constant(&format!("{name}.weights"), &[outputs, *kernel, *kernel, inputs], &weights);
        let biases = self.constant(&format!("{name}.biases"), &[outputs], &biases);
        let pad = kernel / 2;
        let relu = if conv.has_relu { Activation::Relu } else { Activation::None };
        let op = Op::Conv2d {
            stride: [*stride; 2],
            dilation: [1, 1],
            padding: Padding { top: pad, bottom: pad, left: pad, right: pad },
            groups: *groups,
            activation: if conv.is_normalized { Activation::None } else { relu },
            rounding: Rounding::Twice,
        };
        let y = self.graph.push(name, op, &[x, weights, biases], None)?;
        if !conv.is_normalized {
            return Ok(y);
        }
        let (means, variances) = self.weights.statistics[conv.statistics_at..][..2 * outputs].split_at(outputs);
        let (scales, shifts) = self.parameters(rest, 2 * outputs).split_at(outputs);
        let factors: Vec<f32> = scales
            .iter()
            .zip(variances)
            .map(|(s, v)| (f64::from(*s) / (f64::from(*v) + EPSILON).sqrt()) as f32)
            .collect();
        let addends: Vec<f32> =
            (0..outputs).map(|i| (f64::from(shifts[i]) - f64::from(means[i]) * f64::from(factors[i])) as f32).collect();
        let factors = self.constant(&format!("{name}.factors"), &[outputs], &factors);
        let addends = self.constant(&format!("{name}.addends"), &[outputs], &addends);
        let y = self.binary(&format!("{name}.scaled"), BinaryKind::Mul, Activation::None, y, factors)?;
        self.binary(&format!("{name}.normalized"), BinaryKind::Add, relu, y, addends)
    }

    fn join(&mut self, name: &str, a: ValueId, b: ValueId) -> Result<ValueId, TrainError> {
        self.binary(&format!("{name}.sum"), BinaryKind::Add, Activation::Relu, a, b)
    }

    fn head(&mut self, net: &Net, x: ValueId) -> Result<ValueId, TrainError> {
        let count = net.features * net.classes;
        let (weights, biases) =
            (self.parameters(net.head_at, count), self.parameters(net.head_at + count, net.classes));
        let (weights, biases) = (weights.to_vec(), biases.to_vec());
        let mean = Op::Reduce { kind: ReduceKind::Mean, axes: vec![1, 2], keep_dims: false };
        let features = self.graph.push("features", mean, &[x], None)?;
        let weights = self.constant("head.weights", &[net.classes, net.features], &weights);
        let biases = self.constant("head.biases", &[net.classes], &biases);
        let layer = Op::FullyConnected { activation: Activation::None };
        Ok(self.graph.push("head", layer, &[features, weights, biases], None)?)
    }
}
