//! Samples for post-training quantization, from a `.npz` or from the training.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use clap::ValueEnum;
use sanderling_compile::Calibration;
use sanderling_compile::quantize::Method;
use sanderling_format::Element;
use sanderling_host::{Array, read_npz};
use sanderling_ir::{DType, Graph, Module, Tensor, TensorType};

/// What a model is quantized to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Precision {
    /// 8-bit activations and weights, a scale for each output channel of the weights
    Int8,
}

/// How the range of a value follows from the samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum MethodArg {
    /// Every value is inside
    MinMax,
    /// 99.99 % of the values are inside
    Percentile,
    /// The squared error is least
    Mse,
    /// The distribution changes least
    Entropy,
}

impl From<MethodArg> for Method {
    fn from(method: MethodArg) -> Method {
        match method {
            MethodArg::MinMax => Method::MinMax,
            MethodArg::Percentile => Method::Percentile,
            MethodArg::Mse => Method::Mse,
            MethodArg::Entropy => Method::Entropy,
        }
    }
}

/// Post-training quantization
#[derive(clap::Args)]
#[command(next_help_heading = "Post-training quantization")]
pub struct Args {
    /// Quantize a real model by the samples of --calibrate, or by those of its training that a model folder keeps
    #[arg(long, value_enum)]
    quantize: Option<Precision>,
    /// Arrays by input name, samples along their first dimension; a model with one input takes the only array
    #[arg(long, value_name = "DATA.npz", requires = "quantize")]
    calibrate: Option<PathBuf>,
    /// How the range of a value follows from the samples
    #[arg(long, value_enum, value_name = "METHOD", default_value = "mse", requires = "quantize")]
    calibration_method: MethodArg,
    /// Use no more than the first N samples
    #[arg(long, value_name = "N", requires = "quantize")]
    samples: Option<usize>,
}

impl Args {
    /// The samples for a model, if it is to be quantized; `kept` are those of its training.
    pub fn calibration(&self, module: &Module, kept: Vec<Vec<Tensor>>) -> Result<Option<Calibration>> {
        let Some(Precision::Int8) = self.quantize else { return Ok(None) };
        let most = self.samples.unwrap_or(usize::MAX);
        let samples = if let Some(path) = &self.calibrate {
            let graph = module.function("main").context("the model has no function `main`")?;
            samples(graph, &read_npz(path)?, most).with_context(|| shown(path))?
        } else {
            ensure!(!kept.is_empty(), "--quantize needs samples of what the model will see: --calibrate DATA.npz");
            ensure!(most > 0, "--samples 0 leaves nothing to calibrate by");
            kept.into_iter().take(most).collect()
        };
        Ok(Some(Calibration { method: self.calibration_method.into(), samples }))
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// The inputs of each sample, in the order of the graph.
fn samples(graph: &Graph, arrays: &[Array], most: usize) -> Result<Vec<Vec<Tensor>>> {
    let mut rows: Vec<Vec<Tensor>> = Vec::new();
    let inputs = graph.inputs.iter().map(|&id| &graph.values[id.0]);
    for (index, input) in inputs.enumerate() {
        let array = find(arrays, &input.name, graph.inputs.len())?;
        let count = count(array, &input.name, &input.ty)?;
        let used = count.min(most);
        ensure!(used > 0, "array {} has no samples", array.name);
        if index == 0 {
            rows.resize(used, Vec::new());
        }
        ensure!(used == rows.len(), "array {} has {count} samples, those before it {}", array.name, rows.len());
        for (row, data) in rows.iter_mut().zip(array.data.chunks_exact(input.ty.bytes())) {
            row.push(Tensor { ty: input.ty.clone(), data: data.to_vec() });
        }
    }
    Ok(rows)
}

/// The array for an input: the one with its name, or the only one for the only input.
fn find<'a>(arrays: &'a [Array], name: &str, inputs: usize) -> Result<&'a Array> {
    match arrays {
        [only] if inputs == 1 => Ok(only),
        _ => arrays.iter().find(|a| a.name == name).with_context(|| {
            let found: Vec<&str> = arrays.iter().map(|a| a.name.as_str()).collect();
            format!("there is no array {name}, only {}", found.join(", "))
        }),
    }
}

/// The number of samples in an array: of its first dimension, before or in place of the input's leading 1.
fn count(array: &Array, input: &str, ty: &TensorType) -> Result<usize> {
    let rest = array.shape.split_first().filter(|_| dtype(array.element) == ty.dtype && ty.bytes() > 0);
    match (rest, ty.shape.split_first()) {
        (Some((&n, rest)), Some((1, own))) if rest == own => Ok(n),
        (Some((&n, rest)), _) if rest == ty.shape => Ok(n),
        _ => {
            let dims = |shape: &[usize]| shape.iter().map(|d| format!(", {d}")).collect::<String>();
            let own = if ty.shape.first() == Some(&1) { &ty.shape[1..] } else { &ty.shape[..] };
            let expected = format!("{}[samples{}]", numpy_name(ty.dtype), dims(own));
            let name = if array.name.is_empty() { input } else { &array.name };
            bail!("array {name} is {}, input {input} takes {expected}", array.describe())
        }
    }
}

fn dtype(element: Element) -> DType {
    match element {
        Element::I8 => DType::I8,
        Element::U8 => DType::U8,
        Element::I16 => DType::I16,
        Element::I32 => DType::I32,
        Element::I64 => DType::I64,
        Element::F16 => DType::F16,
        Element::F32 => DType::F32,
        Element::Bool => DType::Bool,
    }
}

fn numpy_name(dtype: DType) -> &'static str {
    let elements = [Element::I8, Element::U8, Element::I16, Element::I32, Element::I64, Element::F16, Element::F32];
    let found = elements.into_iter().find(|&e| self::dtype(e) == dtype);
    found.map_or("bool", sanderling_host::numpy_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph() -> Graph {
        let mut graph = Graph::new("main");
        let x = graph.input("x", TensorType::new(DType::F32, &[1, 2]));
        graph.outputs.push(x);
        graph
    }

    fn array(name: &str, element: Element, shape: &[usize]) -> Array {
        let bytes = shape.iter().product::<usize>() * element.bytes() as usize;
        Array { name: name.to_string(), element, shape: shape.to_vec(), data: vec![0; bytes] }
    }

    #[test]
    fn samples_lie_along_the_first_dimension() {
        for shape in [&[3, 2][..], &[3, 1, 2]] {
            let rows = samples(&graph(), &[array("any", Element::F32, shape)], usize::MAX).unwrap();
            assert_eq!((rows.len(), rows[0].len(), rows[0][0].data.len()), (3, 1, 8));
        }
        assert_eq!(samples(&graph(), &[array("x", Element::F32, &[3, 2])], 2).unwrap().len(), 2);
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let fail = |arrays: &[Array]| samples(&graph(), arrays, 9).unwrap_err().to_string();
        assert_eq!(
            fail(&[array("x", Element::I8, &[3, 2])]),
            "array x is int8[3, 2], input x takes float32[samples, 2]"
        );
        assert_eq!(
            fail(&[array("y", Element::F32, &[3, 4])]),
            "array y is float32[3, 4], input x takes float32[samples, 2]"
        );
        let two = [array("a", Element::F32, &[3, 2]), array("b", Element::F32, &[3, 2])];
        assert_eq!(fail(&two), "there is no array x, only a, b");
        assert_eq!(fail(&[array("x", Element::F32, &[0, 2])]), "array x has no samples");
    }
}
