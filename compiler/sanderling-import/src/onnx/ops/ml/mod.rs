//! The operators of `ai.onnx.ml`: what scikit-learn and the boosting libraries export.
//!
//! Labels are integers, or the numbers of texts that the module names; so are categories. A ZipMap is left out: its output is
//! the matrix that it would turn into a list of maps, one column for each of its keys in order.

mod encode;
mod ensemble;
mod features;
mod forest;
mod labels;
mod linear;
mod svm;
mod transform;
mod trees;

use sanderling_ir::DType;

use crate::ImportError;
use crate::onnx::builder::Builder;
use crate::onnx::call::{Call, Many, One};

pub(crate) fn convert(b: &mut Builder, call: &Call) -> Many {
    match call.op() {
        "LinearClassifier" => linear::classifier(b, call),
        "SVMClassifier" => svm::classifier(b, call),
        "TreeEnsembleClassifier" => trees::classifier(b, call),
        _ => single(b, call).map(|id| vec![id]),
    }
}

fn single(b: &mut Builder, call: &Call) -> One {
    match call.op() {
        "ArrayFeatureExtractor" => features::extract(b, call),
        "Binarizer" => features::binarizer(b, call),
        "FeatureVectorizer" => features::vectorizer(b, call),
        "Imputer" => features::imputer(b, call),
        "LabelEncoder" => encode::label(b, call),
        "LinearRegressor" => linear::regressor(b, call),
        "Normalizer" => features::normalizer(b, call),
        "OneHotEncoder" => encode::one_hot(b, call),
        "SVMRegressor" => svm::regressor(b, call),
        "Scaler" => features::scaler(b, call),
        "TreeEnsemble" => ensemble::ensemble(b, call),
        "TreeEnsembleRegressor" => trees::regressor(b, call),
        "ZipMap" => call.input(0),
        _ => call.unsupported(
            "trees, linear models, support vector machines, ArrayFeatureExtractor, Binarizer, FeatureVectorizer, Imputer, \
             LabelEncoder, Normalizer, OneHotEncoder and Scaler work",
        ),
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
