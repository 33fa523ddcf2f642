//! Labelled rows of numbers.

use std::path::Path;

use crate::{Csr, DataError, Matrix, csv, file, libsvm};

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
        let mut table: Option<Table> = None;
        for path in file::files(path)? {
            let next = match format {
                Format::Csv { labels, weights } => csv::read(&path, labels, weights)?,
                Format::Libsvm => libsvm::read(&path)?,
            };
            table = Some(match table {
                None => next,
                Some(before) => before.join(next, &path)?,
            });
        }
        let table = table.filter(|table| table.rows() > 0);
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

    fn join(mut self, next: Table, path: &Path) -> Result<Table, DataError> {
        let weights = match (self.weights.take(), next.weights) {
            (None, None) => None,
            (mine, theirs) => {
                let mut all = mine.unwrap_or_else(|| vec![1.0; self.labels.len()]);
                all.extend(theirs.unwrap_or_else(|| vec![1.0; next.labels.len()]));
                Some(all)
            }
        };
        self.features = match (self.features, next.features) {
            (Matrix::Dense { mut values, columns }, Matrix::Dense { values: more, columns: theirs }) => {
                if columns != theirs {
                    return DataError::file(path, format!("it has {theirs} features, the file before it {columns}"));
                }
                values.extend(more);
                Matrix::Dense { values, columns }
            }
            (Matrix::Sparse(mut rows), Matrix::Sparse(more)) => {
                let width = rows.width.max(more.width);
                for row in 0..more.starts.len() - 1 {
                    let (columns, values) = more.row(row);
                    rows.push(columns.iter().copied().zip(values.iter().copied()));
                }
                Matrix::Sparse(Csr { width, ..rows })
            }
            _ => return DataError::file(path, "it is of another format than the file before it"),
        };
        self.labels.extend(next.labels);
        Ok(Table { weights, ..self })
    }
}
