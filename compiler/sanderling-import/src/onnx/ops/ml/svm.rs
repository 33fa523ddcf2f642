//! Support vector machines: regression, outliers, and classification by votes of pairs of classes, as in libsvm.

use sanderling_ir::{Activation, BinaryKind, DType, Op, ReduceKind, UnaryKind, ValueId};

use super::labels::Labels;
use super::transform::{First, both_classes, post_transform};
use super::{reals, rows};
use crate::ImportError;
use crate::onnx::builder::Builder;
use crate::onnx::call::{Call, Many, One};

/// Most classes: their pairs, and those in a row of a table, stay few.
const CLASSES_MOST: usize = 1 << 10;
/// About how many differences of features of a row are in memory at a time.
const DIFFERENCES: usize = 1 << 12;
/// Probabilities of pairs stay this far from 0 and 1.
const SURE: f32 = 1e-7;

/// `sum coefficient * kernel(x, vector) + rho`; the sign of it where the machine knows one class.
pub(super) fn regressor(b: &mut Builder, call: &Call) -> One {
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
        return call.fail(format!("{} values of coefficients should be {count}", coefficients.len()));
    }
    let y = dense(b, call, values, &coefficients, &[rho])?;
    // As in onnxruntime, post_transform changes nothing.
    if !call.flag("one_class")? {
        return Ok(y);
    }
    let zero = b.scalar(call, y, 0.0)?;
    let inside = b.binary(call, BinaryKind::Greater, y, zero)?;
    let (one, minus_one) = (b.scalar(call, y, 1.0)?, b.scalar(call, y, -1.0)?);
    b.push(call, Op::Select, &[inside, one, minus_one])
}

/// Label and scores: of classes where the scores are probabilities or there are two, of pairs of classes elsewhere.
pub(super) fn classifier(b: &mut Builder, call: &Call) -> Many {
    let labels = Labels::read(call, "classlabels_ints")?;
    let classes = labels.len();
    let supports = call.ints("vectors_per_class")?.unwrap_or_default();
    let supports: Vec<usize> =
        supports.iter().map(|&n| call.size("vectors_per_class", n)).collect::<Result<_, ImportError>>()?;
    if supports.iter().all(|&n| n == 0) {
        return linear(b, call, &labels);
    }
    if supports.len() != classes || !(2..=CLASSES_MOST).contains(&classes) {
        return call.fail(format!("{} values of vectors_per_class do not fit {classes} labels", supports.len()));
    }
    let x = rows(b, call)?;
    let vectors = reals(b, call, "support_vectors")?;
    let kernels = kernel(b, call, x, &vectors, supports.iter().fold(0, |sum, &n| sum.saturating_add(n)))?;
    let decisions = decisions(b, call, kernels, &supports)?;
    let zero = b.scalar(call, decisions, 0.0)?;
    let first = b.binary(call, BinaryKind::Greater, decisions, zero)?;
    let votes = votes(b, call, first, classes)?;
    let label = labels.best(b, call, votes)?;
    let scores = match probabilities(b, call, decisions, classes)? {
        Some(probabilities) => post_transform(b, call, probabilities)?,
        None if classes == 2 => {
            let is_plain = call.text("post_transform", "NONE")? == "NONE";
            both_classes(b, call, decisions, if is_plain { First::Opposite } else { First::Complement })?
        }
        None => post_transform(b, call, decisions)?,
    };
    Ok(vec![label, scores])
}

/// Without support vectors: a row of coefficients for each class, and one offset for all.
fn linear(b: &mut Builder, call: &Call, labels: &Labels) -> Many {
    let x = rows(b, call)?;
    let (features, classes) = (b.shape(x)[1], labels.len());
    let coefficients = reals(b, call, "coefficients")?;
    let rho = reals(b, call, "rho")?;
    if classes == 0 || classes.checked_mul(features) != Some(coefficients.len()) {
        let found = coefficients.len();
        return call.fail(format!("{found} values of coefficients do not fit {classes} rows of {features}"));
    }
    let &[rho, ..] = &rho[..] else { return call.fail("rho has no values") };
    let scores = dense(b, call, x, &coefficients, &vec![rho; classes])?;
    let label = match classes == 2 && reals(b, call, "prob_a")?.is_empty() {
        true => {
            // As in onnxruntime: the second class wins as soon as either score is high.
            let all_positive = coefficients.iter().all(|&c| c >= 0.0);
            let reduce = Op::Reduce { kind: ReduceKind::Max, axes: vec![1], keep_dims: false };
            let most = b.push(call, reduce, &[scores])?;
            let limit = b.scalar(call, most, if all_positive { 0.5 } else { 0.0 })?;
            let kind = if all_positive { BinaryKind::GreaterEqual } else { BinaryKind::Greater };
            let high = b.binary(call, kind, most, limit)?;
            let index = b.push(call, Op::ArgMax { axis: 1, dtype: DType::I64 }, &[scores])?;
            let one = b.scalar(call, index, 1.0)?;
            let index = b.push(call, Op::Select, &[high, one, index])?;
            labels.at(b, call, index)?
        }
        false => labels.best(b, call, scores)?,
    };
    Ok(vec![label, post_transform(b, call, scores)?])
}

