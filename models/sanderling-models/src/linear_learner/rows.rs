//! Scaled rows, as the trainer meets them: in batches, side by side in memory.

use sanderling_data::Table;

use super::scaler::Scaler;

/// Up to so many scaled values stay in memory (256 MiB); beyond, each batch scales its own.
const KEPT: usize = 1 << 26;
/// Rows are this many values long, or a multiple: what they lack is zero.
const LANES: usize = 8;

/// All rows of a table, with the weight of each.
pub struct Rows<'a> {
    table: &'a Table,
    scaler: &'a Scaler,
    pub weights: Vec<f32>,
    scaled: Option<Vec<f32>>,
    stride: usize,
}

impl<'a> Rows<'a> {
    pub fn new(table: &'a Table, scaler: &'a Scaler, weights: Vec<f32>) -> Rows<'a> {
        let stride = scaler.shifts.len().next_multiple_of(LANES);
        let mut rows = Rows { table, scaler, weights, scaled: None, stride };
        if table.rows().saturating_mul(stride) <= KEPT {
            let mut scaled = vec![0.0; table.rows() * stride];
            scaled.chunks_exact_mut(stride).enumerate().for_each(|(row, x)| rows.scale(row, x));
            rows.scaled = Some(scaled);
        }
        rows
    }

    pub fn len(&self) -> usize {
        self.table.rows()
    }

    /// From one row to the next, in values.
    pub fn stride(&self) -> usize {
        self.stride
    }

    /// Puts rows into a batch.
    pub fn fill(&self, rows: &[usize], batch: &mut Batch) {
        batch.x.resize(rows.len() * self.stride, 0.0);
        for (x, &row) in batch.x.chunks_exact_mut(self.stride).zip(rows) {
            match &self.scaled {
                Some(scaled) => x.copy_from_slice(&scaled[row * self.stride..][..self.stride]),
                None => self.scale(row, x),
            }
        }
        batch.labels.clear();
        batch.labels.extend(rows.iter().map(|&row| self.scaler.label(self.table.labels[row])));
        batch.weights.clear();
        batch.weights.extend(rows.iter().map(|&row| self.weights[row]));
    }

    fn scale(&self, row: usize, x: &mut [f32]) {
        self.scaler.row(&self.table.features, row, &mut x[..self.scaler.shifts.len()]);
    }
}

/// Some rows.
#[derive(Default)]
pub struct Batch {
    pub x: Vec<f32>,
    pub labels: Vec<f32>,
    pub weights: Vec<f32>,
}
