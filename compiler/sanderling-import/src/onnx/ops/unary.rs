//! Functions of one value, elementwise.

use sanderling_ir::{BinaryKind, DType, Op, UnaryKind, ValueId};

use crate::ImportError;
use crate::onnx::builder::Builder;
use crate::onnx::call::{Call, One};
use crate::onnx::known_truth;

/// The functions that the graph has itself.
pub(crate) fn kind(call: &Call) -> Result<Option<UnaryKind>, ImportError> {
    Ok(Some(match call.op() {
        "Abs" => UnaryKind::Abs,
        "Ceil" => UnaryKind::Ceil,
        "Cos" => UnaryKind::Cos,
        "Elu" => UnaryKind::Elu { alpha: call.float("alpha", 1.0)? },
        "Erf" => UnaryKind::Erf,
        "Exp" => UnaryKind::Exp,
        "Floor" => UnaryKind::Floor,
        "HardSigmoid" => UnaryKind::HardSigmoid { alpha: call.float("alpha", 0.2)?, beta: call.float("beta", 0.5)? },
        "HardSwish" => UnaryKind::HardSwish,
        "LeakyRelu" => UnaryKind::LeakyRelu { alpha: call.float("alpha", 0.01)? },
        "Log" => UnaryKind::Log,
        "Neg" => UnaryKind::Neg,
        "Not" => UnaryKind::Not,
        "Reciprocal" => UnaryKind::Reciprocal,
        "Round" => UnaryKind::Round,
        "Sigmoid" => UnaryKind::Sigmoid,
        "Sign" => UnaryKind::Sign,
        "Sin" => UnaryKind::Sin,
        "Softplus" => UnaryKind::Softplus,
        "Sqrt" => UnaryKind::Sqrt,
        "Tanh" => UnaryKind::Tanh,
        _ => return Ok(None),
    }))
}

pub(crate) fn plain(b: &mut Builder, call: &Call, kind: UnaryKind) -> One {
    b.unary(call, kind, call.input(0)?)
}

fn above_zero(b: &mut Builder, call: &Call, x: ValueId) -> One {
    clamp(b, call, x, Some(0.0), None)
}

pub(crate) fn relu(b: &mut Builder, call: &Call) -> One {
    above_zero(b, call, call.input(0)?)
}

/// Limits a value; integers by comparison, since limits of a clamp are real.
fn clamp(b: &mut Builder, call: &Call, x: ValueId, min: Option<f32>, max: Option<f32>) -> One {
    if matches!(b.ty(x).dtype, DType::F32 | DType::F16 | DType::BF16) {
        let (min, max) = (min.unwrap_or(f32::NEG_INFINITY), max.unwrap_or(f32::INFINITY));
        return b.unary(call, UnaryKind::Clamp { min, max }, x);
    }
    let mut y = x;
    for (limit, kind) in [(min, BinaryKind::Max), (max, BinaryKind::Min)] {
        if let Some(limit) = limit {
            let limit = b.scalar(call, x, f64::from(limit))?;
            y = b.binary(call, kind, y, limit)?;
        }
    }
    Ok(y)
}

/// Limits as attributes until opset 11, then as inputs.
pub(crate) fn clip(b: &mut Builder, call: &Call) -> One {
    let x = call.input(0)?;
    if call.opset < 11 {
        let limit = |name: &str| if call.has(name) { call.float(name, 0.0).map(Some) } else { Ok(None) };
        return clamp(b, call, x, limit("min")?, limit("max")?);
    }
    let is_real = matches!(b.ty(x).dtype, DType::F32 | DType::F16 | DType::BF16);
    let mut limits = [None; 2];
    let mut known = is_real;
    for (i, limit) in limits.iter_mut().enumerate() {
        if let Some(id) = call.optional(i + 1) {
            *limit = b.maybe_scalar(call, id)?;
            known &= limit.is_some();
        }
    }
    if known {
        return clamp(b, call, x, limits[0], limits[1]);
    }
    let mut y = x;
    for (i, kind) in [(1, BinaryKind::Max), (2, BinaryKind::Min)] {
        if let Some(limit) = call.optional(i) {
            y = b.binary(call, kind, y, limit)?;
        }
    }
    Ok(y)
}

/// `x` where positive, `slope * x` elsewhere, with a slope for each channel or for all.
pub(crate) fn prelu(b: &mut Builder, call: &Call) -> One {
    let (x, slope) = (call.input(0)?, call.input(1)?);
    if let Some(alpha) = b.maybe_scalar(call, slope)? {
        return b.unary(call, UnaryKind::LeakyRelu { alpha }, x);
    }
    let positive = above_zero(b, call, x)?;
    let negative = clamp(b, call, x, None, Some(0.0))?;
    let negative = b.binary(call, BinaryKind::Mul, negative, slope)?;
    b.binary(call, BinaryKind::Add, positive, negative)
}

