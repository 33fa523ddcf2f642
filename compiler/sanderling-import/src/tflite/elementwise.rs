//! Elementwise ops, reductions and what is made of both.

use sanderling_ir::{Activation, BinaryKind, DType, Op, Quant, ReduceKind, Tensor, TensorType, UnaryKind, ValueId};

use super::conv::NONE;
use super::lower::{Lower, Result};

impl Lower<'_> {
    /// A binary op with a fused activation in field 0.
    pub(super) fn binary(&mut self, kind: BinaryKind) -> Result<()> {
        let activation = self.activation(0)?;
        let (a, b) = (self.x(0)?, self.x(1)?);
        self.emit(Op::Binary { kind, activation }, &[a, b])
    }

    pub(super) fn plain_binary(&mut self, kind: BinaryKind) -> Result<()> {
        let (a, b) = (self.x(0)?, self.x(1)?);
        self.emit(Op::Binary { kind, activation: NONE }, &[a, b])
    }

    pub(super) fn not_equal(&mut self) -> Result<()> {
        let (a, b) = (self.x(0)?, self.x(1)?);
        let equal = self.step("equal", Op::Binary { kind: BinaryKind::Equal, activation: NONE }, &[a, b], None)?;
        self.emit(Op::Unary { kind: UnaryKind::Not }, &[equal])
    }

    pub(super) fn square(&mut self) -> Result<()> {
        let x = self.x(0)?;
        self.emit(Op::Binary { kind: BinaryKind::Mul, activation: NONE }, &[x, x])
    }

    pub(super) fn add_n(&mut self) -> Result<()> {
        let mut sum = self.x(0)?;
        let quant = self.output_quant(0)?;
        let last = self.input_count() - 1;
        let add = Op::Binary { kind: BinaryKind::Add, activation: NONE };
        if last == 0 {
            let shape = self.ty(sum).shape.clone();
            return self.emit_moved(0, Op::Reshape { shape }, &[sum]);
        }
        for k in 1..last {
            let next = self.x(k)?;
            sum = self.step(&format!("sum{k}"), add.clone(), &[sum, next], quant.clone())?;
        }
        let next = self.x(last)?;
        self.emit(add, &[sum, next])
    }

    pub(super) fn leaky_relu(&mut self) -> Result<()> {
        let x = self.x(0)?;
        let alpha = self.float(0, 0.0)?;
        self.emit(Op::Unary { kind: UnaryKind::LeakyRelu { alpha } }, &[x])
    }

    /// `x` where it is not negative, `alpha * x` elsewhere, both in the quantization of the output.
    pub(super) fn prelu(&mut self) -> Result<()> {
        let (x, alpha) = (self.x(0)?, self.x(1)?);
        let ty = self.ty(x).clone();
        let quant = self.output_quant(0)?;
        let zero = self.zero(&ty)?;
        let ge = Op::Binary { kind: BinaryKind::GreaterEqual, activation: NONE };
        let positive = self.step("positive", ge, &[x, zero], None)?;
        let mul = Op::Binary { kind: BinaryKind::Mul, activation: NONE };
        let scaled = self.step("scaled", mul, &[x, alpha], quant.clone())?;
        let name = format!("{}/kept", self.output(0)?.name);
        let kept = self.requantized(x, &quant, &name)?;
        self.emit(Op::Select, &[positive, kept, scaled])
    }

    /// A scalar 0 of a type.
    fn zero(&mut self, like: &TensorType) -> Result<ValueId> {
        let quant =
            like.quant.as_ref().and_then(|q| Some(Quant::per_tensor(*q.scales.first()?, *q.zero_points.first()?)));
        let stored = quant.as_ref().map_or(0, |q| q.zero_points[0]);
        let ty = TensorType { dtype: like.dtype, shape: vec![1], quant };
        let data = match like.dtype {
            DType::F32 => 0f32.to_le_bytes().to_vec(),
            // The low bytes of a zero point are the zero point in the narrower type.
            _ => i64::from(stored).to_le_bytes()[..like.dtype.bytes()].to_vec(),
        };
        self.own_constant("zero", Tensor { ty, data })
    }

    /// `x * (1 + erf(x / sqrt 2)) / 2`, or its form with tanh.
    pub(super) fn gelu(&mut self) -> Result<()> {
        let x = self.float_input("GELU")?;
        let approximate = self.flag(0)?;
        let (mul, add) = (binary(BinaryKind::Mul), binary(BinaryKind::Add));
        let half = self.number("half", 0.5)?;
        let one = self.number("one", 1.0)?;
        let bend = if approximate {
            let square = self.step("square", mul.clone(), &[x, x], None)?;
            let small = self.number("small", 0.044_715)?;
            let curve = self.step("curve", mul.clone(), &[square, small], None)?;
            let curve = self.step("curve_1", add.clone(), &[curve, one], None)?;
            let inner = self.step("inner", mul.clone(), &[x, curve], None)?;
            let factor = self.number("factor", std::f32::consts::FRAC_2_SQRT_PI * std::f32::consts::FRAC_1_SQRT_2)?;
            let inner = self.step("scaled", mul.clone(), &[inner, factor], None)?;
            self.step("bend", Op::Unary { kind: UnaryKind::Tanh }, &[inner], None)?
        } else {
            let factor = self.number("factor", std::f32::consts::FRAC_1_SQRT_2)?;
            let inner = self.step("scaled", mul.clone(), &[x, factor], None)?;
            self.step("bend", Op::Unary { kind: UnaryKind::Erf }, &[inner], None)?
        };
        let gate = self.step("gate", add, &[bend, one], None)?;
        let halved = self.step("halved", mul.clone(), &[x, half], None)?;
        self.emit(mul, &[halved, gate])
    }

    pub(super) fn select(&mut self) -> Result<()> {
        let (mut condition, a, b) = (self.x(0)?, self.x(1)?, self.x(2)?);
        let (rank, full) = (self.ty(condition).shape.len(), self.ty(a).shape.len());
        // The older op lets a vector choose between whole rows.
        if self.op() == "SELECT" && rank == 1 && full > 1 {
            let mut shape = vec![1; full];
            shape[0] = self.ty(condition).shape[0];
            condition = self.step("rows", Op::Reshape { shape }, &[condition], None)?;
        }
        let (quant, name) = (self.output_quant(0)?, self.output(0)?.name.clone());
        let a = self.requantized(a, &quant, &format!("{name}/a"))?;
        let b = self.requantized(b, &quant, &format!("{name}/b"))?;
        self.emit(Op::Select, &[condition, a, b])
    }

    pub(super) fn softmax(&mut self) -> Result<()> {
        let x = self.x(0)?;
        let beta = self.float(0, 1.0)?;
        self.emit(Op::Softmax { beta }, &[x])
    }

    pub(super) fn log_softmax(&mut self) -> Result<()> {
        let x = self.float_input("LOG_SOFTMAX")?;
        let (reduced, sub) = (self.last_axis(x)?, binary(BinaryKind::Sub));
        let max = self.step("max", reduced(ReduceKind::Max), &[x], None)?;
        let shifted = self.step("shifted", sub.clone(), &[x, max], None)?;
        let exp = self.step("exp", Op::Unary { kind: UnaryKind::Exp }, &[shifted], None)?;
        let sum = self.step("sum", reduced(ReduceKind::Sum), &[exp], None)?;
        let log = self.step("log", Op::Unary { kind: UnaryKind::Log }, &[sum], None)?;
        self.emit(sub, &[shifted, log])
    }

    /// Divides by the norm along the last axis, which counts as 1e-6 at least.
    pub(super) fn l2_normalization(&mut self) -> Result<()> {
        let activation = self.activation(0)?;
        let x = self.float_input("L2_NORMALIZATION")?;
        let reduced = self.last_axis(x)?;
        let square = self.step("square", binary(BinaryKind::Mul), &[x, x], None)?;
        let sum = self.step("sum", reduced(ReduceKind::Sum), &[square], None)?;
        let norm = self.step("norm", Op::Unary { kind: UnaryKind::Sqrt }, &[sum], None)?;
        let kind = UnaryKind::Clamp { min: 1e-6, max: f32::INFINITY };
        let norm = self.step("positive", Op::Unary { kind }, &[norm], None)?;
        self.emit(Op::Binary { kind: BinaryKind::Div, activation }, &[x, norm])
    }

    /// A reduction over the axes that input 1 lists; field 0 keeps them as dimensions of 1.
    pub(super) fn reduce(&mut self, kind: ReduceKind) -> Result<()> {
        let x = self.x(0)?;
        let keep_dims = self.flag(0)?;
        let rank = self.ty(x).shape.len();
        let mut axes = Vec::new();
        for axis in self.ints(1, "the axes")? {
            axes.push(self.axis(axis, rank)?);
        }
        axes.sort_unstable();
        axes.dedup();
        let op = Op::Reduce { kind, axes, keep_dims };
        match kind {
            ReduceKind::Max | ReduceKind::Min => self.emit_moved(0, op, &[x]),
            _ => self.emit(op, &[x]),
        }
    }

    /// Input 0, of an op that is decomposed in floats only.
    fn float_input(&mut self, op: &str) -> Result<ValueId> {
        let x = self.x(0)?;
        match self.ty(x).dtype {
            DType::F32 => Ok(x),
            _ => {
                Err(self.unsupported(&format!("{op} of quantized values is not; keep this part of the model in float")))
            }
        }
    }

    fn last_axis(&self, x: ValueId) -> Result<impl Fn(ReduceKind) -> Op + use<>> {
        let axis = self.axis(-1, self.ty(x).shape.len())?;
        Ok(move |kind| Op::Reduce { kind, axes: vec![axis], keep_dims: true })
    }

    fn number(&mut self, step: &str, value: f32) -> Result<ValueId> {
        self.own_constant(step, Tensor::from_f32(TensorType::new(DType::F32, &[1]), &[value]))
    }

    /// An op followed by the activation in `field`, which the graph's op cannot carry.
    pub(super) fn emit_then_activation(&mut self, field: usize, op: Op, inputs: &[ValueId]) -> Result<()> {
        match clamp(self.activation(field)?) {
            None => self.emit(op, inputs),
            Some(kind) => {
                let quant = self.output_quant(0)?;
                let value = self.step("unclamped", op, inputs, quant)?;
                self.emit(Op::Unary { kind }, &[value])
            }
        }
    }
}

fn binary(kind: BinaryKind) -> Op {
    Op::Binary { kind, activation: NONE }
}

/// The op that does what an activation does.
fn clamp(activation: Activation) -> Option<UnaryKind> {
    let (min, max) = match activation {
        Activation::None => return None,
        Activation::Relu => (0.0, f32::INFINITY),
        Activation::Relu6 => (0.0, 6.0),
        Activation::ReluN1To1 => (-1.0, 1.0),
    };
    Some(UnaryKind::Clamp { min, max })
}
