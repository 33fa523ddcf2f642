//! Random modules that the verifier accepts, from a tape of random numbers, which proptest knows how to shrink.

use crate::*;

/// Names that need quotes, collide with syntax, or are plain.
const NAMES: [&str; 14] =
    ["x", "conv/1", "a b", "", "\"", "\\", "\n\t\r", "%x#3", "//", "\u{1}\u{7f}", "größe", "return", "x:0", "-"];

pub(super) struct Tape<'a>(std::slice::Iter<'a, u32>);

impl<'a> Tape<'a> {
    pub(super) fn new(tape: &'a [u32]) -> Self {
        Tape(tape.iter())
    }

    fn next(&mut self) -> u32 {
        self.0.next().copied().unwrap_or(0)
    }

    fn below(&mut self, n: usize) -> usize {
        self.next() as usize % n.max(1)
    }

    fn flip(&mut self) -> bool {
        self.below(2) == 1
    }

    fn of<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())].clone()
    }

    fn float(&mut self) -> f32 {
        match self.below(4) {
            0 => self.of(&[0.0, -0.0, 1.0, 0.1, f32::INFINITY, f32::NEG_INFINITY, f32::MIN_POSITIVE, f32::MAX]),
            // NaN equals nothing, not even in a graph; it has a test of its own.
            _ => Some(f32::from_bits(self.next())).filter(|f| !f.is_nan()).unwrap_or(1e-42),
        }
    }

    fn shape(&mut self, rank: usize) -> Vec<usize> {
        (0..rank).map(|_| 1 + self.below(4)).collect()
    }

    fn pair(&mut self) -> [usize; 2] {
        [1 + self.below(3), 1 + self.below(3)]
    }

    fn dtype(&mut self) -> DType {
        use DType::*;
        self.of(&[F32, F16, BF16, I8, U8, I16, I32, I64, Bool])
    }

    fn activation(&mut self) -> Activation {
        self.of(&[Activation::None, Activation::Relu, Activation::Relu6, Activation::ReluN1To1])
    }

    fn padding(&mut self) -> Padding {
        Padding { top: self.below(3), bottom: self.below(3), left: self.below(3), right: self.below(3) }
    }

    fn quant(&mut self, ty: &TensorType) -> Option<Quant> {
        let zeros: &[i32] = match ty.dtype {
            DType::I8 => &[-128, 0, 127],
            DType::U8 => &[0, 3, 255],
            DType::I16 | DType::I32 => &[0],
            _ => return None,
        };
        if self.flip() {
            return None;
        }
        let axis = self.below(ty.shape.len().max(1));
        let n = if self.flip() { 1 } else { ty.shape.get(axis).copied().unwrap_or(1) };
        let scale = |t: &mut Self| Some(t.float().abs()).filter(|f| f.is_finite() && *f > 0.0).unwrap_or(0.1);
        Some(Quant {
            scales: (0..n).map(|_| scale(self)).collect(),
            zero_points: (0..n).map(|_| self.of(zeros)).collect(),
            axis,
        })
    }

    fn name(&mut self) -> String {
        let name = self.of(&NAMES).to_string();
        if self.flip() { format!("{name}{}", self.below(1000)) } else { name }
    }
}

pub(super) fn module(tape: &mut Tape) -> Module {
    let functions = (0..1 + tape.below(2)).map(|_| function(tape)).collect();
    let texts = (0..tape.below(3)).map(|_| (tape.name(), (0..tape.below(3)).map(|_| tape.name()).collect())).collect();
    Module { name: tape.name(), functions, texts }
}

fn function(tape: &mut Tape) -> Graph {
    let mut b = Builder { g: Graph::new(&tape.name()), t: tape };
    for _ in 0..1 + b.t.below(12) {
        b.step();
    }
    b.finish()
}

struct Builder<'a, 'b> {
    g: Graph,
    t: &'a mut Tape<'b>,
}

