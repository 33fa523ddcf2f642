//! Networks as data: what a [`Machine`] is to compute, and where each layer's numbers are.
//!
//! The same description is trained by `forward` and becomes IR by `lower`.

use super::hyperparameters::{Family, Hyperparameters};

/// A convolution, then a batch normalization or a bias, then perhaps a ReLU.
#[derive(Clone, Debug, PartialEq)]
pub struct Conv {
    pub name: String,
    pub inputs: usize,
    pub outputs: usize,
    /// Height and width of the window; the padding is half of it.
    pub kernel: usize,
    pub stride: usize,
    /// 1, or as many as inputs.
    pub groups: usize,
    pub is_normalized: bool,
    pub has_relu: bool,
    /// Where its parameters begin: weights `[outputs, inputs / groups, kernel, kernel]`, then scales and shifts of the
    /// normalization, or biases.
    pub at: usize,
    /// Where its running means and variances begin.
    pub statistics_at: usize,
}

/// A part of a network.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    Conv(Conv),
    /// `relu(body(x) + shortcut(x))`; without a shortcut `x` itself.
    Residual {
        body: Vec<Conv>,
        shortcut: Option<Conv>,
    },
}

/// A network: its parts, the mean over height and width, and a layer from there to the classes.
#[derive(Clone, Debug, PartialEq)]
pub struct Net {
    /// Height, width, channels.
    pub shape: [usize; 3],
    pub parts: Vec<Part>,
    pub features: usize,
    pub classes: usize,
    /// Where the last layer's weights `[classes, features]` and biases begin.
    pub head_at: usize,
    pub parameters: usize,
    pub statistics: usize,
}

/// Something that computes networks: on tensors, or as a graph.
pub trait Machine {
    type Value: Clone;
    type Error;
    fn conv(&mut self, conv: &Conv, x: Self::Value) -> Result<Self::Value, Self::Error>;
    /// `relu(a + b)`
    fn join(&mut self, name: &str, a: Self::Value, b: Self::Value) -> Result<Self::Value, Self::Error>;
    /// The mean over height and width, then the last layer.
    fn head(&mut self, net: &Net, x: Self::Value) -> Result<Self::Value, Self::Error>;
}

impl Net {
    /// The network for images of `[height, width, channels]`.
    pub fn new(hyper: &Hyperparameters, shape: [usize; 3]) -> Net {
        let mut plan = Plan { width: hyper.width_multiplier, channels: shape[2], ..Plan::default() };
        let is_small = shape[0].min(shape[1]) <= SMALL;
        let layers = hyper.num_layers.unwrap_or(match (hyper.network, is_small) {
            (Family::ResNet, true) => 8,
            (Family::ResNet, false) | (Family::MobileNet, true) => 18,
            (Family::MobileNet, false) => 28,
        });
        match hyper.network {
            Family::ResNet => plan.resnet(layers, is_small),
            Family::MobileNet => plan.mobilenet(layers, is_small),
        }
        Net {
            shape,
            features: plan.channels,
            classes: hyper.num_classes,
            head_at: plan.parameters,
            parameters: plan.parameters + (plan.channels + 1) * hyper.num_classes,
            statistics: plan.statistics,
            parts: plan.parts,
        }
    }

    pub fn apply<M: Machine>(&self, machine: &mut M, mut x: M::Value) -> Result<M::Value, M::Error> {
        for part in &self.parts {
            x = match part {
                Part::Conv(conv) => machine.conv(conv, x)?,
                Part::Residual { body, shortcut } => {
                    let mut y = x.clone();
                    for conv in body {
                        y = machine.conv(conv, y)?;
                    }
                    let x = match shortcut {
                        Some(conv) => machine.conv(conv, x)?,
                        None => x,
                    };
                    let name = body.first().map_or("", |conv| conv.name.trim_end_matches(".1"));
                    machine.join(name, y, x)?
                }
            };
        }
        machine.head(self, x)
    }

    /// Every convolution.
    pub fn convs(&self) -> impl Iterator<Item = &Conv> {
        self.parts.iter().flat_map(|part| match part {
            Part::Conv(conv) => std::slice::from_ref(conv).iter().chain(None),
            Part::Residual { body, shortcut } => body.iter().chain(shortcut.as_ref()),
        })
    }
}

impl Conv {
    pub fn weights(&self) -> usize {
        self.outputs * self.inputs / self.groups * self.kernel * self.kernel
    }
}

