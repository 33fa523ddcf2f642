//! Support vector regression.

use sanderling_ir::{Activation, BinaryKind, Op, ReduceKind, UnaryKind, ValueId};

use super::{post_transform, reals, rows};
use crate::onnx::builder::Builder;
use crate::onnx::call::{Call, One};

/// `sum coefficient * kernel(x, vector) + rho`.
pub(super) fn regressor(b: &mut Builder, call: &Call) -> One {
    if call.flag("one_class")? {
        return call.refuse("one_class", 1, "0 works");
    }
    let x = rows(b, call)?;
    let features = b.shape(x)[1];
    let vectors = reals(b, call, "support_vectors")?;
    let coefficients = reals(b, call, "coefficients")?;
    let rho = reals(b, call, "rho")?;
    let supports = call.size("n_supports", call.int("n_supports", 0)?)?;
    let &[rho] = &rho[..] else { return call.fail(format!("{} values of rho should be one", rho.len())) };
    // Without support vectors the coefficients are those of the features.
    let (values, count) =
        if supports == 0 { (x, features) } else { (kernel(b, call, x, &vectors, supports)?, supports) };
    if coefficients.len() != count {
        return call.fail(format!("{} coefficients should be {count}", coefficients.len()));
    }
    let w = b.floats(call, &[1, count], &coefficients);
    let bias = b.floats(call, &[1], &[rho]);
    let y = b.push(call, Op::FullyConnected { activation: Activation::None }, &[values, w, bias])?;
    post_transform(b, call, y)
}

/// The kernel between each row and each support vector, `[rows, supports]`.
fn kernel(b: &mut Builder, call: &Call, x: ValueId, vectors: &[f32], supports: usize) -> One {
    let (n, features) = (b.shape(x)[0], b.shape(x)[1]);
    if supports.checked_mul(features) != Some(vectors.len()) {
        return call.fail(format!("{} elements are not {supports} vectors of {features}", vectors.len()));
    }
    let parameters = reals(b, call, "kernel_params")?;
    let [gamma, offset, degree] = match parameters[..] {
        [] => [0.0, 0.0, 0.0],
        [gamma, offset, degree] => [gamma, offset, degree],
        _ => return call.fail(format!("{} kernel parameters should be 3", parameters.len())),
    };
    let kind = call.text("kernel_type", "LINEAR")?;
    if kind == "RBF" {
        let row = b.reshape(call, x, &[n, 1, features])?;
        let vectors = b.floats(call, &[supports, features], vectors);
        let squares = b.binary(call, BinaryKind::SquaredDifference, row, vectors)?;
        let reduce = Op::Reduce { kind: ReduceKind::Sum, axes: vec![2], keep_dims: false };
        let distances = b.push(call, reduce, &[squares])?;
        let factor = b.scalar(call, distances, -f64::from(gamma))?;
        let scaled = b.binary(call, BinaryKind::Mul, distances, factor)?;
        return b.unary(call, UnaryKind::Exp, scaled);
    }
    let w = b.floats(call, &[supports, features], vectors);
    let zero = b.filled(call, x, &[supports], 0.0)?;
    let products = b.push(call, Op::FullyConnected { activation: Activation::None }, &[x, w, zero])?;
    if kind == "LINEAR" {
        return Ok(products);
    }
    let factor = b.scalar(call, products, f64::from(gamma))?;
    let scaled = b.binary(call, BinaryKind::Mul, products, factor)?;
    let offset = b.scalar(call, products, f64::from(offset))?;
    let shifted = b.binary(call, BinaryKind::Add, scaled, offset)?;
    match kind.as_str() {
        "SIGMOID" => b.unary(call, UnaryKind::Tanh, shifted),
        "POLY" => {
            let degree = b.scalar(call, shifted, f64::from(degree))?;
            b.binary(call, BinaryKind::Pow, shifted, degree)
        }
        other => call.refuse("kernel_type", other, "LINEAR, POLY, RBF and SIGMOID work"),
    }
}
