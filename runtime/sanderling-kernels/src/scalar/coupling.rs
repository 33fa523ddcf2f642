//! Class probabilities from those of pairs.

use sanderling_format::calls::{COUPLING_ERROR, COUPLING_SWEEPS, PairwiseCoupling};

use super::float::{get, put, values};
use crate::kernel::{Operands, Runs};
use crate::pieces::Pieces;
use crate::scalar::Scalar;

impl Runs<PairwiseCoupling> for Scalar {
    fn run(call: &PairwiseCoupling, operands: Operands<'_>) {
        let Operands { reads: [input, ..], output, scratch, .. } = operands;
        let classes = call.classes as usize;
        let (diagonal, slopes) = scratch.split_at_mut((classes * 4).min(scratch.len()));
        let rows = input.pieces(classes * classes.saturating_sub(1) / 2 * 4);
        for (pairs, p) in rows.zip(output.pieces_mut(classes * 4)) {
            couple(&Pairs { pairs, classes }, p, diagonal, slopes);
        }
    }
}

/// A row of the input.
struct Pairs<'a> {
    pairs: &'a [u8],
    classes: usize,
}

impl Pairs<'_> {
    /// How likely `i` is where it is `i` or `j`, another.
    fn first(&self, i: usize, j: usize) -> f32 {
        let place = |i: usize, j: usize| (i * (2 * self.classes - i - 1) / 2 + j).wrapping_sub(i + 1);
        if i < j { get(self.pairs, place(i, j)) } else { 1.0 - get(self.pairs, place(j, i)) }
    }

    /// An element of the matrix whose form the probabilities make least; those of its diagonal are kept.
    fn element(&self, diagonal: &[u8], i: usize, j: usize) -> f32 {
        if i == j { get(diagonal, i) } else { -(self.first(j, i) * self.first(i, j)) }
    }
}

fn couple(pairs: &Pairs<'_>, p: &mut [u8], diagonal: &mut [u8], slopes: &mut [u8]) {
    let classes = pairs.classes;
    for i in 0..classes {
        let square = |j: usize| pairs.first(j, i) * pairs.first(j, i);
        put(diagonal, i, (0..classes).filter(|&j| j != i).fold(0.0, |sum, j| sum + square(j)));
        put(p, i, 1.0 / classes as f32);
    }
    for _ in 0..COUPLING_SWEEPS {
        let mut total = 0.0;
        for i in 0..classes {
            let slope = (0..classes).fold(0.0, |sum, j| sum + pairs.element(diagonal, i, j) * get(p, j));
            put(slopes, i, slope);
            total += get(p, i) * slope;
        }
        let error = values(slopes).fold(0.0, |most: f32, slope| most.max((slope - total).abs()));
        if error < COUPLING_ERROR / classes as f32 {
            break;
        }
        for i in 0..classes {
            let (square, slope) = (get(diagonal, i), get(slopes, i));
            let step = (total - slope) / square;
            put(p, i, get(p, i) + step);
            total = (total + step * (step * square + 2.0 * slope)) / (1.0 + step) / (1.0 + step);
            for j in 0..classes {
                put(slopes, j, (get(slopes, j) + step * pairs.element(diagonal, i, j)) / (1.0 + step));
                put(p, j, get(p, j) / (1.0 + step));
            }
        }
    }
}