impl Builder<'_, '_> {
    /// A value of this type: an input, a state or a constant.
    fn fresh(&mut self, dtype: DType, shape: &[usize]) -> ValueId {
        let mut ty = TensorType::new(dtype, shape);
        ty.quant = self.t.quant(&ty);
        let name = self.t.name();
        match self.t.below(4) {
            0 => self.g.input(&name, ty),
            1 => self.g.state(&name, ty),
            _ => {
                let limit = if dtype == DType::Bool { 2 } else { 256 };
                // No NaN here either: float bytes stay clear of its exponent.
                let data = (0..ty.bytes()).map(|_| (self.t.below(limit) as u8) & 0x7e | 1).collect();
                let data = if dtype == DType::Bool { vec![1; ty.bytes()] } else { data };
                self.g.constant(&name, Tensor { ty, data })
            }
        }
    }

    fn float(&mut self, shape: &[usize]) -> ValueId {
        self.fresh(DType::F32, shape)
    }

    /// A value that is there already, or a new one.
    fn any(&mut self, rank: Option<usize>) -> ValueId {
        let fits: Vec<usize> = (0..self.g.values.len())
            .filter(|&i| rank.is_none_or(|rank| self.g.values[i].ty.shape.len() == rank))
            .collect();
        if !fits.is_empty() && self.t.flip() {
            return ValueId(self.t.of(&fits));
        }
        let dtype = self.t.dtype();
        let rank = rank.unwrap_or_else(|| self.t.below(5));
        let shape = self.t.shape(rank);
        self.fresh(dtype, &shape)
    }

    fn shape(&self, id: ValueId) -> Vec<usize> {
        self.g.ty(id).shape.clone()
    }

    fn step(&mut self) {
        let (op, inputs) = match self.t.below(4) {
            0 => self.windowed(),
            1 => self.elementwise(),
            2 => self.movement(),
            _ => self.others(),
        };
        let name = self.t.name();
        let outputs = self.g.push_all(&name, op, &inputs).unwrap_or_default();
        for id in outputs {
            let ty = self.g.ty(id).clone();
            self.g.values[id.0].ty.quant = self.t.quant(&ty);
        }
    }

    /// Image, weights and bias of a convolution, real or bytes, and how it may round.
    fn layer(&mut self, x: &[usize], w: &[usize]) -> (Vec<ValueId>, Rounding) {
        let dtype = self.t.of(&[DType::F32, DType::I8, DType::U8]);
        let bias = if dtype == DType::F32 { DType::F32 } else { DType::I32 };
        let inputs = vec![self.fresh(dtype, x), self.fresh(dtype, w), self.fresh(bias, &w[..1])];
        let is_quantized = self.g.ty(inputs[0]).quant.is_some();
        let rounding = if is_quantized { self.t.of(&[Rounding::Twice, Rounding::Once]) } else { Rounding::Twice };
        (inputs, rounding)
    }

    fn windowed(&mut self) -> (Op, Vec<ValueId>) {
        let (stride, kernel) = (self.t.pair(), self.t.pair());
        let (padding, activation) = (self.t.padding(), self.t.activation());
        let (h, w) = (6 + self.t.below(3), 6 + self.t.below(3));
        let (groups, c, o) = (1 + self.t.below(3), 1 + self.t.below(2), 1 + self.t.below(3));
        match self.t.below(5) {
            0 => {
                let (inputs, rounding) = self.layer(&[1, h, w, groups * c], &[groups * o, kernel[0], kernel[1], c]);
                (Op::Conv2d { stride, dilation: self.t.pair(), padding, groups, activation, rounding }, inputs)
            }
            1 => {
                let (inputs, rounding) = self.layer(&[1, h, w, c], &[o, kernel[0], kernel[1], c]);
                (Op::ConvTranspose2d { stride, padding, extra: [0, self.t.below(2)], activation, rounding }, inputs)
            }
            2 => {
                let (dilation, count_padding) = (self.t.pair(), self.t.flip());
                let op = Op::AvgPool2d { kernel, stride, dilation, padding, count_padding, activation };
                (op, vec![self.float(&[1, h, w, c])])
            }
            3 => {
                let op = Op::MaxPool2d { kernel, stride, dilation: self.t.pair(), padding, activation };
                (op, vec![self.float(&[1, h, w, c])])
            }
            _ => {
                use {Coordinates::*, ResizeMode::*};
                let mode = self.t.of(&[NearestFloor, NearestRound, Bilinear]);
                let coordinates = self.t.of(&[Asymmetric, HalfPixel, AlignCorners]);
                (Op::Resize { size: self.t.pair(), mode, coordinates }, vec![self.any(Some(4))])
            }
        }
    }

