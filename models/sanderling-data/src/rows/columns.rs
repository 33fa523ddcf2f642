//! Arrow's record batches as rows and back: labels, a weight if there is one, features, a column each.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, Float32Array, RecordBatch};
use arrow_schema::{ArrowError, DataType, Field, Schema};

use crate::batch::Builder;
use crate::{Batch, DataError, Matrix};

/// Rows of record batches, some of which may wait for the next batch.
pub struct Columns {
    path: PathBuf,
    labels: usize,
    /// Columns before the features.
    before: usize,
    /// The record batch that is being read, by columns.
    values: Vec<Vec<f32>>,
    next: usize,
    /// Rows that were read.
    row: u64,
}

impl Columns {
    pub fn new(path: &Path, labels: usize, weights: bool) -> Columns {
        let before = labels + usize::from(weights);
        Columns { path: path.into(), labels, before, values: Vec::new(), next: 0, row: 0 }
    }

    /// Takes the next record batch.
    pub fn set(&mut self, batch: &RecordBatch, out: &mut Builder) -> Result<(), DataError> {
        let schema = batch.schema_ref();
        if batch.num_columns() <= self.before {
            let (found, before) = (batch.num_columns(), self.before);
            let what = format!("it has {found} columns; {before} and at least one feature are needed");
            return DataError::file(&self.path, what);
        }
        // A column without values has any number of rows that it likes.
        if schema.fields().iter().all(|field| *field.data_type() == DataType::Null) {
            return DataError::file(&self.path, "none of its columns has a value");
        }
        out.name(schema.fields()[self.before..].iter().map(|field| field.name().clone()).collect());
        self.next = 0;
        self.values.clear();
        for (field, column) in schema.fields().iter().zip(batch.columns()) {
            let Some(values) = numbers(column) else {
                let (name, kind) = (field.name(), field.data_type());
                let what = format!("column \"{name}\" is of type {kind}; encode it as numbers first");
                return DataError::file(&self.path, what);
            };
            self.values.push(values);
        }
        Ok(())
    }

    /// Adds rows until the builder is full. False once the record batch is at its end.
    pub fn fill(&mut self, out: &mut Builder) -> Result<bool, DataError> {
        while self.values.first().is_some_and(|values| self.next < values.len()) {
            if out.is_full() {
                return Ok(true);
            }
            self.row += 1;
            self.add(out).or_else(|what| self.fail(what))?;
            self.next += 1;
        }
        Ok(false)
    }

    pub fn fail<T>(&self, what: impl Into<String>) -> Result<T, DataError> {
        Err(DataError::Row { path: self.path.clone(), row: self.row, what: what.into() })
    }

    /// What Arrow's crates say of the rows behind those that were read.
    pub fn broken<T>(&self, error: &ArrowError) -> Result<T, DataError> {
        let row = self.row + 1;
        Err(DataError::Row { path: self.path.clone(), row, what: format!("it cannot be read: {error}") })
    }

    fn add(&self, out: &mut Builder) -> Result<(), String> {
        let (before, features) = self.values.split_at(self.before);
        let (labels, weights) = before.split_at(self.labels);
        labels.iter().try_for_each(|values| out.label(values[self.next]))?;
        weights.iter().try_for_each(|values| out.weight(values[self.next]))?;
        features.iter().for_each(|values| out.value(values[self.next]));
        out.end_dense()
    }
}

/// What Arrow's crates read, or an error where they panic over a broken file.
pub fn caught<T>(read: impl FnOnce() -> Result<T, ArrowError>) -> Result<T, ArrowError> {
    // What was being read is dropped after an error.
    let result = catch_unwind(AssertUnwindSafe(read));
    result.unwrap_or_else(|_| Err(ArrowError::ParseError("its parts contradict each other".into())))
}

/// The values of a column, NaN where there is none.
fn numbers(column: &ArrayRef) -> Option<Vec<f32>> {
    macro_rules! read {
        ($kind:ty) => {{
            let values = column.as_primitive_opt::<$kind>()?;
            values.iter().map(|value| value.map_or(f32::NAN, |value| value as f32)).collect()
        }};
    }
    Some(match column.data_type() {
        DataType::Float32 => read!(Float32Type),
        DataType::Float64 => read!(Float64Type),
        DataType::Int8 => read!(Int8Type),
        DataType::Int16 => read!(Int16Type),
        DataType::Int32 => read!(Int32Type),
        DataType::Int64 => read!(Int64Type),
        DataType::UInt8 => read!(UInt8Type),
        DataType::UInt16 => read!(UInt16Type),
        DataType::UInt32 => read!(UInt32Type),
        DataType::UInt64 => read!(UInt64Type),
        DataType::Boolean => {
            let values = column.as_boolean_opt()?;
            values.iter().map(|value| value.map_or(f32::NAN, |value| f32::from(u8::from(value)))).collect()
        }
        DataType::Null => vec![f32::NAN; column.len()],
        _ => return None,
    })
}

impl Batch {
    /// The rows as a record batch of Float32 columns: `label`, `weight`, then the features by name, or `f0`, `f1`, ...;
    /// a missing value is null. Sparse rows have no such form.
    pub fn to_arrow(&self) -> Result<RecordBatch, ArrowError> {
        let Matrix::Dense { values, columns } = &self.features else {
            let what = "sparse rows have no columns; they fit RecordIO, libsvm and JSON Lines";
            return Err(ArrowError::InvalidArgumentError(what.into()));
        };
        let mut fields = Vec::new();
        let mut arrays: Vec<ArrayRef> = Vec::new();
        let mut add = |name: String, values: Float32Array| {
            fields.push(Field::new(name, DataType::Float32, true));
            arrays.push(Arc::new(values));
        };
        for index in 0..self.label_size {
            let name = if index == 0 { "label".to_string() } else { format!("label{index}") };
            add(name, self.labels.iter().skip(index).step_by(self.label_size).copied().collect());
        }
        if let Some(weights) = &self.weights {
            add("weight".into(), weights.clone().into());
        }
        for index in 0..*columns {
            let name = self.names.get(index).cloned().unwrap_or_else(|| format!("f{index}"));
            let present = |value: &f32| Some(*value).filter(|value| !value.is_nan());
            add(name, values.iter().skip(index).step_by(*columns).map(present).collect());
        }
        RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)
    }
}
