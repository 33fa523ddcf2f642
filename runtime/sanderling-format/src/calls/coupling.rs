//! Class probabilities from those of pairs of classes.

use super::{Call, reads, words};
use crate::access::{Accesses, Region, size};
use crate::features::Features;
use crate::words::{Reader, Words};

/// Sweeps after which a row is left as it is.
pub const COUPLING_SWEEPS: u32 = 100;
/// The search ends where no slope is off by as much as this over the number of classes.
pub const COUPLING_ERROR: f32 = 0.005;

words! {
    /// For each row, the probability of each class from `classes * (classes - 1) / 2` of pairs, those of the first of each:
    /// (0, 1), (0, 2) ... (1, 2) ... Scratch: two values a class.
    PairwiseCoupling { rows: u32, classes: u32, input: u32, output: u32, scratch: u32, }
}

impl Call for PairwiseCoupling {
    const ID: u16 = 112;
    const NAME: &'static str = "pairwise_coupling";
    const FEATURES: Features = Features::REAL;
    fn accesses(&self) -> Option<Accesses> {
        let bytes = |factors: &[u32]| size(factors)?.checked_mul(4);
        let pairs = size(&[self.classes, self.classes.checked_sub(1)?])? / 2;
        let region = |offset: u32, bytes: u32| Region { offset, bytes };
        Some(Accesses {
            reads: reads([(self.input, bytes(&[self.rows, pairs])?)]),
            output: region(self.output, bytes(&[self.rows, self.classes])?),
            scratch: region(self.scratch, bytes(&[2, self.classes])?),
            ..Accesses::default()
        })
    }
}