fn times(b: &mut Builder, call: &Call, x: ValueId, factor: f64) -> One {
    let factor = b.scalar(call, x, factor)?;
    b.binary(call, BinaryKind::Mul, x, factor)
}

fn plus(b: &mut Builder, call: &Call, x: ValueId, summand: f64) -> One {
    let summand = b.scalar(call, x, summand)?;
    b.binary(call, BinaryKind::Add, x, summand)
}

pub(crate) fn selu(b: &mut Builder, call: &Call) -> One {
    let alpha = call.float("alpha", 1.673_263_2)?;
    let gamma = call.float("gamma", 1.050_701)?;
    let y = b.unary(call, UnaryKind::Elu { alpha }, call.input(0)?)?;
    times(b, call, y, f64::from(gamma))
}

/// `alpha * elu(x / alpha)`
pub(crate) fn celu(b: &mut Builder, call: &Call) -> One {
    let alpha = f64::from(call.float("alpha", 1.0)?);
    let scaled = times(b, call, call.input(0)?, 1.0 / alpha)?;
    let y = b.unary(call, UnaryKind::Elu { alpha: 1.0 }, scaled)?;
    times(b, call, y, alpha)
}

/// `x * (1 + erf(x / sqrt(2))) / 2`, or its approximation by tanh.
pub(crate) fn gelu(b: &mut Builder, call: &Call) -> One {
    let x = call.input(0)?;
    let inner = match call.text("approximate", "none")?.as_str() {
        "none" => {
            let scaled = times(b, call, x, std::f64::consts::FRAC_1_SQRT_2)?;
            b.unary(call, UnaryKind::Erf, scaled)?
        }
        "tanh" => {
            let square = b.binary(call, BinaryKind::Mul, x, x)?;
            let cube = b.binary(call, BinaryKind::Mul, square, x)?;
            let cube = times(b, call, cube, 0.044715)?;
            let sum = b.binary(call, BinaryKind::Add, x, cube)?;
            let scaled = times(b, call, sum, (2.0 / std::f64::consts::PI).sqrt())?;
            b.unary(call, UnaryKind::Tanh, scaled)?
        }
        other => return call.refuse("approximate", other, "none and tanh work"),
    };
    let inner = plus(b, call, inner, 1.0)?;
    let product = b.binary(call, BinaryKind::Mul, x, inner)?;
    times(b, call, product, 0.5)
}

/// `x * f(x)` for the gates that exporters name.
pub(crate) fn gated(b: &mut Builder, call: &Call) -> One {
    let x = call.input(0)?;
    let gate = match call.op() {
        "Mish" => {
            let soft = b.unary(call, UnaryKind::Softplus, x)?;
            b.unary(call, UnaryKind::Tanh, soft)?
        }
        _ => {
            let scaled = match call.float("alpha", 1.0)? {
                1.0 => x,
                alpha => times(b, call, x, f64::from(alpha))?,
            };
            b.unary(call, UnaryKind::Sigmoid, scaled)?
        }
    };
    b.binary(call, BinaryKind::Mul, x, gate)
}

/// `x` above `alpha`, 0 elsewhere.
pub(crate) fn thresholded_relu(b: &mut Builder, call: &Call) -> One {
    let x = call.input(0)?;
    let alpha = b.scalar(call, x, f64::from(call.float("alpha", 1.0)?))?;
    let above = b.binary(call, BinaryKind::Greater, x, alpha)?;
    let zero = b.scalar(call, x, 0.0)?;
    b.push(call, Op::Select, &[above, x, zero])
}

/// What dropout does after training: nothing.
pub(crate) fn dropout(b: &mut Builder, call: &Call) -> One {
    call.at_most_outputs(1)?;
    match call.optional(2) {
        Some(training) if known_truth(b, call, training, "training_mode")? => {
            call.refuse("training_mode", true, "export the model for inference")
        }
        _ => call.input(0),
    }
}

/// NaN alone differs from itself.
pub(crate) fn is_nan(b: &mut Builder, call: &Call) -> One {
    let x = call.input(0)?;
    let same = b.binary(call, BinaryKind::Equal, x, x)?;
    b.unary(call, UnaryKind::Not, same)
}

/// `x / (1 + |x|)`
pub(crate) fn softsign(b: &mut Builder, call: &Call) -> One {
    let x = call.input(0)?;
    let size = b.unary(call, UnaryKind::Abs, x)?;
    let size = plus(b, call, size, 1.0)?;
    b.binary(call, BinaryKind::Div, x, size)
}
