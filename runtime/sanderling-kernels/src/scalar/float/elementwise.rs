//! Functions of one and two values.

use sanderling_format::calls::{AXES, BinaryF32, BinaryOp, RealOp, UnaryF32};

use super::{clamp, get, put};
use crate::kernel::{Operands, Runs};
use crate::scalar::Scalar;
use crate::scalar::data::walk::{along, rows};

impl Runs<UnaryF32> for Scalar {
    fn run(call: &UnaryF32, mut operands: Operands<'_>) {
        operands.bring(0);
        let output = operands.output;
        let Some(op) = RealOp::from_code(call.op) else { return };
        let (a, b) = (call.alpha, call.beta);
        let each = |f: &dyn Fn(f32) -> f32, output: &mut [u8]| {
            for value in output.as_chunks_mut::<4>().0 {
                *value = f(f32::from_le_bytes(*value)).to_le_bytes();
            }
        };
        match op {
            // In line, because it follows most convolutions.
            RealOp::Clamp => {
                for value in output.as_chunks_mut::<4>().0 {
                    *value = clamp(f32::from_le_bytes(*value), a, b).to_le_bytes();
                }
            }
            _ => each(&|x| compute(op, x, a, b), output),
        }
    }
}

fn compute(op: RealOp, x: f32, a: f32, b: f32) -> f32 {
    match op {
        RealOp::Neg => -x,
        RealOp::Abs => x.abs(),
        RealOp::Sign => {
            if x == 0.0 {
                0.0
            } else {
                1.0f32.copysign(x)
            }
        }
        RealOp::Exp => libm::expf(x),
        RealOp::Log => libm::logf(x),
        RealOp::Sqrt => libm::sqrtf(x),
        RealOp::Rsqrt => 1.0 / libm::sqrtf(x),
        RealOp::Reciprocal => 1.0 / x,
        RealOp::Erf => libm::erff(x),
        RealOp::Sin => libm::sinf(x),
        RealOp::Cos => libm::cosf(x),
        RealOp::Tanh => libm::tanhf(x),
        RealOp::Sigmoid => sigmoid(x),
        RealOp::HardSigmoid => clamp(a * x + b, 0.0, 1.0),
        RealOp::HardSwish => x * clamp(x / 6.0 + 0.5, 0.0, 1.0),
        RealOp::LeakyRelu => {
            if x > 0.0 {
                x
            } else {
                a * x
            }
        }
        RealOp::Elu => {
            if x > 0.0 {
                x
            } else {
                a * libm::expm1f(x)
            }
        }
        // Beyond 20 the logarithm is x to the last bit.
        RealOp::Softplus => {
            if x > 20.0 {
                x
            } else {
                libm::log1pf(libm::expf(x))
            }
        }
        RealOp::Floor => libm::floorf(x),
        RealOp::Ceil => libm::ceilf(x),
        RealOp::Round => libm::rintf(x),
        RealOp::Clamp => clamp(x, a, b),
    }
}

/// `1 / (1 + exp(-x))`
pub(crate) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + libm::expf(-x))
}

impl Runs<BinaryF32> for Scalar {
    fn run(call: &BinaryF32, operands: Operands<'_>) {
        match BinaryOp::from_code(call.op) {
            Some(BinaryOp::Add) => arithmetic(call, operands, |a, b| a + b),
            Some(BinaryOp::Sub) => arithmetic(call, operands, |a, b| a - b),
            Some(BinaryOp::Mul) => arithmetic(call, operands, |a, b| a * b),
            Some(BinaryOp::Div) => arithmetic(call, operands, |a, b| a / b),
            Some(BinaryOp::Pow) => arithmetic(call, operands, libm::powf),
            Some(BinaryOp::Min) => arithmetic(call, operands, f32::min),
            Some(BinaryOp::Max) => arithmetic(call, operands, f32::max),
            Some(BinaryOp::SquaredDifference) => arithmetic(call, operands, |a, b| (a - b) * (a - b)),
            Some(op) => each(call, operands, |out, at, a, b| {
                if let Some(out) = out.get_mut(at) {
                    *out = u8::from(holds(op, a, b));
                }
            }),
            None => {}
        }
    }
}

fn arithmetic(call: &BinaryF32, operands: Operands<'_>, f: impl Fn(f32, f32) -> f32) {
    each(call, operands, |out, at, a, b| put(out, at, clamp(f(a, b), call.low, call.high)));
}

/// Calls `f` with the index of each result and its two operands.
fn each(call: &BinaryF32, operands: Operands<'_>, mut f: impl FnMut(&mut [u8], usize, f32, f32)) {
    let Operands { reads: [a, b, ..], output, .. } = operands;
    let o = &call.operands;
    let n = o.dims[AXES - 1] as usize;
    let mut at = 0;
    rows(&o.dims, [&o.a_strides, &o.b_strides], [0; 2], |[a_at, b_at]| {
        let places = along(a_at, o.a_strides[AXES - 1]).zip(along(b_at, o.b_strides[AXES - 1])).take(n);
        for (i, j) in places {
            // What is in place lies in the output.
            let value = |from: &[u8], i| get(if from.is_empty() { output } else { from }, i);
            let (a, b) = (value(a, i), value(b, j));
            f(output, at, a, b);
            at += 1;
        }
    });
}

fn holds(op: BinaryOp, a: f32, b: f32) -> bool {
    match op {
        BinaryOp::Equal => a == b,
        BinaryOp::Less => a < b,
        BinaryOp::LessEqual => a <= b,
        BinaryOp::Greater => a > b,
        BinaryOp::GreaterEqual => a >= b,
        BinaryOp::And => a != 0.0 && b != 0.0,
        _ => a != 0.0 || b != 0.0,
    }
}
