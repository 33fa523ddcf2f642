//! Ranges of values, from runs of the oracle on samples.

use std::fmt;
use std::str::FromStr;

use sanderling_ir::{DType, Graph, Tensor, ValueId};
use sanderling_oracle::Oracle;

use super::histogram::Histogram;
use super::{Range, entropy, min_max, mse, percentile};
use crate::CompileError;

/// How a range follows from the values seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Method {
    /// Every value is inside.
    #[default]
    MinMax,
    /// 99.99 % of the values are inside.
    Percentile,
    /// The squared error is least.
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
    if samples.is_empty() {
        return Err(CompileError::NoSamples);
    }
    let mut seen: Vec<Option<Range>> = vec![None; graph.values.len()];
    observe(graph, samples, &mut |id, values| seen[id.0] = min_max::widen(seen[id.0], values))?;
    if method == Method::MinMax {
        return Ok(Ranges { of_value: seen });
    }
    let mut histograms: Vec<Option<Histogram>> = seen.iter().map(|range| range.map(Histogram::new)).collect();
    observe(graph, samples, &mut |id, values| {
        if let Some(histogram) = &mut histograms[id.0] {
            histogram.add(values);
        }
    })?;
    let range = |histogram: &Histogram| match method {
        Method::MinMax => histogram.range,
        Method::Percentile => percentile::range(histogram, percentile::KEPT),
        Method::Mse => mse::range(histogram),
        Method::Entropy => entropy::range(histogram),
    };
    Ok(Ranges { of_value: histograms.iter().map(|h| h.as_ref().map(range)).collect() })
}

/// Shows every real value of every run.
fn observe(graph: &Graph, samples: &[Vec<Tensor>], see: &mut dyn FnMut(ValueId, &[f32])) -> Result<(), CompileError> {
    let mut oracle = Oracle::new(graph);
    for sample in samples {
        let mut each = |id: ValueId, tensor: &Tensor| {
            if tensor.ty.dtype == DType::F32 {
                see(id, &tensor.as_f32());
            }
        };
        oracle.run_observed(sample, &mut each).map_err(CompileError::Calibrate)?;
    }
    // A state starts as zeros and then is what its next value was.
    Ok(())
}