/// Images up to this height or width go at full size into the first stage.
const SMALL: usize = 64;

/// Whether a family has a network of so many layers.
pub fn has(family: Family, layers: usize) -> bool {
    match family {
        Family::ResNet => matches!(layers, 18 | 34) || layers % 6 == 2,
        Family::MobileNet => matches!(layers, 10 | 18 | 28),
    }
}

/// What [`has`] takes, for people.
pub fn depths(family: Family) -> &'static str {
    match family {
        Family::ResNet => "there are 8, 14, 20 and so on to 110 in steps of 6, and 18 and 34",
        Family::MobileNet => "there are 10, 18 and 28",
    }
}

/// A network under construction.
#[derive(Default)]
struct Plan {
    width: f64,
    channels: usize,
    parts: Vec<Part>,
    parameters: usize,
    statistics: usize,
}

impl Plan {
    fn scaled(&self, channels: usize) -> usize {
        ((channels as f64 * self.width).round() as usize).max(1)
    }

    /// He et al. 2015: basic blocks, in three stages as for CIFAR, or in four as for ImageNet.
    fn resnet(&mut self, layers: usize, is_small: bool) {
        let (first, blocks) = match layers {
            18 => (64, vec![2; 4]),
            34 => (64, vec![3, 4, 6, 3]),
            _ => (16, vec![(layers - 2) / 6; 3]),
        };
        self.stem(first, if is_small { 1 } else { 2 });
        for (stage, &count) in blocks.iter().enumerate() {
            for block in 0..count {
                let stride = if block == 0 && (stage > 0 || !is_small) { 2 } else { 1 };
                let outputs = self.scaled(first << stage);
                let name = format!("stage{}.{}", stage + 1, block + 1);
                let inputs = self.channels;
                let body = vec![
                    self.conv(&format!("{name}.1"), outputs, 3, stride, 1, true, true),
                    self.conv(&format!("{name}.2"), outputs, 3, 1, 1, true, false),
                ];
                self.channels = inputs;
                let needs = stride != 1 || inputs != outputs;
                let shortcut =
                    needs.then(|| self.conv(&format!("{name}.shortcut"), outputs, 1, stride, 1, false, false));
                self.channels = outputs;
                self.parts.push(Part::Residual { body, shortcut });
            }
        }
    }

    /// Howard et al. 2017: depthwise and pointwise convolutions in turn.
    fn mobilenet(&mut self, layers: usize, is_small: bool) {
        // Channels and stride of each block; 512 and 1024 only where there are layers for them.
        let repeats = if layers == 28 { 5 } else { 0 };
        let mut blocks = vec![(64, 1), (128, 2), (128, 1), (256, 2)];
        if layers > 10 {
            blocks.extend([(256, 1), (512, 2)]);
            blocks.extend(vec![(512, 1); repeats]);
            blocks.extend([(1024, if is_small { 1 } else { 2 }), (1024, 1)]);
        }
        self.stem(32, if is_small { 1 } else { 2 });
        for (index, (outputs, stride)) in blocks.into_iter().enumerate() {
            let (inputs, outputs) = (self.channels, self.scaled(outputs));
            let name = format!("block{}", index + 1);
            let depthwise = self.conv(&format!("{name}.depthwise"), inputs, 3, stride, inputs, true, true);
            let pointwise = self.conv(&format!("{name}.pointwise"), outputs, 1, 1, 1, true, true);
            self.parts.extend([Part::Conv(depthwise), Part::Conv(pointwise)]);
        }
    }

    fn stem(&mut self, outputs: usize, stride: usize) {
        let outputs = self.scaled(outputs);
        let stem = self.conv("stem", outputs, 3, stride, 1, true, true);
        self.parts.push(Part::Conv(stem));
    }

    #[allow(clippy::too_many_arguments, reason = "a row of a table")]
    fn conv(
        &mut self,
        name: &str,
        outputs: usize,
        kernel: usize,
        stride: usize,
        groups: usize,
        is_normalized: bool,
        has_relu: bool,
    ) -> Conv {
        let inputs = self.channels;
        let (at, statistics_at, name) = (self.parameters, self.statistics, name.to_string());
        let conv = Conv { name, inputs, outputs, kernel, stride, groups, is_normalized, has_relu, at, statistics_at };
        self.parameters += conv.weights() + outputs * if is_normalized { 2 } else { 1 };
        self.statistics += if is_normalized { 2 * outputs } else { 0 };
        self.channels = outputs;
        conv
    }
}
