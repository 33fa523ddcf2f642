//! All candidates over the same batches, epoch after epoch.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::candidate::{Candidate, settings};
use super::group::Group;
use super::hyperparameters::Hyperparameters;
use super::loss::BLOCK;
use super::rows::{Batch, Rows};
use crate::random::Random;

/// Products of fewer multiplications are done before other threads are awake.
const WORTHWHILE: usize = 1 << 18;

/// A training between two epochs.
#[derive(Serialize, Deserialize)]
pub struct State {
    pub epoch: usize,
    pub candidates: Vec<Candidate>,
    /// The least loss so far and the epoch in which it was reached.
    pub best: Option<(usize, f64)>,
}

impl State {
    pub fn new(hyper: &Hyperparameters, features: usize, seed: u64) -> State {
        let settings = settings(hyper).into_iter().enumerate();
        let candidate = |(index, setting)| {
            Candidate::new(hyper, setting, features, &mut Random::part(seed, 1 << 32 | index as u64))
        };
        State { epoch: 0, candidates: settings.map(candidate).collect(), best: None }
    }
}

/// One pass over the rows in an order that depends on seed and epoch; the mean loss of each candidate on the way.
pub fn epoch(hyper: &Hyperparameters, rows: &Rows, seed: u64, state: &mut State) -> Vec<f64> {
    let mut order: Vec<usize> = (0..rows.len()).collect();
    Random::part(seed, state.epoch as u64).shuffle(&mut order);
    let steps = (hyper.epochs * rows.len().div_ceil(hyper.mini_batch_size)) as u64;
    let size = Group::size(hyper);
    let mut groups: Vec<Group> = state.candidates.chunks(size).map(|own| Group::new(own, rows.stride())).collect();
    let mut batch = Batch::default();
    for chosen in order.chunks(hyper.mini_batch_size) {
        rows.fill(chosen, &mut batch);
        let step = |(group, own): (&mut Group, &mut [Candidate])| group.step(hyper, &batch, own, steps);
        if batch.x.len() * state.candidates.len() * hyper.outputs() < WORTHWHILE {
            groups.iter_mut().zip(state.candidates.chunks_mut(size)).for_each(step);
        } else {
            groups.par_iter_mut().zip(state.candidates.par_chunks_mut(size)).for_each(step);
        }
    }
    state.epoch += 1;
    means(&groups, rows)
}

/// The mean loss of each candidate.
pub fn losses(hyper: &Hyperparameters, rows: &Rows, candidates: &[Candidate]) -> Vec<f64> {
    judge(hyper, rows, candidates, |(): &mut (), _| ()).0
}

/// The mean loss of each binary classifier, and its scores of all rows.
pub fn scores(hyper: &Hyperparameters, rows: &Rows, candidates: &[Candidate]) -> (Vec<f64>, Vec<Vec<f32>>) {
    judge(hyper, rows, candidates, |all: &mut Vec<f32>, scores| all.extend_from_slice(scores))
}

/// Shows `see` what each candidate scores, block after block.
fn judge<T: Default + Send>(
    hyper: &Hyperparameters,
    rows: &Rows,
    candidates: &[Candidate],
    see: impl Fn(&mut T, &[f32]) + Sync,
) -> (Vec<f64>, Vec<T>) {
    let order: Vec<usize> = (0..rows.len()).collect();
    let judged = candidates.par_chunks(Group::size(hyper)).map(|own| {
        let mut group = Group::new(own, rows.stride());
        let mut seen: Vec<T> = own.iter().map(|_| T::default()).collect();
        let mut batch = Batch::default();
        for chosen in order.chunks(BLOCK) {
            rows.fill(chosen, &mut batch);
            group.judge(hyper, &batch, |candidate, scores| see(&mut seen[candidate], scores));
        }
        (group, seen)
    });
    let (groups, seen): (Vec<Group>, Vec<Vec<T>>) = judged.collect::<Vec<_>>().into_iter().unzip();
    (means(&groups, rows), seen.into_iter().flatten().collect())
}

fn means(groups: &[Group], rows: &Rows) -> Vec<f64> {
    let total: f64 = rows.weights.iter().map(|&weight| f64::from(weight)).sum();
    groups.iter().flat_map(|group| &group.losses).map(|loss| loss / total).collect()
}
