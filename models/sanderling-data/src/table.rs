//! All rows of a channel at once, for trainers that need them so.

use std::path::Path;

use crate::{Batch, Channel, DataError, Format, Matrix};

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

impl Table {
    /// Reads a file, all files of a folder or of a manifest one behind another, decoding them on a thread of its own.
    pub fn read(path: &Path, format: Format) -> Result<Table, DataError> {
        Table::collect(Channel::new(path, format).epoch(0), path)
    }

    /// All rows of batches. The path is where they come from, for errors.
    pub fn collect(batches: impl Iterator<Item = Result<Batch, DataError>>, path: &Path) -> Result<Table, DataError> {
        let mut all: Option<Batch> = None;
        for batch in batches {
            let batch = batch?;
            match &mut all {
                None => all = Some(batch),
                Some(all) => all.append(batch),
            }
        }
        let Some(all) = all else { return DataError::file(path, "there are no rows in it") };
        if all.label_size > 1 {
            return DataError::file(path, format!("it has {} labels a row, not one", all.label_size));
        }
        Ok(Table { features: all.features, labels: all.labels, weights: all.weights, names: all.names.to_vec() })
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
}

/// For writers.
impl From<Table> for Batch {
    fn from(table: Table) -> Batch {
        let label_size = usize::from(!table.labels.is_empty());
        let Table { features, labels, weights, names } = table;
        Batch { features, labels, label_size, weights, names: names.into() }
    }
}
