//! Normalizations.

use sanderling_ir::{BinaryKind, DType, Op, ReduceKind, UnaryKind, ValueId};

use crate::onnx::builder::Builder;
use crate::onnx::call::{Call, One};

/// `[C]` as `[C, 1, ...]`, to combine with `[N, C, ...]`.
fn per_channel(b: &mut Builder, call: &Call, v: ValueId, rank: usize) -> One {
    let mut shape = vec![1; rank.saturating_sub(1).max(1)];
    shape[0] = b.ty(v).elements();
    b.reshape(call, v, &shape)
}

/// With statistics from training, a factor and a summand for each channel.
pub(crate) fn batch(b: &mut Builder, call: &Call) -> One {
    call.at_most_outputs(1)?;
    if call.flag("training_mode")? {
        return call.refuse("training_mode", 1, "export the model for inference");
    }
    if call.int("spatial", 1)? != 1 {
        return call.refuse("spatial", 0, "1 works");
    }
    let x = call.input(0)?;
    let mut read = |i: usize, what: &str| b.known_floats(call, call.input(i)?, what);
    let (scale, shift) = (read(1, "the scale")?, read(2, "the bias")?);
    let (mean, variance) = (read(3, "the mean")?, read(4, "the variance")?);
    let n = scale.len();
    if b.rank(x) < 2 || [shift.len(), mean.len(), variance.len(), b.shape(x)[1]] != [n; 4] {
        return call.fail(format!("its parameters do not fit the channels of {}", b.ty(x)));
    }
    let epsilon = f64::from(call.float("epsilon", 1e-5)?);
    // In double precision, so that folding costs no accuracy.
    let factors: Vec<f64> =
        scale.iter().zip(&variance).map(|(&s, &v)| f64::from(s) / (f64::from(v) + epsilon).sqrt()).collect();
    let summands: Vec<f32> = (0..n).map(|i| (f64::from(shift[i]) - f64::from(mean[i]) * factors[i]) as f32).collect();
    let factors: Vec<f32> = factors.into_iter().map(|f| f as f32).collect();
    let dtype = b.ty(x).dtype;
    let mut y = x;
    for (kind, values) in [(BinaryKind::Mul, factors), (BinaryKind::Add, summands)] {
        let values = b.floats(call, &[n], &values);
        let values = b.cast(call, values, dtype)?;
        let values = per_channel(b, call, values, b.rank(x))?;
        y = b.binary(call, kind, y, values)?;
    }
    Ok(y)
}

/// `(x - mean) / sqrt(variance + epsilon)` over `axes`.
fn standardized(b: &mut Builder, call: &Call, x: ValueId, axes: Vec<usize>, epsilon: f64) -> One {
    let mean = Op::Reduce { kind: ReduceKind::Mean, axes, keep_dims: true };
    let average = b.push(call, mean.clone(), &[x])?;
    let centered = b.binary(call, BinaryKind::Sub, x, average)?;
    let squares = b.binary(call, BinaryKind::Mul, centered, centered)?;
    let variance = b.push(call, mean, &[squares])?;
    let epsilon = b.scalar(call, x, epsilon)?;
    let variance = b.binary(call, BinaryKind::Add, variance, epsilon)?;
    let inverse = b.unary(call, UnaryKind::Rsqrt, variance)?;
    b.binary(call, BinaryKind::Mul, centered, inverse)
}

pub(crate) fn instance(b: &mut Builder, call: &Call) -> One {
    let (x, scale, shift) = (call.input(0)?, call.input(1)?, call.input(2)?);
    let rank = b.rank(x);
    if rank < 3 {
        return call.fail(format!("{} has no spatial dimensions", b.ty(x)));
    }
    let y = standardized(b, call, x, (2..rank).collect(), f64::from(call.float("epsilon", 1e-5)?))?;
    let scale = per_channel(b, call, scale, rank)?;
    let shift = per_channel(b, call, shift, rank)?;
    let y = b.binary(call, BinaryKind::Mul, y, scale)?;
    b.binary(call, BinaryKind::Add, y, shift)
}

