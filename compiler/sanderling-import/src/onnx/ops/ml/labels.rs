//! The labels of classes.

use sanderling_ir::{DType, Op, ValueId};

use crate::ImportError;
use crate::onnx::builder::Builder;
use crate::onnx::call::{Call, One};

/// Integers, or texts: then a label is the number of its class, and the module says which text that is.
pub(super) struct Labels<'a> {
    integers: &'a [i64],
    texts: Vec<String>,
}

impl<'a> Labels<'a> {
    /// Those of a node, integers from the attribute of this name.
    pub(super) fn read(call: &Call<'a>, integers: &str) -> Result<Labels<'a>, ImportError> {
        let texts = call.texts("classlabels_strings")?;
        let integers = call.ints(integers)?.filter(|_| texts.is_empty()).unwrap_or_default();
        Ok(Labels { integers, texts })
    }

    pub(super) fn len(&self) -> usize {
        self.integers.len().max(self.texts.len())
    }

    /// The label of the class with this index, `i64[rows]`.
    pub(super) fn at(&self, b: &mut Builder, call: &Call, index: ValueId) -> One {
        if !self.texts.is_empty() {
            let list = b.texts.list(&self.texts);
            b.texts.mark(index, list);
            return Ok(index);
        }
        if self.integers.iter().copied().eq(0..self.integers.len() as i64) {
            return Ok(index);
        }
        let table = b.integers(call, &[self.integers.len()], self.integers);
        b.push(call, Op::Gather { axis: 0 }, &[table, index])
    }

    /// The label of the first class with the largest score.
    pub(super) fn best(&self, b: &mut Builder, call: &Call, scores: ValueId) -> One {
        let index = b.push(call, Op::ArgMax { axis: 1, dtype: DType::I64 }, &[scores])?;
        self.at(b, call, index)
    }

    /// The label of the second of two classes where it is `true`, `bool[rows, 1]`, that of the first elsewhere.
    pub(super) fn of_two(&self, b: &mut Builder, call: &Call, second: ValueId) -> One {
        let index = b.cast(call, second, DType::I64)?;
        let rows = b.shape(index)[0];
        let index = b.reshape(call, index, &[rows])?;
        self.at(b, call, index)
    }
}
