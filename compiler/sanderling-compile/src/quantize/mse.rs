//! The range whose quantization has the least squared error.

use super::Range;
use super::histogram::Histogram;

/// Shares of the whole range that either end may keep.
const STEPS: usize = 50;
/// Steps of an 8-bit quantization.
const LEVELS: f64 = 255.0;

/// The range with the least squared error, found end by end.
pub fn range(histogram: &Histogram) -> Range {
    let whole = Range { min: histogram.range.min.min(0.0), max: histogram.range.max.max(0.0) };
    let points: Vec<(f64, f64)> = histogram.points().collect();
    let share = |step: usize| 1.0 - step as f32 / (STEPS as f32 + 1.0);
    let best = |ranges: &mut dyn Iterator<Item = Range>| {
        ranges.map(|r| (error(&points, r), r)).min_by(|a, b| a.0.total_cmp(&b.0)).map_or(whole, |(_, range)| range)
    };
    let mut found = best(&mut (0..=STEPS).map(|s| Range { min: whole.min * share(s), max: whole.max * share(s) }));
    for _ in 0..2 {
        let at = found;
        found = best(&mut (0..=STEPS).map(|s| Range { max: whole.max * share(s), ..at }));
        let at = found;
        found = best(&mut (0..=STEPS).map(|s| Range { min: whole.min * share(s), ..at }));
    }
    found
}

/// The sum of the squared errors of a quantization to `range`.
fn error(points: &[(f64, f64)], range: Range) -> f64 {
    let (min, max) = (f64::from(range.min), f64::from(range.max));
    let scale = ((max - min) / LEVELS).max(f64::MIN_POSITIVE);
    let square = |&(v, count): &(f64, f64)| {
        let rounded = min + ((v.clamp(min, max) - min) / scale).round() * scale;
        count * (v - rounded) * (v - rounded)
    };
    points.iter().map(square).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outlier_is_cut_and_even_values_are_not() {
        let even: Vec<f32> = (1..=10_000).map(|i| i as f32 / 10_000.0).collect();
        let mut histogram = Histogram::new(Range { min: 0.0, max: 1.0 });
        histogram.add(&even);
        assert!(range(&histogram).max > 0.97);
        let mut histogram = Histogram::new(Range { min: -4.0, max: 4.0 });
        let normal: Vec<f32> = (0..20_000)
            .map(|i| {
                let u = (f64::from(i) + 0.5) / 20_000.0;
                // A logistic curve stands for the bell.
                (0.2 * (u / (1.0 - u)).ln()) as f32
            })
            .collect();
        histogram.add(&normal);
        histogram.add(&[4.0]);
        let found = range(&histogram);
        assert!(found.max < 4.0 && found.min < -0.5, "{found:?}");
    }
}
