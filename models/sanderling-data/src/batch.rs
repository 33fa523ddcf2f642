//! Rows in bounded pieces, and the one way in which every format makes them.

use std::sync::Arc;

use crate::{Csr, Matrix};

/// Rows of a channel. All batches of a channel are of one kind: dense with the same columns, or sparse.
///
/// The buffers are those of Arrow's columns: contiguous `f32` values, `u32` column numbers; `to_arrow` (feature `arrow`)
/// gives a record batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// A sparse batch is as wide as what was read so far, or as the records declare.
    pub features: Matrix,
    /// `label_size` numbers a row, row after row.
    pub labels: Vec<f32>,
    pub label_size: usize,
    /// One for each row, if the data has weights.
    pub weights: Option<Vec<f32>>,
    /// The names of the columns of features, if the data has a header.
    pub names: Arc<[String]>,
}

impl Batch {
    pub fn rows(&self) -> usize {
        self.features.rows()
    }

    /// The labels of a row.
    pub fn label(&self, row: usize) -> &[f32] {
        &self.labels[row * self.label_size..(row + 1) * self.label_size]
    }

    /// The weight of a row, 1 where there are none.
    pub fn weight(&self, row: usize) -> f32 {
        self.weights.as_ref().map_or(1.0, |weights| weights[row])
    }

    /// Adds the rows of a batch of the same reader behind its own.
    pub(crate) fn append(&mut self, other: Batch) {
        if self.weights.is_some() || other.weights.is_some() {
            let weights = self.weights.get_or_insert_with(Vec::new);
            weights.resize(self.features.rows(), 1.0);
            weights.extend((0..other.rows()).map(|row| other.weight(row)));
        }
        match (&mut self.features, other.features) {
            (Matrix::Dense { values, .. }, Matrix::Dense { values: more, .. }) => values.extend(more),
            (Matrix::Sparse(rows), Matrix::Sparse(more)) => rows.append(&more),
            // A reader refuses to mix them.
            _ => {}
        }
        self.labels.extend(other.labels);
    }

    /// The rows with these indices, in this order.
    pub fn select(&self, rows: &[usize]) -> Batch {
        Batch {
            features: self.features.select(rows),
            labels: rows.iter().flat_map(|&row| self.label(row)).copied().collect(),
            weights: self.weights.as_ref().map(|weights| rows.iter().map(|&row| weights[row]).collect()),
            label_size: self.label_size,
            names: self.names.clone(),
        }
    }
}

/// How much a batch may hold. A row that is larger than `bytes` still is a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    pub rows: usize,
    /// Of labels, weights and features together.
    pub bytes: usize,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds { rows: 8192, bytes: 16 << 20 }
    }
}

/// What all rows have in common.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Layout {
    Dense { columns: usize },
    Sparse { width: usize, is_declared: bool },
}

/// Gathers rows, and refuses those that do not fit to the ones before.
///
/// A row is its labels, its weight if any, its values by [`Builder::value`] or [`Builder::element`], and at last
/// [`Builder::end_dense`] or [`Builder::end_sparse`]. What they refuse comes without its place, which the format knows.
pub struct Builder {
    bounds: Bounds,
    layout: Option<Layout>,
    label_size: Option<usize>,
    has_weights: bool,
    names: Arc<[String]>,
    rows: usize,
    values: Vec<f32>,
    columns: Vec<u32>,
    starts: Vec<usize>,
    labels: Vec<f32>,
    weights: Vec<f32>,
}

impl Builder {
    pub fn new(bounds: Bounds) -> Builder {
        Builder {
            bounds,
            layout: None,
            label_size: None,
            has_weights: false,
            names: Arc::new([]),
            rows: 0,
            values: Vec::new(),
            columns: Vec::new(),
            starts: vec![0],
            labels: Vec::new(),
            weights: Vec::new(),
        }
    }