/// Over the channels of each group and all positions; scale and bias are per channel, until opset 21 per group.
pub(crate) fn group(b: &mut Builder, call: &Call) -> One {
    let (x, scale, shift) = (call.input(0)?, call.input(1)?, call.input(2)?);
    let shape = b.shape(x);
    let groups = call.size("num_groups", call.int("num_groups", 0)?)?;
    if shape.len() < 3 || groups == 0 || !shape[1].is_multiple_of(groups) {
        return call.fail(format!("{groups} groups do not divide the channels of {}", b.ty(x)));
    }
    let rest: usize = shape[2..].iter().product();
    let per_group = shape[1] / groups;
    let grouped = b.reshape(call, x, &[shape[0], groups, per_group * rest])?;
    let y = standardized(b, call, grouped, vec![2], f64::from(call.float("epsilon", 1e-5)?))?;
    let by_group = b.ty(scale).elements() == groups && groups != shape[1];
    let (inner, rank) = if by_group { (b.shape(grouped), 3) } else { (shape.clone(), shape.len()) };
    let y = b.reshape(call, y, &inner)?;
    let scale = per_channel(b, call, scale, rank)?;
    let shift = per_channel(b, call, shift, rank)?;
    let y = b.binary(call, BinaryKind::Mul, y, scale)?;
    let y = b.binary(call, BinaryKind::Add, y, shift)?;
    b.reshape(call, y, &shape)
}

/// Over the axes from `axis` on, which become one.
pub(crate) fn layer(b: &mut Builder, call: &Call) -> One {
    call.at_most_outputs(1)?;
    let (x, scale) = (call.input(0)?, call.input(1)?);
    let shape = b.shape(x);
    let axis = call.axis(call.int("axis", -1)?, shape.len())?;
    let n: usize = shape[axis..].iter().product();
    if b.ty(scale).dtype != b.ty(x).dtype || b.ty(x).dtype == DType::I64 {
        return call.fail(format!("{} does not fit the scale {}", b.ty(x), b.ty(scale)));
    }
    let scale = full(b, call, scale, &shape[axis..], n)?;
    let shift = match call.optional(2) {
        Some(shift) => full(b, call, shift, &shape[axis..], n)?,
        None => b.filled(call, x, &[n], 0.0)?,
    };
    let flat = b.reshape(call, x, &[&shape[..axis], &[n]].concat())?;
    let y = b.push(call, Op::LayerNorm { epsilon: call.float("epsilon", 1e-5)? }, &[flat, scale, shift])?;
    b.reshape(call, y, &shape)
}

/// Parameters of the normalized axes, repeated where they are shorter, as one axis.
fn full(b: &mut Builder, call: &Call, v: ValueId, shape: &[usize], n: usize) -> One {
    let v = match b.ty(v).elements() == n {
        true => v,
        false => b.push(call, Op::Broadcast { shape: shape.to_vec() }, &[v])?,
    };
    b.reshape(call, v, &[n])
}

/// `x / sqrt(mean(x^2) + epsilon)` over the axes from `axis` on, times a scale.
pub(crate) fn rms(b: &mut Builder, call: &Call) -> One {
    let (x, scale) = (call.input(0)?, call.input(1)?);
    let rank = b.rank(x);
    let axis = call.axis(call.int("axis", -1)?, rank)?;
    let squares = b.binary(call, BinaryKind::Mul, x, x)?;
    let mean = Op::Reduce { kind: ReduceKind::Mean, axes: (axis..rank).collect(), keep_dims: true };
    let mean = b.push(call, mean, &[squares])?;
    let epsilon = b.scalar(call, x, f64::from(call.float("epsilon", 1e-5)?))?;
    let sum = b.binary(call, BinaryKind::Add, mean, epsilon)?;
    let inverse = b.unary(call, UnaryKind::Rsqrt, sum)?;
    let y = b.binary(call, BinaryKind::Mul, x, inverse)?;
    b.binary(call, BinaryKind::Mul, y, scale)
}

/// `x` divided by its norm along an axis.
pub(crate) fn lp(b: &mut Builder, call: &Call) -> One {
    let x = call.input(0)?;
    let axis = call.axis(call.int("axis", -1)?, b.rank(x))?;
    let sum = Op::Reduce { kind: ReduceKind::Sum, axes: vec![axis], keep_dims: true };
    let norm = match call.int("p", 2)? {
        1 => {
            let sizes = b.unary(call, UnaryKind::Abs, x)?;
            b.push(call, sum, &[sizes])?
        }
        2 => {
            let squares = b.binary(call, BinaryKind::Mul, x, x)?;
            let total = b.push(call, sum, &[squares])?;
            b.unary(call, UnaryKind::Sqrt, total)?
        }
        p => return call.refuse("p", p, "1 and 2 work"),
    };
    // Nothing divided by nothing is nothing here.
    let least = b.scalar(call, x, f64::from(f32::MIN_POSITIVE))?;
    let norm = b.binary(call, BinaryKind::Max, norm, least)?;
    b.binary(call, BinaryKind::Div, x, norm)
}
