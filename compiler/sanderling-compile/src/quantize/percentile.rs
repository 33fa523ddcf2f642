//! The range without the outermost values.

use super::Range;
use super::histogram::Histogram;

/// How many of all values stay inside.
pub const KEPT: f64 = 0.9999;

/// The range that leaves out at most `(1 - kept) / 2` of all values on either side.
pub fn range(histogram: &Histogram, kept: f64) -> Range {
    let total = histogram.counts.iter().sum::<u64>() + histogram.zeros;
    let outside = (total as f64 * (1.0 - kept) / 2.0) as u64;
    let (min, width) = (f64::from(histogram.range.min), histogram.width());
    let skipped = |counts: &mut dyn Iterator<Item = &u64>| {
        let mut sum = 0;
        counts
            .take_while(|count| {
                sum += **count;
                sum <= outside
            })
            .count()
    };
    let below = skipped(&mut histogram.counts.iter());
    let above = skipped(&mut histogram.counts.iter().rev());
    let bins = histogram.counts.len();
    let low = if below == 0 || below == bins { histogram.range.min } else { (min + below as f64 * width) as f32 };
    let high = match above {
        0 => histogram.range.max,
        _ if above == bins => histogram.range.max,
        _ => (min + (bins - above) as f64 * width) as f32,
    };
    Range { min: low.min(high), max: high.max(low) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_outliers_are_left_out() {
        let mut histogram = Histogram::new(Range { min: 0.0, max: 1000.0 });
        let values: Vec<f32> = (1..=100_000).map(|i| i as f32 / 100_000.0).collect();
        histogram.add(&values);
        histogram.add(&[1000.0]);
        let found = range(&histogram, KEPT);
        assert!(found.max < 2.0, "{found:?}");
        assert_eq!(range(&histogram, 1.0), histogram.range);
    }
}