/// The pairs of classes, each once, in the order of their decisions.
fn pairs(classes: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..classes).flat_map(move |i| (i + 1..classes).map(move |j| (i, j)))
}

/// For each pair of classes a number that is positive where it speaks for the first, `[rows, pairs]`.
///
/// A support vector has a coefficient for each class but its own: those of a class are a small layer, whose outputs are its
/// shares in the decisions against the others.
fn decisions(b: &mut Builder, call: &Call, kernels: ValueId, supports: &[usize]) -> One {
    let (classes, all) = (supports.len(), b.shape(kernels)[1]);
    let coefficients = reals(b, call, "coefficients")?;
    let rho = reals(b, call, "rho")?;
    if Some(coefficients.len()) != all.checked_mul(classes - 1) {
        let found = coefficients.len();
        return call.fail(format!("{found} values of coefficients should be {} rows of {all}", classes - 1));
    }
    let count = classes * (classes - 1) / 2;
    if rho.len() != count {
        return call.fail(format!("{} values of rho should be {count}, one for each pair of classes", rho.len()));
    }
    if classes == 2 {
        return dense(b, call, kernels, &coefficients, &rho);
    }
    let (mut shares, mut first) = (Vec::new(), 0);
    for &count in supports {
        if count == 0 {
            shares.push(b.filled(call, kernels, &[b.shape(kernels)[0], classes - 1], 0.0)?);
            continue;
        }
        let own = b.part(call, kernels, 1, first, count)?;
        let rows = (0..classes - 1).flat_map(|row| &coefficients[row * all + first..][..count]);
        let rows: Vec<f32> = rows.copied().collect();
        shares.push(dense(b, call, own, &rows, &vec![0.0; classes - 1])?);
        first += count;
    }
    let shares = b.concat(call, &shares, 1)?;
    // Class i has no row for itself, so that of a later class j is one earlier.
    let of = |i: usize, j: usize| (i * (classes - 1) + if j > i { j - 1 } else { j }) as i64;
    let gather = |b: &mut Builder, places: Vec<i64>| {
        let places = b.integers(call, &[places.len()], &places);
        b.push(call, Op::Gather { axis: 1 }, &[shares, places])
    };
    let one = gather(b, pairs(classes).map(|(i, j)| of(i, j)).collect())?;
    let other = gather(b, pairs(classes).map(|(i, j)| of(j, i)).collect())?;
    let sum = b.binary(call, BinaryKind::Add, one, other)?;
    let rho = b.floats(call, &[rho.len()], &rho);
    b.binary(call, BinaryKind::Add, sum, rho)
}

/// How many pairs each class wins, `[rows, classes]`, from whether the first of each does.
fn votes(b: &mut Builder, call: &Call, first: ValueId, classes: usize) -> One {
    let count = classes * (classes - 1) / 2;
    b.charge(classes * count)?;
    let (mut weights, mut base) = (vec![0.0; classes * count], vec![0.0; classes]);
    for (pair, (i, j)) in pairs(classes).enumerate() {
        weights[i * count + pair] = 1.0;
        weights[j * count + pair] = -1.0;
        base[j] += 1.0;
    }
    let first = b.cast(call, first, DType::F32)?;
    dense(b, call, first, &weights, &base)
}

