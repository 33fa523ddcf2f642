//! Features in bins: a byte for each element, and the values at which bins meet.
//!
//! Bin `b` of a feature holds `cuts[b - 1] <= x < cuts[b]`, so that a split behind bin `b` is the comparison
//! `x < cuts[b]` on the values themselves.

use rayon::prelude::*;
use sanderling_data::Matrix;

/// Most bins of a feature; the byte behind them is for missing values.
pub const BINS_MAX: usize = 255;

/// A matrix in bins.
pub struct Binned {
    /// Row after row; of a feature with `n` cuts, 0 to `n`, and `n + 1` for a missing value.
    pub bins: Vec<u8>,
    pub features: usize,
    /// Of each feature, ascending.
    pub cuts: Vec<Vec<f32>>,
    /// Whether a feature has missing values.
    pub has_missing: Vec<bool>,
    /// Where the bins of each feature start when those of all stand side by side, and behind the last one their number.
    pub starts: Vec<usize>,
}

impl Binned {
    /// Finds cuts and bins for all columns.
    pub fn new(matrix: &Matrix, max_bin: usize) -> Binned {
        let columns = columns(matrix);
        let rows = matrix.rows();
        let cuts_of = |column: &Vec<f32>| cuts(column, max_bin.min(BINS_MAX), column.len() < rows);
        let cuts: Vec<Vec<f32>> = columns.par_iter().map(cuts_of).collect();
        let has_missing = columns.iter().map(|column| column.len() < rows).collect();
        let features = cuts.len();
        let missing: Vec<u8> = cuts.iter().map(|cuts| cuts.len() as u8 + 1).collect();
        let mut bins = vec![0; rows * features];
        bins.par_chunks_mut(features.max(1)).enumerate().for_each(|(row, bins)| {
            bins.copy_from_slice(&missing);
            matrix.each(row, |feature, value| {
                bins[feature] = cuts[feature].partition_point(|&cut| cut <= value) as u8;
            });
        });
        let mut starts = vec![0];
        starts.extend(cuts.iter().scan(0, |end, cuts| {
            *end += cuts.len() + 2;
            Some(*end)
        }));
        Binned { bins, features, cuts, has_missing, starts }
    }

    /// The bin of an element; `None` where it is missing.
    pub fn bin(&self, row: usize, feature: usize) -> Option<u8> {
        let bin = self.bins[row * self.features + feature];
        (usize::from(bin) <= self.cuts[feature].len()).then_some(bin)
    }
}

/// The values of each column that are there, in the order of rows.
fn columns(matrix: &Matrix) -> Vec<Vec<f32>> {
    let mut columns = vec![Vec::new(); matrix.columns()];
    for row in 0..matrix.rows() {
        matrix.each(row, |column, value| columns[column].push(value));
    }
    columns
}

/// At most `bins - 1` cuts: between all values if they are few, else at quantiles. Where values are missing the last cut
/// lies above all, so that those that are there can be told from them.
fn cuts(column: &[f32], bins: usize, has_missing: bool) -> Vec<f32> {
    let bins = bins - usize::from(has_missing && bins > 1);
    let mut values = column.to_vec();
    values.sort_unstable_by(f32::total_cmp);
    let mut distinct = values.clone();
    distinct.dedup();
    if distinct.len() > bins {
        distinct = (0..bins).map(|i| values[i * values.len() / bins]).collect();
        distinct.dedup();
    }
    // Nothing lies below the least value.
    let least = values.first().copied();
    distinct.retain(|&value| Some(value) != least);
    if let Some(&most) = values.last().filter(|_| has_missing) {
        distinct.push(most + (most.abs() + 1e-5));
    }
    distinct
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_are_comparisons_with_cuts() {
        let values: Vec<f32> = (0..1000).map(|i| ((i * 7919) % 1000) as f32 / 10.0).collect();
        for max_bin in [2, 16, 255] {
            let binned = Binned::new(&Matrix::Dense { values: values.clone(), columns: 1 }, max_bin);
            let cuts = &binned.cuts[0];
            assert_eq!(cuts.len(), max_bin - 1);
            assert!(cuts.is_sorted_by(|a, b| a < b));
            for (row, &value) in values.iter().enumerate() {
                let bin = usize::from(binned.bin(row, 0).unwrap());
                assert!(bin == cuts.len() || value < cuts[bin]);
                assert!(bin == 0 || value >= cuts[bin - 1]);
            }
        }
    }

    #[test]
    fn missing_values_have_a_bin_of_their_own() {
        let values = vec![1.0, f32::NAN, 2.0, 7.0];
        let binned = Binned::new(&Matrix::Dense { values, columns: 2 }, 8);
        assert_eq!(binned.has_missing, [false, true]);
        assert_eq!(binned.cuts[0], [2.0]);
        // The one value of the second column lies below its cut.
        assert!(binned.cuts[1].len() == 1 && binned.cuts[1][0] > 7.0);
        assert_eq!((binned.bin(0, 0), binned.bin(1, 0)), (Some(0), Some(1)));
        assert_eq!((binned.bin(0, 1), binned.bin(1, 1)), (None, Some(0)));
    }
}
