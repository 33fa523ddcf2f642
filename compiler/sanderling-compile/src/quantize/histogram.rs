//! How often values fall into equal parts of a range.

use super::Range;

/// Parts of a range.
pub const BINS: usize = 2048;

/// The counts of values in [`BINS`] equal parts of a range. Zeros count apart: every quantization has them exactly.
#[derive(Clone, Debug)]
pub struct Histogram {
    pub range: Range,
    pub counts: Vec<u64>,
    pub zeros: u64,
}

impl Histogram {
    /// An empty histogram.
    pub fn new(range: Range) -> Histogram {
        Histogram { range, counts: vec![0; BINS], zeros: 0 }
    }

    /// Counts values; those outside of the range fall into the part next to them.
    pub fn add(&mut self, values: &[f32]) {
        let (min, width) = (f64::from(self.range.min), self.width());
        for &v in values.iter().filter(|v| v.is_finite()) {
            if v == 0.0 {
                self.zeros += 1;
                continue;
            }
            let bin = ((f64::from(v) - min) / width) as usize;
            self.counts[bin.min(BINS - 1)] += 1;
        }
    }

    /// Adds the counts of another histogram of the same range.
    pub fn merge(&mut self, other: &Histogram) {
        self.counts.iter_mut().zip(&other.counts).for_each(|(a, b)| *a += b);
        self.zeros += other.zeros;
    }

    /// How wide a part is.
    pub fn width(&self) -> f64 {
        ((f64::from(self.range.max) - f64::from(self.range.min)) / BINS as f64).max(f64::MIN_POSITIVE)
    }

    /// The middle of each part that has values, and their count.
    pub fn points(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        let (min, width) = (f64::from(self.range.min), self.width());
        let point = move |(i, &count): (usize, &u64)| (min + (i as f64 + 0.5) * width, count as f64);
        self.counts.iter().enumerate().filter(|(_, count)| **count > 0).map(point)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_fall_into_their_parts() {
        let mut histogram = Histogram::new(Range { min: -1.0, max: 1.0 });
        histogram.add(&[-1.0, 0.0, 1.0, 1e9, f32::NAN]);
        assert_eq!((histogram.counts[0], histogram.counts[BINS - 1], histogram.zeros), (1, 2, 1));
        let points: Vec<(f64, f64)> = histogram.points().collect();
        assert_eq!(points.len(), 2);
        assert!((points[0].0 + 1.0).abs() < 1e-3);
    }
}
