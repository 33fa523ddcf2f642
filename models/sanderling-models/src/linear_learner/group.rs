//! A few candidates side by side: one product of their weights with a block of rows, one of the derivatives with it.

use ndarray::{ArrayView2, ArrayViewMut2, linalg::general_mat_mul};

use super::candidate::Candidate;
use super::hyperparameters::Hyperparameters;
use super::loss::{BLOCK, differentiate};
use super::rows::Batch;

/// So many rows of weights are enough for a product of matrices.
const WIDE: usize = 8;
/// Below so many, products row by row are faster.
const NARROW: usize = 4;

/// The weights of some candidates as rows of one matrix, and what comes of them.
pub struct Group {
    outputs: usize,
    features: usize,
    stride: usize,
    weights: Vec<f32>,
    biases: Vec<f32>,
    by_weights: Vec<f32>,
    by_biases: Vec<f32>,
    /// A row of scores, or of derivatives by them, for each row of weights.
    scores: Vec<f32>,
    /// The sum of each candidate's losses.
    pub losses: Vec<f64>,
}

impl Group {
    /// How many candidates share a group.
    pub fn size(hyper: &Hyperparameters) -> usize {
        (WIDE / hyper.outputs()).max(1)
    }

    /// For rows that are `stride` values long.
    pub fn new(candidates: &[Candidate], stride: usize) -> Group {
        let outputs = candidates[0].biases.len();
        let planes = outputs * candidates.len();
        let mut group = Group {
            outputs,
            features: candidates[0].weights.len() / outputs,
            stride,
            weights: vec![0.0; planes * stride],
            biases: vec![0.0; planes],
            by_weights: vec![0.0; planes * stride],
            by_biases: vec![0.0; planes],
            scores: vec![0.0; planes * BLOCK],
            losses: vec![0.0; candidates.len()],
        };
        group.load(candidates);
        group
    }

    /// One step of each candidate: against the derivatives of the mean loss of a batch.
    pub fn step(&mut self, hyper: &Hyperparameters, batch: &Batch, candidates: &mut [Candidate], steps: u64) {
        self.by_weights.fill(0.0);
        self.by_biases.fill(0.0);
        for (x, labels, weights) in blocks(batch, self.stride) {
            self.score(x);
            self.differentiate(hyper, labels, weights);
            self.add_derivatives(x);
        }
        let mean = 1.0 / batch.weights.iter().sum::<f32>();
        let all = self.by_weights.iter_mut().chain(&mut self.by_biases);
        all.for_each(|derivative| *derivative *= mean);
        let by_weights = self.by_weights.chunks(self.outputs * self.stride);
        for ((candidate, by_weights), by_biases) in
            candidates.iter_mut().zip(by_weights).zip(self.by_biases.chunks(self.outputs))
        {
            candidate.step(hyper, by_weights.chunks(self.stride), by_biases, steps);
        }
        self.load(candidates);
    }

    /// Adds to the losses; `see` gets a candidate's number and its scores of a block, a plane for each output.
    pub fn judge(&mut self, hyper: &Hyperparameters, batch: &Batch, mut see: impl FnMut(usize, &[f32])) {
        for (x, labels, weights) in blocks(batch, self.stride) {
            self.score(x);
            let scores = self.scores[..self.biases.len() * labels.len()].chunks(self.outputs * labels.len());
            scores.enumerate().for_each(|(candidate, scores)| see(candidate, scores));
            self.differentiate(hyper, labels, weights);
        }
    }

    fn load(&mut self, candidates: &[Candidate]) {
        let rows = candidates.iter().flat_map(|candidate| candidate.weights.chunks(self.features));
        for (to, from) in self.weights.chunks_mut(self.stride).zip(rows) {
            to[..self.features].copy_from_slice(from);
        }
        let biases = candidates.iter().flat_map(|candidate| &candidate.biases);
        self.biases.iter_mut().zip(biases).for_each(|(to, from)| *to = *from);
    }

    /// `scores = weights x^T + biases`
    fn score(&mut self, x: &[f32]) {
        let rows = x.len() / self.stride;
        let planes = self.biases.len();
        let scores = &mut self.scores[..planes * rows];
        for (plane, bias) in scores.chunks_mut(rows).zip(&self.biases) {
            plane.fill(*bias);
        }
        if planes < NARROW {
            for (plane, weights) in scores.chunks_mut(rows).zip(self.weights.chunks(self.stride)) {
                let each = plane.iter_mut().zip(x.chunks_exact(self.stride));
                each.for_each(|(score, x)| *score += dot(weights, x));
            }
        } else {
            let weights = matrix(&self.weights, planes, self.stride);
            let x = matrix(x, rows, self.stride);
            general_mat_mul(1.0, &weights, &x.t(), 1.0, &mut matrix_mut(scores, planes, rows));
        }
    }

    fn differentiate(&mut self, hyper: &Hyperparameters, labels: &[f32], weights: &[f32]) {
        let scores = &mut self.scores[..self.biases.len() * labels.len()];
        for (scores, loss) in scores.chunks_mut(self.outputs * labels.len()).zip(&mut self.losses) {
            *loss += differentiate(hyper, scores, labels, weights);
        }
    }

    /// `by_weights += derivatives x`, and their sums to `by_biases`
    fn add_derivatives(&mut self, x: &[f32]) {
        let rows = x.len() / self.stride;
        let planes = self.biases.len();
        let derivatives = &self.scores[..planes * rows];
        for (sum, plane) in self.by_biases.iter_mut().zip(derivatives.chunks(rows)) {
            *sum += plane.iter().sum::<f32>();
        }
        if planes < NARROW {
            for (sums, plane) in self.by_weights.chunks_mut(self.stride).zip(derivatives.chunks(rows)) {
                for (x, derivative) in x.chunks_exact(self.stride).zip(plane) {
                    sums.iter_mut().zip(x).for_each(|(sum, x)| *sum += derivative * x);
                }
            }
        } else {
            let by_weights = &mut matrix_mut(&mut self.by_weights, planes, self.stride);
            general_mat_mul(1.0, &matrix(derivatives, planes, rows), &matrix(x, rows, self.stride), 1.0, by_weights);
        }
    }
}

/// Features, labels and weights of up to [`BLOCK`] rows.
fn blocks(batch: &Batch, stride: usize) -> impl Iterator<Item = (&[f32], &[f32], &[f32])> {
    let parts = batch.x.chunks(BLOCK * stride).zip(batch.labels.chunks(BLOCK)).zip(batch.weights.chunks(BLOCK));
    parts.map(|((x, labels), weights)| (x, labels, weights))
}

/// Of as many values as a multiple of the lanes.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0; 8];
    for (a, b) in a.as_chunks::<8>().0.iter().zip(b.as_chunks::<8>().0) {
        lanes.iter_mut().zip(a).zip(b).for_each(|((lane, a), b)| *lane += a * b);
    }
    lanes.iter().sum()
}

fn matrix(values: &[f32], rows: usize, columns: usize) -> ArrayView2<'_, f32> {
    ArrayView2::from_shape((rows, columns), values).expect("as many values as rows times columns")
}

fn matrix_mut(values: &mut [f32], rows: usize, columns: usize) -> ArrayViewMut2<'_, f32> {
    ArrayViewMut2::from_shape((rows, columns), values).expect("as many values as rows times columns")
}