    pub fn is_full(&self) -> bool {
        let elements = self.values.len() + self.columns.len() + self.labels.len() + self.weights.len();
        self.rows > 0 && (self.rows >= self.bounds.rows || elements * size_of::<f32>() >= self.bounds.bytes)
    }

    /// The names of the features; those of the first file count.
    pub fn name(&mut self, names: Vec<String>) {
        if self.names.is_empty() {
            self.names = names.into();
        }
    }

    pub fn label(&mut self, value: f32) -> Result<(), String> {
        self.labels.push(value);
        if value.is_finite() { Ok(()) } else { Err(format!("the label is {value}, not a finite number")) }
    }

    pub fn weight(&mut self, value: f32) -> Result<(), String> {
        self.has_weights = true;
        // The rows before had none.
        self.weights.resize(self.rows, 1.0);
        self.weights.push(value);
        if value.is_finite() { Ok(()) } else { Err(format!("the weight is {value}, not a finite number")) }
    }

    /// The next value of a dense row; NaN is a missing one.
    #[inline]
    pub fn value(&mut self, value: f32) {
        self.values.push(value);
    }

    /// An element of a sparse row; columns ascend.
    #[inline]
    pub fn element(&mut self, column: u32, value: f32) {
        self.columns.push(column);
        self.values.push(value);
    }

    /// The values of the row that is being built.
    pub fn row(&self) -> &[f32] {
        &self.values[self.start()..]
    }

    pub fn end_dense(&mut self) -> Result<(), String> {
        let found = self.values.len() - self.start();
        match self.layout {
            _ if found == 0 => return Err("it has no features".into()),
            None => self.layout = Some(Layout::Dense { columns: found }),
            Some(Layout::Dense { columns }) if columns != found => {
                return Err(format!("it has {found} features, those before it {columns}"));
            }
            Some(Layout::Sparse { .. }) => return Err("it is dense, those before it are sparse".into()),
            Some(Layout::Dense { .. }) => {}
        }
        if self.row().iter().any(|value| value.is_infinite()) {
            return Err("a value is infinite".into());
        }
        self.end()
    }

    /// `declared`: how many columns the row says there are.
    pub fn end_sparse(&mut self, declared: Option<usize>) -> Result<(), String> {
        let start = self.starts[self.starts.len() - 1];
        let last = self.columns.len().checked_sub(1).filter(|&last| last >= start);
        let needed = last.map_or(0, |last| self.columns[last] as usize + 1);
        let width = declared.unwrap_or(needed);
        if needed > width {
            return Err(format!("it has a column {} of {width}, counted from 0", needed - 1));
        }
        let (before, is_declared) = match self.layout {
            None => (0, false),
            Some(Layout::Sparse { width, is_declared }) => (width, is_declared),
            Some(Layout::Dense { .. }) => return Err("it is sparse, those before it are dense".into()),
        };
        if is_declared && width != before && declared.is_some() {
            return Err(format!("it says that there are {width} features, those before it {before}"));
        }
        let is_declared = is_declared || declared.is_some();
        self.layout = Some(Layout::Sparse { width: before.max(width), is_declared });
        if self.values[start..].iter().any(|value| value.is_infinite()) {
            return Err("a value is infinite".into());
        }
        self.starts.push(self.columns.len());
        self.end()
    }

    /// What was gathered, if anything was.
    pub fn take(&mut self) -> Option<Batch> {
        let layout = self.layout.filter(|_| self.rows > 0)?;
        let values = std::mem::take(&mut self.values);
        let features = match layout {
            Layout::Dense { columns } => Matrix::Dense { values, columns },
            Layout::Sparse { width, .. } => {
                let starts = std::mem::replace(&mut self.starts, vec![0]);
                Matrix::Sparse(Csr { starts, columns: std::mem::take(&mut self.columns), values, width })
            }
        };
        self.rows = 0;
        Some(Batch {
            features,
            labels: std::mem::take(&mut self.labels),
            label_size: self.label_size.unwrap_or(0),
            weights: self.has_weights.then(|| std::mem::take(&mut self.weights)),
            names: self.names.clone(),
        })
    }

