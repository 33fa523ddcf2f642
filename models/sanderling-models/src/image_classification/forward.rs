//! Networks on the tensors of burn, for training and for prediction.

use std::convert::Infallible;

use burn_tensor::activation::{log_softmax, relu, softmax};
use burn_tensor::module::{batch_norm, batch_norm_train, conv2d};
use burn_tensor::ops::ConvOptions;
use burn_tensor::{Device, Tensor, TensorData};

use super::net::{Conv, Machine, Net};

/// Of the variance, as in PyTorch.
pub const EPSILON: f64 = 1e-5;
/// How fast running statistics follow those of a batch.
const FOLLOW: f32 = 0.1;

/// The numbers of a network.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Weights {
    #[serde(with = "crate::packed")]
    pub parameters: Vec<f32>,
    /// Running means and variances of the normalizations.
    #[serde(with = "crate::packed")]
    pub statistics: Vec<f32>,
}

/// The loss of a batch and its derivative by every parameter. Running statistics in `weights` follow the batch.
///
/// `images` is `[n, channels, height, width]`, `targets` a row of probabilities for each.
pub fn differentiate(net: &Net, weights: &mut Weights, images: Vec<f32>, targets: Vec<f32>) -> (Step, Vec<f32>) {
    let n = targets.len() / net.classes;
    let device = Device::flex().autodiff();
    let parameters = std::mem::take(&mut weights.parameters);
    let mut machine = Tensors {
        device: &device,
        parameters: &parameters,
        mode: Mode::Train(Vec::new()),
        statistics: &mut weights.statistics,
    };
    let Ok(logits) = net.apply(&mut machine, batch(net, n, images, &device));
    let leaves = match machine.mode {
        Mode::Train(leaves) => leaves,
        Mode::Predict => Vec::new(),
    };
    let targets = Tensor::<2>::from_data(TensorData::new(targets, [n, net.classes]), &device);
    let loss = (log_softmax(logits.clone().reshape([n, net.classes]), 1) * targets).sum() / -(n as f32);
    let gradients = loss.backward();
    let mut derivatives = vec![0.0; net.parameters];
    for (at, leaf) in leaves {
        if let Some(gradient) = leaf.grad(&gradients) {
            let values = numbers(gradient.into_data());
            derivatives[at..at + values.len()].copy_from_slice(&values);
        }
    }
    weights.parameters = parameters;
    let step = Step { loss: numbers(loss.into_data())[0], logits: numbers(logits.into_data()) };
    (step, derivatives)
}

/// What a step of the training saw.
pub struct Step {
    pub loss: f32,
    /// A row for each image.
    pub logits: Vec<f32>,
}

/// The probabilities of all classes for each image of `[n, channels, height, width]`.
pub fn predict(net: &Net, weights: &Weights, images: Vec<f32>) -> Vec<f32> {
    let n = images.len() / net.shape.iter().product::<usize>();
    let device = Device::flex();
    let mut statistics = weights.statistics.clone();
    let mut machine =
        Tensors { device: &device, parameters: &weights.parameters, mode: Mode::Predict, statistics: &mut statistics };
    let Ok(logits) = net.apply(&mut machine, batch(net, n, images, &device));
    numbers(softmax(logits.reshape([n, net.classes]), 1).into_data())
}

fn batch(net: &Net, n: usize, images: Vec<f32>, device: &Device) -> Tensor<4> {
    let [height, width, channels] = net.shape;
    Tensor::from_data(TensorData::new(images, [n, channels, height, width]), device)
}

fn numbers(data: TensorData) -> Vec<f32> {
    data.iter::<f32>().collect()
}

enum Mode {
    /// Statistics are those of the batch. Collects the parameters that were used, with their places.
    Train(Vec<(usize, Tensor<1>)>),
    Predict,
}

struct Tensors<'a> {
    device: &'a Device,
    parameters: &'a [f32],
    mode: Mode,
    statistics: &'a mut [f32],
}

impl Tensors<'_> {
    fn parameter(&mut self, at: usize, count: usize) -> Tensor<1> {
        let tensor = vector(&self.parameters[at..at + count], self.device);
        match &mut self.mode {
            Mode::Predict => tensor,
            Mode::Train(leaves) => {
                let tensor = tensor.require_grad();
                leaves.push((at, tensor.clone()));
                tensor
            }
        }
    }

    fn normalize(&mut self, conv: &Conv, x: Tensor<4>) -> Tensor<4> {
        let count = conv.outputs;
        let at = conv.at + conv.weights();
        let (scale, shift) = (self.parameter(at, count), self.parameter(at + count, count));
        let (means, variances) = self.statistics[conv.statistics_at..][..2 * count].split_at_mut(count);
        if matches!(self.mode, Mode::Predict) {
            let (mean, variance) = (vector(means, self.device), vector(variances, self.device));
            return batch_norm(x, scale, shift, mean, variance, EPSILON);
        }
        let result = batch_norm_train(x, scale, shift, EPSILON);
        for (running, seen) in [(means, result.mean), (variances, result.variance)] {
            running.iter_mut().zip(numbers(seen.into_data())).for_each(|(r, s)| *r += FOLLOW * (s - *r));
        }
        result.output
    }
}

impl Machine for Tensors<'_> {
    type Value = Tensor<4>;
    type Error = Infallible;

    fn conv(&mut self, conv: &Conv, x: Tensor<4>) -> Result<Tensor<4>, Infallible> {
        let shape = [conv.outputs, conv.inputs / conv.groups, conv.kernel, conv.kernel];
        let weights = self.parameter(conv.at, conv.weights()).reshape(shape);
        let options = ConvOptions::new([conv.stride; 2], [conv.kernel / 2; 2], [1, 1], conv.groups);
        let bias = (!conv.is_normalized).then(|| self.parameter(conv.at + conv.weights(), conv.outputs));
        let y = conv2d(x, weights, bias, options);
        let y = if conv.is_normalized { self.normalize(conv, y) } else { y };
        Ok(if conv.has_relu { relu(y) } else { y })
    }

    fn join(&mut self, _: &str, a: Tensor<4>, b: Tensor<4>) -> Result<Tensor<4>, Infallible> {
        Ok(relu(a + b))
    }

    fn head(&mut self, net: &Net, x: Tensor<4>) -> Result<Tensor<4>, Infallible> {
        let n = x.dims()[0];
        let count = net.features * net.classes;
        let weights = self.parameter(net.head_at, count).reshape([net.classes, net.features]);
        let biases = self.parameter(net.head_at + count, net.classes).reshape([1, net.classes]);
        let features = x.mean_dim(3).mean_dim(2).reshape([n, net.features]);
        Ok((features.matmul(weights.transpose()) + biases).reshape([n, net.classes, 1, 1]))
    }
}

fn vector(values: &[f32], device: &Device) -> Tensor<1> {
    Tensor::from_data(TensorData::new(values.to_vec(), [values.len()]), device)
}
