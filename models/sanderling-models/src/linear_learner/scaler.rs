//! Means and deviations of features and labels, from the first rows.

use sanderling_data::{Matrix, Table};
use serde::{Deserialize, Serialize};

use super::hyperparameters::{Hyperparameters, Predictor};

/// `(x - shift) / scale`, for each feature and for the label.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scaler {
    pub shifts: Vec<f32>,
    pub scales: Vec<f32>,
    pub label_shift: f32,
    pub label_scale: f32,
}

impl Scaler {
    pub fn new(hyper: &Hyperparameters, table: &Table) -> Scaler {
        let rows = table.rows().min(hyper.num_point_for_scaler);
        let columns = table.features.columns();
        let (mut sums, mut squares) = (vec![0.0f64; columns], vec![0.0f64; columns]);
        for row in 0..rows {
            table.features.each(row, |column, value| sums[column] += f64::from(value));
        }
        let means: Vec<f64> = sums.iter().map(|sum| sum / rows as f64).collect();
        let mut seen = vec![0usize; columns];
        for row in 0..rows {
            table.features.each(row, |column, value| {
                squares[column] += (f64::from(value) - means[column]).powi(2);
                seen[column] += 1;
            });
        }
        // What a sparse row leaves out is zero.
        let deviation = |column: usize| {
            let absent = (rows - seen[column]) as f64 * means[column].powi(2);
            ((squares[column] + absent) / rows as f64).sqrt()
        };
        let is_dense = matches!(table.features, Matrix::Dense { .. });
        let unbias = hyper.unbias_data.unwrap_or(is_dense) && hyper.normalize_data;
        let is_regression = hyper.predictor_type == Predictor::Regressor;
        let labels = &table.labels[..rows.min(table.labels.len())];
        let mean = labels.iter().map(|&l| f64::from(l)).sum::<f64>() / labels.len().max(1) as f64;
        let spread = labels.iter().map(|&l| (f64::from(l) - mean).powi(2)).sum::<f64>() / labels.len().max(1) as f64;
        let shift_label = is_regression && hyper.unbias_label.unwrap_or(true);
        let scale_label = is_regression && hyper.normalize_label.unwrap_or(true);
        Scaler {
            shifts: means.iter().map(|&mean| if unbias { mean as f32 } else { 0.0 }).collect(),
            scales: (0..columns).map(|c| if hyper.normalize_data { nonzero(deviation(c)) } else { 1.0 }).collect(),
            label_shift: if shift_label { mean as f32 } else { 0.0 },
            label_scale: if scale_label { nonzero(spread.sqrt()) } else { 1.0 },
        }
    }

    /// Writes a scaled row.
    pub fn row(&self, features: &Matrix, row: usize, out: &mut [f32]) {
        features.copy_row(row, 0.0, out);
        for ((x, shift), scale) in out.iter_mut().zip(&self.shifts).zip(&self.scales) {
            *x = (*x - shift) / scale;
        }
    }

    pub fn label(&self, label: f32) -> f32 {
        (label - self.label_shift) / self.label_scale
    }
}

/// A deviation to divide by: features that never change keep their size.
fn nonzero(deviation: f64) -> f32 {
    if deviation > 1e-12 { deviation as f32 } else { 1.0 }
}
