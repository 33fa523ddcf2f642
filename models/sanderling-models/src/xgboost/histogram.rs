//! Sums of gradients by feature and bin.

use rayon::prelude::*;

use super::bins::Binned;
use super::objective::Gradient;

/// Sums of first and second derivatives. In double precision, so that a sibling is what is left of its parent.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sum {
    pub first: f64,
    pub second: f64,
}

impl Sum {
    pub fn add(self, other: Sum) -> Sum {
        Sum { first: self.first + other.first, second: self.second + other.second }
    }

    pub fn less(self, other: Sum) -> Sum {
        Sum { first: self.first - other.first, second: self.second - other.second }
    }
}

/// The sums of a node, the bins of a feature side by side, see [`Binned::starts`].
pub struct Histogram(Vec<Sum>);

/// Less work than this, in elements, is not worth a second thread.
const PARALLEL_FROM: usize = 1 << 15;

impl Histogram {
    /// Over these rows. The sums of a feature are made by one thread in the order of rows, so that they are the same on
    /// any number of threads.
    pub fn new(binned: &Binned, rows: &[u32], gradients: &[Gradient]) -> Histogram {
        let mut sums = vec![Sum::default(); binned.starts[binned.features]];
        let is_large = rows.len() * binned.features >= PARALLEL_FROM;
        let tasks = if is_large { rayon::current_num_threads() } else { 1 };
        let share = binned.features.div_ceil(tasks).max(1);
        let (mut rest, mut parts) = (&mut sums[..], Vec::new());
        for first in (0..binned.features).step_by(share) {
            let last = (first + share).min(binned.features);
            let (part, behind) = rest.split_at_mut(binned.starts[last] - binned.starts[first]);
            parts.push((first..last, part));
            rest = behind;
        }
        parts.into_par_iter().for_each(|(features, sums)| {
            let base = binned.starts[features.start];
            let starts: Vec<usize> = binned.starts[features.clone()].iter().map(|start| start - base).collect();
            for &row in rows {
                let gradient = gradients[row as usize];
                let sum = Sum { first: f64::from(gradient.first), second: f64::from(gradient.second) };
                let row = row as usize * binned.features;
                let bins = &binned.bins[row + features.start..row + features.end];
                for (start, &bin) in starts.iter().zip(bins) {
                    let place = &mut sums[start + usize::from(bin)];
                    *place = place.add(sum);
                }
            }
        });
        Histogram(sums)
    }

    /// What is left of a parent without one child.
    pub fn sibling(mut self, child: &Histogram) -> Histogram {
        for (mine, theirs) in self.0.iter_mut().zip(&child.0) {
            *mine = mine.less(*theirs);
        }
        self
    }

    /// The sums of a feature by bin, those of missing values last.
    pub fn feature(&self, binned: &Binned, feature: usize) -> &[Sum] {
        &self.0[binned.starts[feature]..binned.starts[feature + 1]]
    }
}
