//! All rows of a channel at once, for trainers that need them so.

use std::path::Path;

use crate::{Batch, DataError, Matrix, Reader, file};

/// Labels and features, a row for each sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    pub features: Matrix,
    /// As many as there are rows; empty where the data has none.
    pub labels: Vec<f32>,
    /// One for each row, if the data has weights.
    pub weights: Option<Vec<f32>>,
    /// The names of the columns of features, if the data has a header.
    pub names: Vec<String>,
}

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Numbers separated by commas, with or without a header; of `labels` (0 or 1) leading columns of labels, then, with
    /// `weights`, a column of weights. An empty field is a missing value.
    Csv { labels: usize, weights: bool },
    /// `label[:weight] column:value ...`, columns counted from 0.
    Libsvm,
}

impl Format {
    /// A label in front, no weights.
    pub const CSV: Format = Format::Csv { labels: 1, weights: false };

    /// By the extension of a file, or of the first file of a folder.
    pub fn of(path: &Path) -> Result<Format, DataError> {
        let first = file::files(path)?.remove(0);
        let name = file::plain_name(&first);
        match name.rsplit('.').next() {
            Some("csv") => Ok(Format::CSV),
            Some("libsvm" | "svm" | "svmlight") => Ok(Format::Libsvm),
            _ => DataError::file(&first, "its name should end in .csv or .libsvm, .gz behind it where it is packed"),
        }
    }
}

impl Table {
    /// Reads a file, or all files of a folder one behind another.
    pub fn read(path: &Path, format: Format) -> Result<Table, DataError> {
        Table::collect(Reader::open(path, format)?, path)
    }

    /// All rows of batches. The path is where they come from, for errors.
    pub fn collect(batches: impl Iterator<Item = Result<Batch, DataError>>, path: &Path) -> Result<Table, DataError> {
        let mut table: Option<Table> = None;
        for batch in batches {
            let batch = batch?;
            if batch.label_size > 1 {
                return DataError::file(path, format!("it has {} labels a row, not one", batch.label_size));
            }
            match &mut table {
                None => {
                    let Batch { features, labels, weights, names, .. } = batch;
                    table = Some(Table { features, labels, weights, names: names.to_vec() });
                }
                Some(table) => table.append(batch),
            }
        }
        table.map_or_else(|| DataError::file(path, "there are no rows in it"), Ok)
    }

    pub fn rows(&self) -> usize {
        self.features.rows()
    }

    /// The rows with these indices, in this order.
    pub fn select(&self, rows: &[usize]) -> Table {
        let pick = |values: &[f32]| rows.iter().filter_map(|&r| values.get(r).copied()).collect();
        Table {
            features: self.features.select(rows),
            labels: pick(&self.labels),
            weights: self.weights.as_deref().map(pick),
            names: self.names.clone(),
        }
    }

    /// The weight of a row, 1 where there are none.
    pub fn weight(&self, row: usize) -> f32 {
        self.weights.as_ref().map_or(1.0, |weights| weights[row])
    }

    /// Rows of the same reader, which are of the same kind.
    fn append(&mut self, batch: Batch) {
        if self.weights.is_some() || batch.weights.is_some() {
            let weights = self.weights.get_or_insert_with(Vec::new);
            weights.resize(self.features.rows(), 1.0);
            weights.extend((0..batch.rows()).map(|row| batch.weight(row)));
        }
        match (&mut self.features, batch.features) {
            (Matrix::Dense { values, .. }, Matrix::Dense { values: more, .. }) => values.extend(more),
            (Matrix::Sparse(rows), Matrix::Sparse(more)) => rows.append(&more),
            // A reader refuses to mix them.
            _ => {}
        }
        self.labels.extend(batch.labels);
    }
}
