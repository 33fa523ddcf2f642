//! How far the outputs of the quantized graph are those of the real one.

use sanderling_ir::{Graph, Tensor};
use sanderling_oracle::Oracle;
use serde::Serialize;

use super::{quantized_inputs, reals};
use crate::CompileError;

/// From this many samples on, some are held out.
const ENOUGH: usize = 10;

/// The real model against the artifact, both on the oracle, whose bytes every backend gives.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Agreement {
    /// Samples that were compared.
    pub samples: usize,
    /// Whether calibration has not seen them. If it has, the figures flatter.
    pub held_out: bool,
    pub calibration_samples: usize,
    pub outputs: Vec<OutputAgreement>,
}

/// One output of the real model against the same of the artifact.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OutputAgreement {
    pub name: String,
    /// The part of the samples whose largest element is at the same place; none where there is one element alone.
    pub top_1: Option<f64>,
    /// Mean and largest difference of an element, in the output's own unit.
    pub mean_error: f64,
    pub max_error: f64,
    /// Signal to noise, in dB; none where there is no noise or no signal.
    pub sqnr_db: Option<f64>,
}

/// Samples to calibrate by and samples to compare on.
///
/// Every fifth is held out where there are ten or more: ranges follow the extremes of what they have seen, so that the same
/// samples would say nothing about clipping, and four fifths give nearly the ranges that all would. Evenly spread, so that a
/// file that is sorted by class or by source has some of each in both; not random, so that the same file gives the same
/// artifact. Where `in_order`, because states go from one sample to the next, it is the last fifth. Fewer than ten are
/// too few to spare any: all calibrate, and all are compared.
pub fn split(samples: &[Vec<Tensor>], in_order: bool) -> (Vec<Vec<Tensor>>, Vec<Vec<Tensor>>) {
    let n = samples.len();
    if n < ENOUGH {
        return (samples.to_vec(), samples.to_vec());
    }
    let is_held_out = |i: usize| if in_order { i >= n - n / 5 } else { i % 5 == 4 };
    let part = |held_out: bool| {
        let chosen = samples.iter().enumerate().filter(|(i, _)| is_held_out(*i) == held_out);
        chosen.map(|(_, sample)| sample.clone()).collect()
    };
    (part(false), part(true))
}

/// Compares the outputs of both graphs on samples, after a calibration by `calibration_samples` others.
pub fn measure(
    real: &Graph,
    quantized: &Graph,
    samples: &[Vec<Tensor>],
    calibration_samples: usize,
) -> Result<Agreement, CompileError> {
    let (mut reference, mut oracle) = (Oracle::new(real), Oracle::new(quantized));
    let mut sums = vec![Sums::default(); real.outputs.len()];
    for sample in samples {
        let expected = reference.run(sample).map_err(CompileError::Calibrate)?;
        let found = oracle.run(&quantized_inputs(quantized, sample)?).map_err(CompileError::Calibrate)?;
        for ((sum, expected), found) in sums.iter_mut().zip(&expected).zip(&found) {
            // What is no real number is chosen from some, and equal or not.
            let values = |tensor| reals(tensor).unwrap_or_else(|| tensor.data.iter().map(|&b| f32::from(b)).collect());
            sum.add(&values(expected), &values(found));
        }
    }
    let output = |(sum, id): (&Sums, &sanderling_ir::ValueId)| sum.finish(&real.values[id.0].name, samples.len());
    Ok(Agreement {
        samples: samples.len(),
        held_out: samples.len() < calibration_samples,
        calibration_samples,
        outputs: sums.iter().zip(&real.outputs).map(output).collect(),
    })
}

#[derive(Clone, Default)]
struct Sums {
    elements: usize,
    same: usize,
    signal: f64,
    noise: f64,
    error: f64,
    max_error: f64,
}

impl Sums {
    fn add(&mut self, expected: &[f32], found: &[f32]) {
        self.elements += expected.len();
        self.same += usize::from(largest(expected) == largest(found));
        for (&x, &q) in expected.iter().zip(found) {
            let error = (f64::from(x) - f64::from(q)).abs();
            self.signal += f64::from(x).powi(2);
            self.noise += error.powi(2);
            self.error += error;
            self.max_error = self.max_error.max(error);
        }
    }

    fn finish(&self, name: &str, samples: usize) -> OutputAgreement {
        let db = 10.0 * (self.signal / self.noise).log10();
        OutputAgreement {
            name: name.to_string(),
            top_1: (self.elements > samples).then(|| self.same as f64 / samples.max(1) as f64),
            mean_error: self.error / self.elements.max(1) as f64,
            max_error: self.max_error,
            sqnr_db: db.is_finite().then_some(db),
        }
    }
}

/// The first index of the largest value.
fn largest(values: &[f32]) -> Option<usize> {
    (0..values.len()).rev().max_by(|&a, &b| values[a].total_cmp(&values[b]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passes::tests::{graph, random_inputs};

    #[test]
    fn a_fifth_of_twelve_is_held_out_and_nothing_of_nine() {
        let number =
            |i: i32| vec![Tensor::from_i32(sanderling_ir::TensorType::new(sanderling_ir::DType::I32, &[]), &[i])];
        let samples: Vec<_> = (0..12).map(number).collect();
        let numbers = |samples: &[Vec<Tensor>]| samples.iter().map(|s| s[0].as_i32()[0]).collect::<Vec<_>>();
        let (calibrate, held_out) = split(&samples, false);
        assert_eq!((calibrate.len(), numbers(&held_out)), (10, vec![4, 9]));
        let (calibrate, held_out) = split(&samples, true);
        assert_eq!((calibrate.len(), numbers(&held_out)), (10, vec![10, 11]));
        let (calibrate, compared) = split(&samples[..9], false);
        assert_eq!((calibrate.len(), compared.len()), (9, 9));
    }

    #[test]
    fn a_graph_agrees_with_itself_and_not_with_its_negative() {
        let same = graph("%x: f32[1x4]", "%y = unary neg(%x) : f32[1x4]\nreturn %y");
        let other = graph("%x: f32[1x4]", "%y = unary abs(%x) : f32[1x4]\nreturn %y");
        let samples: Vec<_> = (1..4).map(|seed| random_inputs(&same, seed)).collect();
        let equal = measure(&same, &same, &samples, 3).unwrap();
        assert_eq!((equal.outputs[0].top_1, equal.outputs[0].max_error, equal.held_out), (Some(1.0), 0.0, false));
        let differs = measure(&same, &other, &samples, 30).unwrap();
        assert!(differs.held_out && differs.outputs[0].mean_error > 0.0 && differs.outputs[0].sqnr_db.is_some());
    }
}