/// The probabilities of the classes, if the machine learned how its decisions give any.
fn probabilities(
    b: &mut Builder,
    call: &Call,
    decisions: ValueId,
    classes: usize,
) -> Result<Option<ValueId>, ImportError> {
    let (slopes, offsets) = (reals(b, call, "prob_a")?, reals(b, call, "prob_b")?);
    if slopes.is_empty() && offsets.is_empty() {
        return Ok(None);
    }
    let count = classes * (classes - 1) / 2;
    for (name, values) in [("prob_a", &slopes), ("prob_b", &offsets)] {
        if values.len() != count {
            return call.fail(format!("{} values of {name} should be {count}, one for each pair", values.len()));
        }
    }
    // 1 / (1 + exp(a * decision + b))
    let negated = |values: &[f32]| values.iter().map(|v| -v).collect::<Vec<f32>>();
    let (slopes, offsets) = (b.floats(call, &[count], &negated(&slopes)), b.floats(call, &[count], &negated(&offsets)));
    let scaled = b.binary(call, BinaryKind::Mul, decisions, slopes)?;
    let shifted = b.binary(call, BinaryKind::Add, scaled, offsets)?;
    let sure = b.unary(call, UnaryKind::Sigmoid, shifted)?;
    let pairs = b.unary(call, UnaryKind::Clamp { min: SURE, max: 1.0 - SURE }, sure)?;
    b.push(call, Op::PairwiseCoupling, &[pairs]).map(Some)
}

/// A layer with rows of weights and as many offsets.
fn dense(b: &mut Builder, call: &Call, x: ValueId, weights: &[f32], bias: &[f32]) -> One {
    let w = b.floats(call, &[bias.len(), weights.len() / bias.len()], weights);
    let bias = b.floats(call, &[bias.len()], bias);
    b.push(call, Op::FullyConnected { activation: Activation::None }, &[x, w, bias])
}

/// The kernel between each row and each support vector, `[rows, supports]`.
fn kernel(b: &mut Builder, call: &Call, x: ValueId, vectors: &[f32], supports: usize) -> One {
    let (n, features) = (b.shape(x)[0], b.shape(x)[1]);
    if supports.checked_mul(features) != Some(vectors.len()) || vectors.is_empty() {
        let found = vectors.len();
        return call.fail(format!("{found} values of support_vectors are not {supports} vectors of {features}"));
    }
    let parameters = reals(b, call, "kernel_params")?;
    let [gamma, offset, degree] = match parameters[..] {
        [] => [0.0, 0.0, 0.0],
        [gamma, offset, degree] => [gamma, offset, degree],
        _ => return call.fail(format!("{} values of kernel_params should be 3", parameters.len())),
    };
    let kind = call.text("kernel_type", "LINEAR")?;
    if kind == "RBF" {
        let row = b.reshape(call, x, &[n, 1, features])?;
        let mut distances = Vec::new();
        for vectors in vectors.chunks((DIFFERENCES / features).max(1) * features) {
            let vectors = b.floats(call, &[vectors.len() / features, features], vectors);
            let squares = b.binary(call, BinaryKind::SquaredDifference, row, vectors)?;
            let reduce = Op::Reduce { kind: ReduceKind::Sum, axes: vec![2], keep_dims: false };
            distances.push(b.push(call, reduce, &[squares])?);
        }
        let distances = b.concat(call, &distances, 1)?;
        let factor = b.scalar(call, distances, -f64::from(gamma))?;
        let scaled = b.binary(call, BinaryKind::Mul, distances, factor)?;
        return b.unary(call, UnaryKind::Exp, scaled);
    }
    let products = dense(b, call, x, vectors, &vec![0.0; supports])?;
    if kind == "LINEAR" {
        return Ok(products);
    }
    let factor = b.scalar(call, products, f64::from(gamma))?;
    let scaled = b.binary(call, BinaryKind::Mul, products, factor)?;
    let offset = b.scalar(call, products, f64::from(offset))?;
    let shifted = b.binary(call, BinaryKind::Add, scaled, offset)?;
    match kind.as_str() {
        "SIGMOID" => b.unary(call, UnaryKind::Tanh, shifted),
        "POLY" => power(b, call, shifted, degree),
        other => call.refuse("kernel_type", other, "LINEAR, POLY, RBF and SIGMOID work"),
    }
}

/// The two powers that onnxruntime multiplies out, and the general one.
fn power(b: &mut Builder, call: &Call, x: ValueId, degree: f32) -> One {
    match degree {
        2.0 => b.binary(call, BinaryKind::Mul, x, x),
        3.0 => {
            let square = b.binary(call, BinaryKind::Mul, x, x)?;
            b.binary(call, BinaryKind::Mul, square, x)
        }
        _ => {
            let degree = b.scalar(call, x, f64::from(degree))?;
            b.binary(call, BinaryKind::Pow, x, degree)
        }
    }
}
