//! Arrays through a model, row by row.

use sanderling_format::IoRecord;
use sanderling_runtime::{Io, Model, RunError, Session};

use crate::array::{Array, numpy_name};

/// Why arrays and a model do not go together.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RowError {
    #[error("the model has an input {name}, the file only {found}")]
    Missing { name: String, found: String },
    #[error("input {name} is {found}, the model takes {expected}, alone or in rows of a leading dimension")]
    Shape { name: String, found: String, expected: String },
    #[error("input {name} has {found} rows, the inputs before it {expected}")]
    Rows { name: String, found: usize, expected: usize },
    #[error(transparent)]
    Run(#[from] RunError),
}

/// How often the arrays run a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    /// Once: they have its shapes.
    One,
    /// As often as a dimension before its own says.
    Extra(usize),
    /// As often as the dimension in place of its leading 1 says.
    Leading(usize),
}

impl Rows {
    /// The number of runs.
    pub fn count(self) -> usize {
        match self {
            Rows::One => 1,
            Rows::Extra(n) | Rows::Leading(n) => n,
        }
    }
}

/// The array of each input of a model, and how often they run it.
///
/// A model with one input takes the only array whatever its name.
pub fn bind<'a>(model: &Model<'_>, arrays: &'a [Array]) -> Result<(Vec<&'a Array>, Rows), RowError> {
    let inputs: Vec<Io> = model.inputs().collect();
    let mut rows = Rows::One;
    let mut bound = Vec::new();
    for (index, io) in inputs.iter().enumerate() {
        let only = (inputs.len() == 1 && arrays.len() == 1).then(|| &arrays[0]);
        let array = arrays.iter().find(|a| a.name == io.name).or(only).ok_or_else(|| RowError::Missing {
            name: io.name.to_string(),
            found: arrays.iter().map(|a| a.name.as_str()).collect::<Vec<_>>().join(", "),
        })?;
        let here = rows_of(io, array)?;
        if index > 0 && here.count() != rows.count() {
            return Err(RowError::Rows { name: io.name.to_string(), found: here.count(), expected: rows.count() });
        }
        rows = here;
        bound.push(array);
    }
    Ok((bound, rows))
}

/// Runs every row of the arrays, from fresh states, and returns the outputs stacked in the same way.
pub fn run_rows(session: &mut Session<'_>, arrays: &[Array]) -> Result<Vec<Array>, RowError> {
    let model = *session.model();
    let (bound, rows) = bind(&model, arrays)?;
    let mut outputs: Vec<Array> = model.outputs().map(|io| empty(&io, rows)).collect();
    session.reset();
    for row in 0..rows.count() {
        for (index, array) in bound.iter().enumerate() {
            let input = session.input(index)?;
            let len = input.len();
            input.copy_from_slice(&array.data[row * len..][..len]);
        }
        session.run()?;
        for (index, output) in outputs.iter_mut().enumerate() {
            output.data.extend_from_slice(session.output(index)?);
        }
    }
    Ok(outputs)
}

fn rows_of(io: &Io<'_>, array: &Array) -> Result<Rows, RowError> {
    let shape = shape(&io.record);
    let rest = array.shape.split_first().filter(|_| array.element == io.record.element);
    match rest {
        _ if array.shape == shape && array.element == io.record.element => Ok(Rows::One),
        Some((&rows, rest)) if rest == shape => Ok(Rows::Extra(rows)),
        Some((&rows, rest)) if shape.first() == Some(&1) && rest == &shape[1..] => Ok(Rows::Leading(rows)),
        _ => Err(RowError::Shape {
            name: io.name.to_string(),
            found: array.describe(),
            expected: format!("{}{shape:?}", numpy_name(io.record.element)),
        }),
    }
}

/// The outputs of rows that ran elsewhere: their bytes, row after row and output after output.
pub fn stack(model: &Model<'_>, rows: Rows, mut bytes: &[u8]) -> Vec<Array> {
    let mut outputs: Vec<Array> = model.outputs().map(|io| empty(&io, rows)).collect();
    let sizes: Vec<usize> = model.outputs().map(|io| io.record.region.bytes as usize).collect();
    for _ in 0..rows.count() {
        for (output, &size) in outputs.iter_mut().zip(&sizes) {
            let (row, rest) = bytes.split_at(size.min(bytes.len()));
            output.data.extend_from_slice(row);
            bytes = rest;
        }
    }
    outputs
}

fn empty(io: &Io<'_>, rows: Rows) -> Array {
    let mut shape = shape(&io.record);
    match rows {
        Rows::One => {}
        Rows::Leading(n) if shape.first() == Some(&1) => shape[0] = n,
        Rows::Extra(n) | Rows::Leading(n) => shape.insert(0, n),
    }
    Array { name: io.name.to_string(), element: io.record.element, shape, data: Vec::new() }
}

fn shape(record: &IoRecord) -> Vec<usize> {
    record.dims().iter().map(|&d| d as usize).collect()
}
