//! A node of the file as its converter sees it: inputs, attributes, and errors that name it.

use std::fmt::Display;

use sanderling_ir::ValueId;
use tract_onnx::pb::attribute_proto::AttributeType;
use tract_onnx::pb::{AttributeProto, GraphProto, NodeProto, TensorProto};

use super::tensor;
use crate::{ImportError, Site};

/// Sizes, strides and paddings stay below this, so that no sum or product of two of them overflows.
pub(super) const MOST: usize = i32::MAX as usize;

/// Most axes of a tensor.
pub(super) const MOST_AXES: usize = 64;

pub(super) type One = Result<ValueId, ImportError>;
pub(super) type Many = Result<Vec<ValueId>, ImportError>;

pub(super) struct Call<'a> {
    pub node: &'a NodeProto,
    pub site: Site,
    /// The version of the operator set that the node is written in.
    pub opset: i64,
    pub inputs: Vec<Option<ValueId>>,
}

impl<'a> Call<'a> {
    pub(super) fn op(&self) -> &'a str {
        &self.node.op_type
    }

    fn site(&self) -> Box<Site> {
        Box::new(self.site.clone())
    }

    pub(super) fn fail<T>(&self, why: impl Into<String>) -> Result<T, ImportError> {
        Err(ImportError::BadNode { site: self.site(), why: why.into() })
    }

    /// Refuses an attribute's value; `hint` says what would work.
    pub(super) fn refuse<T>(&self, attribute: &str, value: impl Display, hint: &str) -> Result<T, ImportError> {
        let (attribute, value, hint) = (attribute.to_string(), value.to_string(), hint.to_string());
        Err(ImportError::UnsupportedAttribute { site: self.site(), attribute, value, hint })
    }

    pub(super) fn unsupported<T>(&self, hint: impl Into<String>) -> Result<T, ImportError> {
        Err(ImportError::UnsupportedOp { site: self.site(), hint: hint.into() })
    }

    pub(super) fn infer_error(&self, source: sanderling_ir::InferError) -> ImportError {
        ImportError::Infer { site: self.site(), source }
    }

    /// An input that the op cannot do without.
    pub(super) fn input(&self, i: usize) -> One {
        self.optional(i).map_or_else(|| self.fail(format!("input {i} is missing")), Ok)
    }

    pub(super) fn optional(&self, i: usize) -> Option<ValueId> {
        self.inputs.get(i).copied().flatten()
    }

    /// All inputs of an op that takes any number of them.
    pub(super) fn every_input(&self) -> Many {
        if self.inputs.is_empty() {
            return self.fail("it has no inputs");
        }
        (0..self.inputs.len()).map(|i| self.input(i)).collect()
    }

    /// Refuses a node whose outputs beyond the first `count` somebody might read.
    pub(super) fn at_most_outputs(&self, count: usize) -> Result<(), ImportError> {
        match self.node.output.iter().skip(count).find(|name| !name.is_empty()) {
            Some(name) => self.fail(format!("its output \"{name}\" is not supported; export the model for inference")),
            None => Ok(()),
        }
    }

    fn attribute(&self, name: &str, wanted: AttributeType) -> Result<Option<&'a AttributeProto>, ImportError> {
        let Some(found) = self.node.attribute.iter().find(|a| a.name == name) else { return Ok(None) };
        if !found.ref_attr_name.is_empty() {
            return self.fail(format!("{name} refers to an attribute of a function; inline the model's functions"));
        }
        // Files of the first format versions leave the type open.
        match found.r#type {
            t if t == wanted as i32 || t == AttributeType::Undefined as i32 => Ok(Some(found)),
            _ => self.fail(format!("attribute {name} is not of type {}", wanted.as_str_name())),
        }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.node.attribute.iter().any(|a| a.name == name)
    }

    pub(super) fn int(&self, name: &str, default: i64) -> Result<i64, ImportError> {
        Ok(self.attribute(name, AttributeType::Int)?.map_or(default, |a| a.i))
    }

    pub(super) fn flag(&self, name: &str) -> Result<bool, ImportError> {
        Ok(self.int(name, 0)? != 0)
    }

    pub(super) fn float(&self, name: &str, default: f32) -> Result<f32, ImportError> {
        Ok(self.attribute(name, AttributeType::Float)?.map_or(default, |a| a.f))
    }

    pub(super) fn text(&self, name: &str, default: &str) -> Result<String, ImportError> {
        let found = self.attribute(name, AttributeType::String)?;
        Ok(found.map_or_else(|| default.to_string(), |a| String::from_utf8_lossy(&a.s).into_owned()))
    }

    pub(super) fn texts(&self, name: &str) -> Result<Vec<String>, ImportError> {
        let found = self.attribute(name, AttributeType::Strings)?;
        Ok(found.iter().flat_map(|a| &a.strings).map(|s| String::from_utf8_lossy(s).into_owned()).collect())
    }

    pub(super) fn ints(&self, name: &str) -> Result<Option<&'a [i64]>, ImportError> {
        Ok(self.attribute(name, AttributeType::Ints)?.map(|a| a.ints.as_slice()))
    }

    pub(super) fn floats(&self, name: &str) -> Result<Option<&'a [f32]>, ImportError> {
        Ok(self.attribute(name, AttributeType::Floats)?.map(|a| a.floats.as_slice()))
    }

    pub(super) fn tensor(&self, name: &str) -> Result<Option<&'a TensorProto>, ImportError> {
        Ok(self.attribute(name, AttributeType::Tensor)?.and_then(|a| a.t.as_ref()))
    }

    pub(super) fn graph(&self, name: &str) -> Result<&'a GraphProto, ImportError> {
        match self.attribute(name, AttributeType::Graph)?.and_then(|a| a.g.as_ref()) {
            Some(graph) => Ok(graph),
            None => self.fail(format!("attribute {name} is missing")),
        }
    }

    /// The constant in an attribute.
    pub(super) fn constant(&self, name: &str) -> Result<Option<sanderling_ir::Tensor>, ImportError> {
        let Some(proto) = self.tensor(name)? else { return Ok(None) };
        tensor::read(proto).map(Some).or_else(|why| self.fail(format!("attribute {name}: {why}")))
    }

    /// Non-negative integers of exactly `count`, each `default` where the attribute is absent.
    pub(super) fn sizes(&self, name: &str, count: usize, default: usize) -> Result<Vec<usize>, ImportError> {
        let Some(found) = self.ints(name)? else { return Ok(vec![default; count]) };
        if found.len() != count {
            return self.fail(format!("{name} = {found:?} should have {count} values"));
        }
        found.iter().map(|&i| self.size(name, i)).collect()
    }

    pub(super) fn size(&self, what: &str, value: i64) -> Result<usize, ImportError> {
        match usize::try_from(value) {
            Ok(n) if n <= MOST => Ok(n),
            _ => self.refuse(what, value, &format!("it should be between 0 and {MOST}")),
        }
    }

    /// An axis counted from the end where negative; below `rank`.
    pub(super) fn axis(&self, axis: i64, rank: usize) -> Result<usize, ImportError> {
        let from_start = if axis < 0 { axis.saturating_add(rank as i64) } else { axis };
        match usize::try_from(from_start) {
            Ok(axis) if axis < rank => Ok(axis),
            _ => self.fail(format!("there is no axis {axis} among {rank}")),
        }
    }

    /// Axes in ascending order, each once.
    pub(super) fn axes(&self, axes: &[i64], rank: usize) -> Result<Vec<usize>, ImportError> {
        if axes.len() > MOST_AXES {
            return self.fail(format!("{} axes are more than a tensor has", axes.len()));
        }
        let mut found: Vec<usize> = axes.iter().map(|&a| self.axis(a, rank)).collect::<Result<_, _>>()?;
        found.sort_unstable();
        match found.windows(2).any(|pair| pair[0] == pair[1]) {
            true => self.fail(format!("axes {axes:?} name one axis twice")),
            false => Ok(found),
        }
    }
}
