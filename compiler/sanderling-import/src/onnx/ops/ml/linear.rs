//! Linear models.

use sanderling_ir::{Activation, BinaryKind, Op, ValueId};

use super::labels::Labels;
use super::transform::{First, both_classes, of_targets, post_transform};
use super::{reals, rows};
use crate::ImportError;
use crate::onnx::builder::Builder;
use crate::onnx::call::{Call, Many, One};

/// Scores of each of `outputs` rows of coefficients, by default as many as there are.
fn scores(b: &mut Builder, call: &Call, outputs: Option<usize>) -> Result<(ValueId, usize), ImportError> {
    let x = rows(b, call)?;
    let features = b.shape(x)[1];
    let coefficients = reals(b, call, "coefficients")?;
    let outputs = outputs.unwrap_or(coefficients.len() / features.max(1));
    if outputs == 0 || outputs.checked_mul(features) != Some(coefficients.len()) {
        return call.fail(format!("{} coefficients do not fit {outputs} rows of {features}", coefficients.len()));
    }
    let mut intercepts = reals(b, call, "intercepts")?;
    if intercepts.is_empty() {
        intercepts = vec![0.0; outputs];
    }
    if intercepts.len() != outputs {
        return call.fail(format!("{} intercepts do not fit {outputs} rows of coefficients", intercepts.len()));
    }
    let w = b.floats(call, &[outputs, features], &coefficients);
    let bias = b.floats(call, &[outputs], &intercepts);
    let y = b.push(call, Op::FullyConnected { activation: Activation::None }, &[x, w, bias])?;
    Ok((y, outputs))
}

pub(super) fn regressor(b: &mut Builder, call: &Call) -> One {
    let targets = call.size("targets", call.int("targets", 1)?)?;
    let (y, _) = scores(b, call, Some(targets))?;
    let transform = call.text("post_transform", "NONE")?;
    of_targets(b, call, y, &transform)
}

pub(super) fn classifier(b: &mut Builder, call: &Call) -> Many {
    let labels = Labels::read(call, "classlabels_ints")?;
    let (y, outputs) = scores(b, call, None)?;
    if (labels.len(), outputs) == (2, 1) {
        let zero = b.scalar(call, y, 0.0)?;
        let second = b.binary(call, BinaryKind::Greater, y, zero)?;
        return Ok(vec![labels.of_two(b, call, second)?, both_classes(b, call, y, First::Complement)?]);
    }
    if labels.len() != outputs {
        return call.fail(format!("{} labels do not match {outputs} rows of coefficients", labels.len()));
    }
    let label = labels.best(b, call, y)?;
    Ok(vec![label, post_transform(b, call, y)?])
}
