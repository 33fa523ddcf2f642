//! Graphs in few words.

use sanderling_ir::{
    Activation, BinaryKind, DType, Forest, Graph, Module, Op, Padding, Quant, Rounding, Tensor, TensorType, ValueId,
};

/// A graph whose constants are generated; every node's outputs are its own, so that no pass drops one.
pub struct Build {
    graph: Graph,
    random: fastrand::Rng,
}

/// A type without quantization.
pub fn plain(dtype: DType, shape: &[usize]) -> TensorType {
    TensorType::new(dtype, shape)
}

/// A quantized type.
pub fn quantized(dtype: DType, shape: &[usize], scale: f32, zero: i32) -> TensorType {
    TensorType { quant: Some(Quant::per_tensor(scale, zero)), ..plain(dtype, shape) }
}

/// A sum, difference...
pub fn binary(kind: BinaryKind) -> Op {
    Op::Binary { kind, activation: Activation::None }
}

/// A convolution with padding on all sides.
pub fn conv(stride: usize, dilation: usize, pad: usize, groups: usize) -> Op {
    let padding = Padding { top: pad, bottom: pad, left: pad, right: pad };
    Op::Conv2d {
        stride: [stride; 2],
        dilation: [dilation; 2],
        padding,
        groups,
        activation: Activation::Relu6,
        rounding: Rounding::Twice,
    }
}

impl Build {
    pub fn new(name: &str) -> Build {
        Build { graph: Graph::new(name), random: fastrand::Rng::with_seed(7) }
    }

    pub fn input(&mut self, ty: TensorType) -> ValueId {
        let name = format!("in{}", self.graph.inputs.len());
        self.graph.input(&name, ty)
    }

    pub fn state(&mut self, ty: TensorType) -> ValueId {
        let name = format!("state{}", self.graph.states.len());
        self.graph.state(&name, ty)
    }

    /// What a state is after a run.
    pub fn next(&mut self, state: ValueId, value: ValueId) {
        for one in self.graph.states.iter_mut().filter(|one| one.input == state) {
            one.next = value;
        }
    }

    /// A constant: small integers, or numbers of small size.
    pub fn constant(&mut self, ty: TensorType) -> ValueId {
        let n = ty.elements();
        let random = &mut self.random;
        let tensor = match ty.dtype {
            DType::F32 => {
                let values: Vec<f32> = (0..n).map(|_| random.f32() * 2.0 - 1.0).collect();
                Tensor::from_f32(ty, &values)
            }
            DType::F16 | DType::BF16 => {
                // Below 2, subnormal ones too.
                let data = (0..n).flat_map(|_| [random.u8(..), random.u8(..) & !0x40]).collect();
                Tensor { ty, data }
            }
            _ => {
                let mut data = vec![0; ty.bytes()];
                for element in data.chunks_exact_mut(ty.dtype.bytes()) {
                    element[0] = random.u8(..2);
                }
                Tensor { ty, data }
            }
        };
        let name = format!("constant{}", self.graph.values.len());
        self.graph.constant(&name, tensor)
    }

    /// A node whose outputs are outputs of the graph; the first has the quantization `like`.
    pub fn node(&mut self, op: Op, inputs: &[ValueId], like: Option<&TensorType>) -> ValueId {
        let outputs = self.inner(op, inputs, like);
        self.graph.outputs.extend(&outputs);
        outputs[0]
    }

    /// A node whose outputs stay inside.
    pub fn inner(&mut self, op: Op, inputs: &[ValueId], like: Option<&TensorType>) -> Vec<ValueId> {
        let name = format!("node{}", self.graph.nodes.len());
        let outputs = self.graph.push_all(&name, op, inputs).expect("the models here are sound");
        self.graph.values[outputs[0].0].ty.quant = like.and_then(|ty| ty.quant.clone());
        outputs
    }

    /// A node whose outputs are outputs of the graph, each with its quantization.
    pub fn nodes(&mut self, op: Op, inputs: &[ValueId], quants: &[Quant]) {
        let outputs = self.inner(op, inputs, None);
        for (id, quant) in outputs.iter().zip(quants) {
            self.graph.values[id.0].ty.quant = Some(quant.clone());
        }
        self.graph.outputs.extend(&outputs);
    }

    /// Trees on rows of features.
    pub fn forest(&mut self, forest: &Forest, x: ValueId) {
        let y = forest.push(&mut self.graph, "trees", x).expect("the models here are sound");
        self.graph.outputs.push(y);
    }

    /// A layer with weights `[O, ...]` of `dtype` and a bias of i32, or of real numbers for real weights.
    pub fn layer(&mut self, op: Op, x: ValueId, weights: TensorType, like: Option<&TensorType>) -> ValueId {
        let is_real = self.graph.ty(x).dtype == DType::F32;
        let bias = plain(if is_real { DType::F32 } else { DType::I32 }, &weights.shape[..1]);
        let (weights, bias) = (self.constant(weights), self.constant(bias));
        self.node(op, &[x, weights, bias], like)
    }

    /// The module, under the name given first.
    pub fn module(mut self) -> Module {
        let name = std::mem::replace(&mut self.graph.name, "main".into());
        Module::new(&name, self.graph)
    }
}
