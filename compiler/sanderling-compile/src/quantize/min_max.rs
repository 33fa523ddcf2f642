//! The smallest range that holds every value seen.

/// The real numbers that a value may have; always with 0 inside once a quantization is made of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    pub min: f32,
    pub max: f32,
}

impl Range {
    /// The smallest range with both inside.
    pub fn union(self, other: Range) -> Range {
        Range { min: self.min.min(other.min), max: self.max.max(other.max) }
    }
}

/// The range with these values inside too; those that are not finite do not count.
pub fn widen(range: Option<Range>, values: &[f32]) -> Option<Range> {
    // Adding 0 makes 0 of -0: which of them is the smaller would depend on their order.
    let finite = values.iter().map(|v| v + 0.0).filter(|v| v.is_finite());
    finite.fold(range, |range, v| {
        let point = Range { min: v, max: v };
        Some(range.map_or(point, |range| range.union(point)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_range_holds_all_finite_values() {
        assert_eq!(widen(None, &[]), None);
        let range = widen(None, &[1.0, f32::NAN, -2.0, f32::INFINITY]);
        assert_eq!(range, Some(Range { min: -2.0, max: 1.0 }));
        assert_eq!(widen(range, &[5.0]), Some(Range { min: -2.0, max: 5.0 }));
    }
}