    fn unary(&mut self) -> UnaryKind {
        use UnaryKind::*;
        let (a, b) = (self.t.float(), self.t.float());
        let parametrized =
            [HardSigmoid { alpha: a, beta: b }, LeakyRelu { alpha: a }, Elu { alpha: b }, Clamp { min: a, max: b }];
        let plain = [
            Neg, Abs, Sign, Exp, Log, Sqrt, Rsqrt, Reciprocal, Erf, Sin, Cos, Tanh, Sigmoid, HardSwish, Softplus,
            Floor, Ceil, Round, Not,
        ];
        if self.t.flip() { self.t.of(&parametrized) } else { self.t.of(&plain) }
    }

    fn elementwise(&mut self) -> (Op, Vec<ValueId>) {
        use BinaryKind::*;
        let x = self.any(None);
        match self.t.below(6) {
            0 => (Op::Unary { kind: self.unary() }, vec![x]),
            1 => {
                let kinds = [
                    Add,
                    Sub,
                    Mul,
                    Div,
                    Pow,
                    Min,
                    Max,
                    SquaredDifference,
                    Equal,
                    Less,
                    LessEqual,
                    Greater,
                    GreaterEqual,
                    And,
                    Or,
                ];
                (Op::Binary { kind: self.t.of(&kinds), activation: self.t.activation() }, vec![x, x])
            }
            2 => {
                let shape = self.shape(x);
                (Op::Select, vec![self.fresh(DType::Bool, &shape), x, x])
            }
            3 => (Op::Cast { dtype: self.t.dtype() }, vec![x]),
            4 => (Op::Quantize { dtype: self.t.of(&[DType::I8, DType::U8, DType::I16]) }, vec![x]),
            _ => (Op::Dequantize, vec![x]),
        }
    }

    fn movement(&mut self) -> (Op, Vec<ValueId>) {
        let rank = 1 + self.t.below(4);
        let x = self.any(Some(rank));
        let shape = self.shape(x);
        let axis = self.t.below(rank);
        match self.t.below(8) {
            0 => (Op::Reshape { shape: vec![1, shape.iter().product()] }, vec![x]),
            1 => {
                let mut perm: Vec<usize> = (0..rank).collect();
                perm.rotate_left(axis);
                (Op::Transpose { perm }, vec![x])
            }
            2 => (Op::Concat { axis }, vec![x; 1 + self.t.below(3)]),
            3 if self.t.flip() => {
                let start = shape.iter().map(|n| n.saturating_sub(1)).collect();
                (Op::Slice { start, step: vec![-1; rank], size: shape }, vec![x])
            }
            3 => (Op::Slice { start: vec![0; rank], step: vec![3; rank], size: vec![1; rank] }, vec![x]),
            4 => {
                let value = self.t.float();
                let mode = self.t.of(&[PadMode::Constant(value), PadMode::Reflect, PadMode::Edge]);
                (Op::Pad { before: vec![1; rank], after: self.t.shape(rank), mode }, vec![x])
            }
            5 => (Op::Broadcast { shape: [&[3], &shape[..]].concat() }, vec![x]),
            6 => {
                let indices = self.t.shape(2);
                let dtype = self.t.of(&[DType::I32, DType::I64]);
                (Op::Gather { axis }, vec![x, self.fresh(dtype, &indices)])
            }
            _ => (Op::ArgMax { axis, dtype: self.t.of(&[DType::I32, DType::I64]) }, vec![x]),
        }
    }

