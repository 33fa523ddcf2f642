//! What quantization cost: the signal to noise ratio of each value.

use std::collections::BTreeMap;

use sanderling_ir::{DType, Graph, Tensor, TensorType, ValueId};
use sanderling_oracle::{Oracle, evaluate};

use super::effective::Effective;
use super::runs::{self, Counter, Progress};
use crate::CompileError;

/// `10 log10(sum x^2 / sum (x - q)^2)` over the samples, for each value of the quantized graph whose name the real one
/// has too. Values without any noise are not in it. Of each value only what counts
/// for its reader is compared.
pub fn sqnr(real: &Graph, quantized: &Graph, samples: &[Vec<Tensor>]) -> Result<BTreeMap<String, f64>, CompileError> {
    sqnr_counted(real, quantized, samples, &Progress::default().counter(samples.len()))
}

/// As [`sqnr`], counting the runs.
pub(crate) fn sqnr_counted(
    real: &Graph,
    quantized: &Graph,
    samples: &[Vec<Tensor>],
    counter: &Counter,
) -> Result<BTreeMap<String, f64>, CompileError> {
    let powers = runs::each([real, quantized], samples, counter, |_, oracles, sample| {
        powers([real, quantized], oracles, sample)
    })?;
    let mut sums: BTreeMap<&str, Power> = BTreeMap::new();
    for (name, power) in powers.into_iter().flatten() {
        let sum = sums.entry(name).or_default();
        *sum = Power { signal: sum.signal + power.signal, noise: sum.noise + power.noise };
    }
    let ratio = |(name, power): (&str, Power)| {
        let db = 10.0 * libm::log10(power.signal / power.noise);
        db.is_finite().then(|| (name.to_string(), db))
    };
    Ok(sums.into_iter().filter_map(ratio).collect())
}

/// The sum of squares of a value, and of what quantization adds to it.
#[derive(Clone, Copy, Default)]
struct Power {
    signal: f64,
    noise: f64,
}

/// The powers of each value of the quantized graph that has a twin in the real one, for one sample.
fn powers<'q>(
    [real, quantized]: [&'q Graph; 2],
    [reference, oracle]: &mut [Oracle; 2],
    sample: &[Tensor],
) -> Result<Vec<(&'q str, Power)>, CompileError> {
    let mut expected: BTreeMap<&str, Vec<f32>> = BTreeMap::new();
    let effective = Effective::new(real);
    let mut keep = |id: ValueId, tensor: &Tensor| {
        if tensor.ty.dtype == DType::F32 {
            expected.insert(&real.values[id.0].name, effective.of(id, tensor.as_f32()));
        }
    };
    reference.run_observed(sample, &mut keep).map_err(CompileError::Calibrate)?;
    let floors = floors(real, &effective, &expected);
    let mut found = Vec::new();
    let effective = Effective::new(quantized);
    let mut compare = |id: ValueId, tensor: &Tensor| {
        let name = quantized.values[id.0].name.as_str();
        let (Some(exact), Some(values)) = (expected.get(name), reals(tensor)) else { return };
        if exact.len() == values.len() {
            found.push((name, power(exact, &effective.of(id, values), floors.get(name))));
        }
    };
    oracle.run_observed(&inputs(quantized, sample)?, &mut compare).map_err(CompileError::Calibrate)?;
    Ok(found)
}

/// By name, the elements of values below which nothing of them counts.
fn floors<'g>(
    real: &'g Graph,
    effective: &Effective,
    values: &BTreeMap<&str, Vec<f32>>,
) -> BTreeMap<&'g str, Vec<f32>> {
    let floor = |i: usize| {
        let of = |id: ValueId| values.get(real.values[id.0].name.as_str());
        let (own, other) = (of(ValueId(i))?, of(effective.addend(ValueId(i))?)?);
        let raised = effective.raised(ValueId(i), own, other).into_iter().zip(own);
        let floor = raised.map(|(raised, &own)| if raised > own { raised } else { f32::NEG_INFINITY });
        Some((real.values[i].name.as_str(), floor.collect()))
    };
    (0..real.values.len()).filter_map(floor).collect()
}

/// The powers of a value whose elements count from `floor` on.
fn power(exact: &[f32], quantized: &[f32], floor: Option<&Vec<f32>>) -> Power {
    let mut power = Power::default();
    for (i, (&x, &q)) in exact.iter().zip(quantized).enumerate() {
        let floor = floor.and_then(|floor| floor.get(i)).copied().unwrap_or(f32::NEG_INFINITY);
        let (x, q) = (f64::from(x.max(floor)), f64::from(q.max(floor)));
        power.signal += x * x;
        power.noise += (x - q) * (x - q);
    }
    power
}

/// Real samples in the quantization of a graph's inputs.
pub fn inputs(graph: &Graph, sample: &[Tensor]) -> Result<Vec<Tensor>, CompileError> {
    let convert = |(&id, tensor): (&ValueId, &Tensor)| {
        let ty = graph.ty(id);
        if ty.dtype == tensor.ty.dtype {
            return Ok(tensor.clone());
        }
        let op = sanderling_ir::Op::Quantize { dtype: ty.dtype };
        let mut stored = evaluate(&op, &[tensor], std::slice::from_ref(ty)).map_err(CompileError::Calibrate)?;
        Ok(stored.remove(0))
    };
    graph.inputs.iter().zip(sample).map(convert).collect()
}

/// The real numbers that a tensor stands for.
pub fn reals(tensor: &Tensor) -> Option<Vec<f32>> {
    if tensor.ty.dtype == DType::F32 {
        return Some(tensor.as_f32());
    }
    tensor.ty.quant.as_ref()?;
    let ty = TensorType::new(DType::F32, &tensor.ty.shape);
    let real = evaluate(&sanderling_ir::Op::Dequantize, &[tensor], &[ty]).ok()?;
    Some(real[0].as_f32())
}
