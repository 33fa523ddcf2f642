//! The range that loses least information: the one whose 128 levels differ least, by Kullback and Leibler, from the
//! distribution of the magnitudes.

use super::Range;
use super::histogram::{BINS, Histogram};

/// Levels for the magnitudes: half of those of 8 bits.
const LEVELS: usize = 128;
/// Parts between two candidates.
const STRIDE: usize = 16;

/// The range up to the best threshold on either side, no wider than what was seen.
pub fn range(histogram: &Histogram) -> Range {
    let Range { min, max } = histogram.range;
    let largest = f64::from(max.abs().max(min.abs()));
    let magnitudes = magnitudes(histogram, largest);
    let candidates = (LEVELS..=BINS).step_by(STRIDE);
    let best = candidates.min_by(|&a, &b| divergence(&magnitudes, a).total_cmp(&divergence(&magnitudes, b)));
    let threshold = (largest * best.unwrap_or(BINS) as f64 / BINS as f64) as f32;
    Range { min: min.max(-threshold), max: max.min(threshold) }
}

/// The counts of magnitudes in equal parts up to `largest`.
fn magnitudes(histogram: &Histogram, largest: f64) -> Vec<f64> {
    let mut counts = vec![0.0; BINS];
    let width = (largest / BINS as f64).max(f64::MIN_POSITIVE);
    for (v, count) in histogram.points() {
        counts[((v.abs() / width) as usize).min(BINS - 1)] += count;
    }
    counts
}

/// How much of the distribution is lost by `LEVELS` levels over the first `bins` parts.
fn divergence(counts: &[f64], bins: usize) -> f64 {
    let total: f64 = counts.iter().sum();
    if total == 0.0 {
        return 0.0;
    }
    let mut clipped = counts[..bins].to_vec();
    clipped[bins - 1] += counts[bins..].iter().sum::<f64>();
    let mut sum = 0.0;
    for level in 0..LEVELS {
        let part = level * bins / LEVELS..(level + 1) * bins / LEVELS;
        // What is cut off is not in the levels, so that cutting costs.
        let mass: f64 = counts[part.clone()].iter().sum();
        let filled = counts[part.clone()].iter().filter(|&&c| c > 0.0).count();
        let mean = mass / filled.max(1) as f64;
        for &p in clipped[part].iter().filter(|&&p| p > 0.0) {
            sum += p / total * libm::log(p / mean.max(total * 1e-9));
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn even_values_keep_their_range_and_far_outliers_are_cut() {
        let even: Vec<f32> = (1..=100_000).map(|i| i as f32 / 100_000.0).collect();
        let mut histogram = Histogram::new(Range { min: 0.0, max: 1.0 });
        histogram.add(&even);
        assert!(range(&histogram).max > 0.95);
        let mut histogram = Histogram::new(Range { min: -20.0, max: 20.0 });
        // A logistic curve stands for the bell.
        let bell: Vec<f32> = even[..99_999].iter().map(|u| 0.2 * (u / (1.0 - u)).ln()).collect();
        histogram.add(&bell);
        histogram.add(&[20.0, -20.0]);
        let found = range(&histogram);
        assert!(found.max < 10.0 && found.min > -10.0, "{found:?}");
    }
}
