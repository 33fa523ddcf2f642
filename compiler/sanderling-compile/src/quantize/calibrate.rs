//! Ranges of values, from runs of the oracle on samples.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use rayon::prelude::*;
use sanderling_ir::{DType, Graph, Tensor, ValueId};

use super::effective::Effective;
use super::histogram::Histogram;
use super::runs::{self, Counter, Progress};
use super::{Range, entropy, min_max, mse, percentile};
use crate::CompileError;

/// How a range follows from the values seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Method {
    /// Every value is inside.
    MinMax,
    /// 99.99 % of the values are inside.
    Percentile,
    /// The squared error is least.
    #[default]
    Mse,
    /// The distribution changes least.
    Entropy,
}

impl Method {
    /// All methods, by name.
    pub const ALL: [(&'static str, Method); 4] = [
        ("min-max", Method::MinMax),
        ("percentile", Method::Percentile),
        ("mse", Method::Mse),
        ("entropy", Method::Entropy),
    ];
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Method::ALL.iter().find(|(_, method)| method == self).map_or("", |(name, _)| *name);
        f.write_str(name)
    }
}

impl FromStr for Method {
    type Err = String;

    fn from_str(name: &str) -> Result<Method, String> {
        let names = Method::ALL.map(|(name, _)| name).join(", ");
        let found = Method::ALL.iter().find(|(known, _)| *known == name).map(|(_, method)| *method);
        found.ok_or_else(|| format!("{name} is none of {names}"))
    }
}

/// The range of each value that has real numbers and was seen.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Ranges {
    of_value: Vec<Option<Range>>,
}

impl Ranges {
    /// The range of a value.
    pub fn get(&self, id: ValueId) -> Option<Range> {
        self.of_value.get(id.0).copied().flatten()
    }

    /// Sets the range of a value.
    pub fn set(&mut self, id: ValueId, range: Range) {
        if self.of_value.len() <= id.0 {
            self.of_value.resize(id.0 + 1, None);
        }
        self.of_value[id.0] = Some(range);
    }
}

/// Runs a real graph over samples, from fresh states for all of them together, and settles the ranges of its values.
pub fn calibrate(graph: &Graph, samples: &[Vec<Tensor>], method: Method) -> Result<Ranges, CompileError> {
    let progress = Progress::default();
    calibrate_counted(graph, samples, method, &progress.counter(passes(method) * samples.len()))
}

/// How often [`calibrate`] runs each sample.
pub(crate) fn passes(method: Method) -> usize {
    if method == Method::MinMax { 1 } else { 2 }
}

/// As [`calibrate`], counting the runs.
pub(crate) fn calibrate_counted(
    graph: &Graph,
    samples: &[Vec<Tensor>],
    method: Method,
    counter: &Counter,
) -> Result<Ranges, CompileError> {
    if samples.is_empty() {
        return Err(CompileError::NoSamples);
    }
    let mut ranges = extremes(graph, samples, counter)?;
    if method != Method::MinMax {
        let range = |histogram: &Histogram| match method {
            Method::MinMax => histogram.range,
            Method::Percentile => percentile::range(histogram, percentile::KEPT),
            Method::Mse => mse::range(histogram),
            Method::Entropy => entropy::range(histogram),
        };
        let mut histograms = histograms(graph, samples, &ranges, counter)?;
        // What comes from outside is as it is: sensors and pixels have bounds that mean something.
        graph.inputs.iter().for_each(|id| histograms[id.0] = None);
        let found: Vec<Option<Range>> = histograms.par_iter().map(|h| h.as_ref().map(range)).collect();
        ranges.iter_mut().zip(found).for_each(|(range, found)| *range = found.or(*range));
    }
    Ok(Ranges { of_value: ranges })
}

/// The smallest range of each real value that holds all that was seen and counts.
fn extremes(graph: &Graph, samples: &[Vec<Tensor>], counter: &Counter) -> Result<Vec<Option<Range>>, CompileError> {
    let new = || vec![None; graph.values.len()];
    let see = |seen: &mut Vec<Option<Range>>, id: ValueId, values: &[f32]| {
        seen[id.0] = min_max::widen(seen[id.0], values);
    };
    let both = |pair| match pair {
        (Some(a), Some(b)) => Some(Range::union(a, b)),
        (a, b) => a.or(b),
    };
    let merge = |a: Vec<_>, b: Vec<_>| a.into_iter().zip(b).map(both).collect();
    observe(graph, samples, counter, new, see, merge)
}

/// How the real values that count are spread over their ranges.
fn histograms(
    graph: &Graph,
    samples: &[Vec<Tensor>],
    ranges: &[Option<Range>],
    counter: &Counter,
) -> Result<Vec<Option<Histogram>>, CompileError> {
    let new = || ranges.iter().map(|range| range.map(Histogram::new)).collect::<Vec<_>>();
    let see = |histograms: &mut Vec<Option<Histogram>>, id: ValueId, values: &[f32]| {
        if let Some(histogram) = &mut histograms[id.0] {
            histogram.add(values);
        }
    };
    let merge = |mut a: Vec<Option<Histogram>>, b: Vec<Option<Histogram>>| {
        for (a, b) in a.iter_mut().flatten().zip(b.iter().flatten()) {
            a.merge(b);
        }
        a
    };
    observe(graph, samples, counter, new, see, merge)
}

/// As [`runs::observe`], on the elements of real values that count.
fn observe<A: Send>(
    graph: &Graph,
    samples: &[Vec<Tensor>],
    counter: &Counter,
    new: impl Fn() -> A + Sync,
    see: impl Fn(&mut A, ValueId, &[f32]) + Sync,
    merge: impl Fn(A, A) -> A + Sync,
) -> Result<A, CompileError> {
    let effective = Effective::new(graph);
    let is_addend: Vec<bool> = (0..graph.values.len()).map(|i| effective.is_addend(ValueId(i))).collect();
    // Sums are looked at once both of their values are there.
    let take = |(seen, addends): &mut (A, BTreeMap<ValueId, Vec<f32>>), id: ValueId, tensor: &Tensor| {
        // Runs begin with the inputs.
        if graph.inputs.first() == Some(&id) {
            addends.clear();
        }
        if tensor.ty.dtype != DType::F32 {
            return;
        }
        let values = effective.of(id, tensor.as_f32());
        if !is_addend[id.0] {
            return see(seen, id, &values);
        }
        if effective.addend(id).is_none() {
            see(seen, id, &values);
        }
        for (&other, others) in addends.iter() {
            if effective.addend(id) == Some(other) {
                see(seen, id, &effective.raised(id, &values, others));
            }
            if effective.addend(other) == Some(id) {
                see(seen, other, &effective.raised(other, others, &values));
            }
        }
        addends.insert(id, values);
    };
    let new = || (new(), BTreeMap::new());
    runs::observe(graph, samples, counter, new, take, |a, b| (merge(a.0, b.0), BTreeMap::new())).map(|(seen, _)| seen)
}
