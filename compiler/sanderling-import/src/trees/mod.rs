//! Forests of gradient boosting: XGBoost's JSON and UBJSON, LightGBM's text.
//!
//! The graph takes `input: f32[rows, features]`, one row unless [`ImportOptions::shapes`] says more, with NaN for missing
//! values, and gives what the library's `predict` gives, `f32[rows, outputs]`. What an objective does with the sums of
//! the trees are ordinary ops.

mod lightgbm;
#[cfg(test)]
mod tests;
mod ubjson;
mod xgboost;

use sanderling_ir::{
    Activation, BinaryKind, DType, Forest, Graph, InferError, Module, Op, Tensor, TensorType, UnaryKind, ValueId,
};

use crate::{ImportError, ImportOptions};

pub(crate) use lightgbm::{import as import_lightgbm, recognises as is_lightgbm};
pub(crate) use xgboost::{import as import_xgboost, recognises as is_xgboost};

/// The name of the only input.
const INPUT: &str = "input";
/// More features than any model has, and few enough for every product of sizes.
const FEATURES_MOST: usize = 1 << 24;
/// Words that all sets of categories may take.
const SET_WORDS_MOST: usize = 1 << 22;

/// What becomes of the sums of the trees.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Transform {
    Identity,
    /// Of the sum times a factor.
    Sigmoid(f32),
    Softmax,
    Exp,
    /// `ln(1 + exp(x))`
    Softplus,
    /// `sign(x) x^2`
    SignedSquare,
    /// 1 where positive, 0 elsewhere.
    Step,
    /// The class of the largest sum, `i64[rows]`.
    Class,
}

/// Names the format and the place in errors.
#[derive(Clone, Copy)]
struct Site<'a> {
    format: &'static str,
    place: &'a str,
}

impl Site<'_> {
    fn fail<T>(self, why: impl Into<String>) -> Result<T, ImportError> {
        Err(self.error(why))
    }

    fn error(self, why: impl Into<String>) -> ImportError {
        ImportError::BadForest { format: self.format, place: self.place.to_string(), why: why.into() }
    }
}

/// The graph of a model on its way, with its input.
struct Builder<'a> {
    graph: Graph,
    x: ValueId,
    site: Site<'a>,
}

impl<'a> Builder<'a> {
    fn new(site: Site<'a>, features: usize, options: &ImportOptions) -> Result<Builder<'a>, ImportError> {
        if !(1..=FEATURES_MOST).contains(&features) {
            return site.fail(format!("{features} features are not between 1 and {FEATURES_MOST}"));
        }
        let bad = |input: &str, why: String| Err(ImportError::BadShapeOption { input: input.into(), why });
        let mut rows = 1;
        for (name, shape) in &options.shapes {
            match &shape[..] {
                _ if name != INPUT => return bad(name, format!("the model has no such input; it has {INPUT}")),
                &[n, width] if width == features && (1..=1 << 24).contains(&n) => rows = n,
                _ => return bad(name, format!("{shape:?} should be rows of {features} features")),
            }
        }
        let mut graph = Graph::new("main");
        let x = graph.input(INPUT, TensorType::new(DType::F32, &[rows, features]));
        Ok(Builder { graph, x, site })
    }

    fn forest(&mut self, forest: &Forest) -> Result<ValueId, ImportError> {
        let site = self.site;
        forest.push(&mut self.graph, "trees", self.x).map_err(|e| site.error(e.to_string()))
    }

    fn push(&mut self, name: &str, op: Op, inputs: &[ValueId]) -> Result<ValueId, ImportError> {
        let site = self.site;
        self.graph.push(name, op, inputs, None).map_err(|e: InferError| site.error(e.to_string()))
    }

    fn unary(&mut self, name: &str, kind: UnaryKind, x: ValueId) -> Result<ValueId, ImportError> {
        self.push(name, Op::Unary { kind }, &[x])
    }

    fn binary(&mut self, name: &str, kind: BinaryKind, a: ValueId, b: ValueId) -> Result<ValueId, ImportError> {
        self.push(name, Op::Binary { kind, activation: Activation::None }, &[a, b])
    }

    fn number(&mut self, name: &str, value: f32) -> ValueId {
        self.graph.constant(name, Tensor::from_f32(TensorType::new(DType::F32, &[1]), &[value]))
    }

    fn transform(&mut self, sums: ValueId, transform: Transform) -> Result<ValueId, ImportError> {
        match transform {
            Transform::Identity => Ok(sums),
            Transform::Sigmoid(factor) => {
                let scaled = if factor == 1.0 { sums } else { self.times("scaled", sums, factor)? };
                self.unary("probability", UnaryKind::Sigmoid, scaled)
            }
            Transform::Softmax => self.push("probabilities", Op::Softmax { beta: 1.0 }, &[sums]),
            Transform::Exp => self.unary("prediction", UnaryKind::Exp, sums),
            Transform::Softplus => self.unary("prediction", UnaryKind::Softplus, sums),
            Transform::SignedSquare => {
                let sign = self.unary("sign", UnaryKind::Sign, sums)?;
                let square = self.binary("square", BinaryKind::Mul, sums, sums)?;
                self.binary("prediction", BinaryKind::Mul, sign, square)
            }
            Transform::Step => {
                let zero = self.number("zero", 0.0);
                let positive = self.binary("positive", BinaryKind::Greater, sums, zero)?;
                self.push("prediction", Op::Cast { dtype: DType::F32 }, &[positive])
            }
            Transform::Class => self.push("label", Op::ArgMax { axis: 1, dtype: DType::I64 }, &[sums]),
        }
    }

    fn times(&mut self, name: &str, x: ValueId, factor: f32) -> Result<ValueId, ImportError> {
        let factor = self.number("factor", factor);
        self.binary(name, BinaryKind::Mul, x, factor)
    }

    fn finish(mut self, name: &str, output: ValueId) -> Module {
        self.graph.outputs.push(output);
        Module::new(name, self.graph)
    }
}

/// Categories as a bit set; `budget` words are left for this one and all others.
fn bit_set(categories: &[usize], budget: &mut usize) -> Result<Vec<u32>, String> {
    let words = categories.iter().max().map_or(0, |most| most / 32 + 1);
    *budget = budget.checked_sub(words).ok_or("its sets of categories are larger than any model has")?;
    let mut set = vec![0; words];
    categories.iter().for_each(|&c| set[c / 32] |= 1 << (c % 32));
    Ok(set)
}