    /// Where the values of the row start that is being built.
    fn start(&self) -> usize {
        match self.layout {
            Some(Layout::Dense { columns }) => self.rows * columns,
            Some(Layout::Sparse { .. }) => self.starts[self.starts.len() - 1],
            None => 0,
        }
    }

    fn end(&mut self) -> Result<(), String> {
        let before = self.label_size.unwrap_or(0) * self.rows;
        let found = self.labels.len() - before;
        let size = *self.label_size.get_or_insert(found);
        if found != size {
            return Err(format!("it has {found} labels, those before it {size}"));
        }
        self.rows += 1;
        if self.has_weights {
            self.weights.resize(self.rows, 1.0);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dense(builder: &mut Builder, label: f32, row: &[f32]) -> Result<(), String> {
        builder.label(label)?;
        row.iter().for_each(|&value| builder.value(value));
        builder.end_dense()
    }

    #[test]
    fn batches_have_bounds() {
        let mut builder = Builder::new(Bounds { rows: 2, bytes: 1000 });
        dense(&mut builder, 1.0, &[1.0, 2.0]).unwrap();
        assert!(!builder.is_full());
        dense(&mut builder, 2.0, &[3.0, f32::NAN]).unwrap();
        assert!(builder.is_full());
        let batch = builder.take().unwrap();
        assert_eq!((batch.rows(), batch.label(1), batch.weight(1)), (2, &[2.0][..], 1.0));
        assert_eq!(builder.take(), None);

        let mut builder = Builder::new(Bounds { rows: 100, bytes: 16 });
        dense(&mut builder, 1.0, &[1.0; 7]).unwrap();
        assert!(builder.is_full(), "a row larger than the bound is a batch");
    }

    #[test]
    fn rows_must_fit_to_those_before_across_batches() {
        let mut builder = Builder::new(Bounds { rows: 1, bytes: 1000 });
        dense(&mut builder, 1.0, &[1.0, 2.0]).unwrap();
        builder.take().unwrap();
        assert_eq!(dense(&mut builder, 1.0, &[1.0]).unwrap_err(), "it has 1 features, those before it 2");

        let mut builder = Builder::new(Bounds::default());
        builder.label(1.0).unwrap();
        builder.element(3, 1.0);
        builder.end_sparse(Some(5)).unwrap();
        builder.label(1.0).unwrap();
        assert_eq!(builder.end_sparse(Some(6)).unwrap_err(), "it says that there are 6 features, those before it 5");

        let mut builder = Builder::new(Bounds::default());
        dense(&mut builder, 1.0, &[1.0]).unwrap();
        builder.label(1.0).unwrap();
        assert_eq!(builder.end_sparse(None).unwrap_err(), "it is sparse, those before it are dense");
        let mut builder = Builder::new(Bounds::default());
        dense(&mut builder, 1.0, &[1.0]).unwrap();
        builder.value(1.0);
        assert_eq!(builder.end_dense().unwrap_err(), "it has 0 labels, those before it 1");
        assert!(
            dense(&mut Builder::new(Bounds::default()), f32::NAN, &[1.0]).unwrap_err().contains("the label is NaN")
        );
        assert!(dense(&mut Builder::new(Bounds::default()), 1.0, &[f32::INFINITY]).unwrap_err().contains("infinite"));
    }

    #[test]
    fn rows_without_a_weight_weigh_one() {
        let mut builder = Builder::new(Bounds::default());
        dense(&mut builder, 1.0, &[1.0]).unwrap();
        builder.weight(0.5).unwrap();
        dense(&mut builder, 1.0, &[1.0]).unwrap();
        dense(&mut builder, 1.0, &[1.0]).unwrap();
        assert_eq!(builder.take().unwrap().weights, Some(vec![1.0, 0.5, 1.0]));
    }
}
