//! The operators of `ai.onnx.ml`: what scikit-learn and the boosting libraries export.
//!
//! Labels are integers; models with texts for labels or categories are refused. A ZipMap is left out: its output is the
//! matrix that it would turn into a list of maps, one column for each of its keys in order.

mod features;
mod linear;
mod svm;
mod trees;

use sanderling_ir::{DType, Op, UnaryKind, ValueId};

use crate::ImportError;
use crate::onnx::builder::Builder;
use crate::onnx::call::{Call, Many, One};

pub(crate) fn convert(b: &mut Builder, call: &Call) -> Many {
    if let Some(text) = call.node.attribute.iter().find(|a| a.name.ends_with("_strings") && !a.strings.is_empty()) {
        let hint = "there are no texts here; encode labels and categories as integers before the export";
        return call.refuse(&text.name, format!("{} texts", text.strings.len()), hint);
    }
    match call.op() {
        "TreeEnsembleClassifier" => trees::classifier(b, call),
        "LinearClassifier" => linear::classifier(b, call),
        _ => single(b, call).map(|id| vec![id]),
    }
}

fn single(b: &mut Builder, call: &Call) -> One {
    match call.op() {
        "ArrayFeatureExtractor" => features::extract(b, call),
        "LinearRegressor" => linear::regressor(b, call),
        "Normalizer" => features::normalizer(b, call),
        "OneHotEncoder" => features::one_hot(b, call),
        "SVMRegressor" => svm::regressor(b, call),
        "Scaler" => features::scaler(b, call),
        "TreeEnsembleRegressor" => trees::regressor(b, call),
        "ZipMap" => call.input(0),
        "SVMClassifier" => call.unsupported("its votes of pairs of classes are not read; LinearSVC and SVR work"),
        _ => call.unsupported("trees, linear models, Scaler, Normalizer, OneHotEncoder and SVMRegressor work"),
    }
}

/// The first input as rows of real numbers.
fn rows(b: &mut Builder, call: &Call) -> One {
    let x = call.input(0)?;
    let x = b.cast(call, x, DType::F32)?;
    match b.shape(x)[..] {
        [_, _] => Ok(x),
        [n] => b.reshape(call, x, &[1, n]),
        _ => call.fail(format!("{} should be rows of features", b.ty(x))),
    }
}

/// The real numbers in an attribute or in the tensor that may stand for it.
fn reals(b: &mut Builder, call: &Call, name: &str) -> Result<Vec<f32>, ImportError> {
    if let Some(values) = call.floats(name)? {
        return Ok(values.to_vec());
    }
    match call.constant(&format!("{name}_as_tensor"))? {
        Some(tensor) => {
            let id = b.constant(call, tensor);
            b.known_floats(call, id, name)
        }
        None => Ok(Vec::new()),
    }
}

/// The scores of each class after the node's transformation.
fn post_transform(b: &mut Builder, call: &Call, scores: ValueId) -> One {
    match call.text("post_transform", "NONE")?.as_str() {
        "NONE" => Ok(scores),
        "LOGISTIC" => b.unary(call, UnaryKind::Sigmoid, scores),
        "SOFTMAX" => b.push(call, Op::Softmax { beta: 1.0 }, &[scores]),
        other => call.refuse("post_transform", other, "NONE, LOGISTIC and SOFTMAX work"),
    }
}

/// The integer labels of the classes.
fn labels<'a>(call: &Call<'a>, name: &str) -> Result<&'a [i64], ImportError> {
    Ok(call.ints(name)?.unwrap_or_default())
}

/// The label of the class with this index, `i64[rows]`.
fn label(b: &mut Builder, call: &Call, labels: &[i64], index: ValueId) -> One {
    if labels.iter().copied().eq(0..labels.len() as i64) {
        return Ok(index);
    }
    let table = b.integers(call, &[labels.len()], labels);
    b.push(call, Op::Gather { axis: 0 }, &[table, index])
}

/// The label of the largest score.
fn best(b: &mut Builder, call: &Call, labels: &[i64], scores: ValueId) -> One {
    let index = b.push(call, Op::ArgMax { axis: 1, dtype: DType::I64 }, &[scores])?;
    label(b, call, labels, index)
}