    fn others(&mut self) -> (Op, Vec<ValueId>) {
        use ReduceKind::*;
        let [n, m] = self.t.pair();
        let k = 1 + self.t.below(3);
        match self.t.below(10) {
            0 => {
                let inputs = vec![self.float(&[n, k]), self.float(&[m, k]), self.float(&[m])];
                (Op::FullyConnected { activation: self.t.activation() }, inputs)
            }
            1 => (Op::MatMul, vec![self.float(&[2, n, k]), self.float(&[k, m])]),
            2 => {
                let (axes, keep_dims) = (if self.t.flip() { vec![0, 2] } else { vec![1] }, self.t.flip());
                (Op::Reduce { kind: self.t.of(&[Sum, Mean, Max, Min, Prod]), axes, keep_dims }, vec![self.any(Some(3))])
            }
            3 => (Op::Softmax { beta: self.t.float() }, vec![self.any(Some(2))]),
            4 => {
                let inputs = vec![self.float(&[n, k]), self.float(&[k]), self.float(&[k])];
                (Op::LayerNorm { epsilon: self.t.float() }, inputs)
            }
            5 => (Op::TopK { k }, vec![self.float(&[n, k + 1])]),
            6 => {
                let shapes: [&[usize]; 6] = [&[m, n, k], &[4 * k, k], &[4 * k, k], &[4 * k], &[n, k], &[n, k]];
                let op = Op::Lstm { reverse: self.t.flip(), clip: self.t.float() };
                (op, shapes.map(|s| self.float(s)).to_vec())
            }
            8 => (Op::PairwiseCoupling, vec![self.float(&[n, k * (k + 1) / 2])]),
            7 => {
                let test = self.t.of(&[Test::Less(0.5), Test::AtMost(-0.0), Test::Equal(f32::INFINITY)]);
                let test = if self.t.flip() { Test::In([self.t.next(), m as u32].into()) } else { test };
                let (missing, zero_is_missing) = (self.t.flip(), self.t.flip());
                let split = Split { feature: k - 1, test, missing, zero_is_missing, yes: 1, no: 2 };
                let leaf = |value: f32| TreeNode::Leaf(vec![value; n]);
                let mut forest = Forest::new(vec![0.1; n + m], n);
                forest.grow(m, 0, &[TreeNode::Split(split), leaf(0.5), leaf(-1.0)]).unwrap_or_default();
                let x = self.float(&[n, k]);
                let constants = forest.tensors().map(|tensor| self.g.constant(&self.t.name(), tensor));
                (Op::TreeEnsemble, [&[x][..], &constants].concat())
            }
            _ => {
                let shapes: [&[usize]; 6] = [&[m, n, k], &[3 * k, k], &[3 * k, k], &[3 * k], &[3 * k], &[n, k]];
                let op = Op::Gru { reverse: self.t.flip(), linear_before_reset: self.t.flip() };
                (op, shapes.map(|s| self.float(s)).to_vec())
            }
        }
    }

    /// Outputs, next values of states, a value left behind, and perhaps other numbers for the values.
    fn finish(mut self) -> Graph {
        for i in 0..self.g.states.len() {
            let ty = self.g.ty(self.g.states[i].input).clone();
            let fits: Vec<usize> = (0..self.g.values.len()).filter(|&v| self.g.values[v].ty == ty).collect();
            self.g.states[i].next = ValueId(self.t.of(&fits));
        }
        let last = self.any(None);
        self.g.outputs.push(last);
        let more = self.any(None);
        self.g.outputs.push(more);
        if self.t.below(4) == 0 {
            let left = Value { name: self.t.name(), ty: TensorType::new(DType::F32, &[]), source: Source::Node(999) };
            self.g.values.push(left);
        }
        if self.t.flip() { self.renumber() } else { self.g }
    }

    fn renumber(mut self) -> Graph {
        let n = self.g.values.len();
        // `to[old]` is the new number of a value.
        let mut to: Vec<usize> = (0..n).collect();
        for i in (1..n).rev() {
            to.swap(i, self.t.below(i + 1));
        }
        let mut values = self.g.values.clone();
        for (old, value) in self.g.values.into_iter().enumerate() {
            values[to[old]] = value;
        }
        let map = |ids: &mut Vec<ValueId>| ids.iter_mut().for_each(|id| id.0 = to[id.0]);
        self.g.values = values;
        map(&mut self.g.inputs);
        map(&mut self.g.outputs);
        for node in &mut self.g.nodes {
            map(&mut node.inputs);
            map(&mut node.outputs);
        }
        for state in &mut self.g.states {
            state.input.0 = to[state.input.0];
            state.next.0 = to[state.next.0];
        }
        self.g
    }
}
