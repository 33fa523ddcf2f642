//! What quantization cost: the signal to noise ratio of each value.

use std::collections::BTreeMap;

use sanderling_ir::{DType, Graph, Tensor, TensorType, ValueId};
use sanderling_oracle::{Oracle, evaluate};

use crate::CompileError;

/// `10 log10(sum x^2 / sum (x - q)^2)` over the samples, for each value of the quantized graph whose name the real one
/// has too. Values without any noise are not in it.
pub fn sqnr(real: &Graph, quantized: &Graph, samples: &[Vec<Tensor>]) -> Result<BTreeMap<String, f64>, CompileError> {
    let (mut reference, mut oracle) = (Oracle::new(real), Oracle::new(quantized));
    let mut sums: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
    for sample in samples {
        let mut expected: BTreeMap<&str, Vec<f32>> = BTreeMap::new();
        let mut keep = |id: ValueId, tensor: &Tensor| {
            if tensor.ty.dtype == DType::F32 {
                expected.insert(&real.values[id.0].name, tensor.as_f32());
            }
        };
        reference.run_observed(sample, &mut keep).map_err(CompileError::Calibrate)?;
        let inputs = inputs(quantized, sample)?;
        let mut compare = |id: ValueId, tensor: &Tensor| {
            let name = quantized.values[id.0].name.as_str();
            let (Some(x), Some(q)) = (expected.get(name), reals(tensor)) else { return };
            if x.len() == q.len() {
                let (signal, noise) = sums.entry(name).or_default();
                for (x, q) in x.iter().zip(&q) {
                    *signal += f64::from(*x).powi(2);
                    *noise += (f64::from(*x) - f64::from(*q)).powi(2);
                }
            }
        };
        oracle.run_observed(&inputs, &mut compare).map_err(CompileError::Calibrate)?;
    }
    let ratio = |(name, (signal, noise)): (&str, (f64, f64))| {
        let db = 10.0 * (signal / noise).log10();
        db.is_finite().then(|| (name.to_string(), db))
    };
    Ok(sums.into_iter().filter_map(ratio).collect())
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
