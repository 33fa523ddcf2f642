//! The models that tables measure, with real inputs.

use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context, Result, ensure};
use sanderling_host::{Array, read_npz};
use serde::Deserialize;

use super::forest;
use crate::process;

/// More rows would only make the comparison of the outputs longer.
const ROWS_MAX: usize = 16;

/// A model file and its inputs.
pub struct Case {
    pub name: String,
    pub model: PathBuf,
    source: Source,
}

enum Source {
    /// The folder of a model of the public data, with `meta.json` and `io.npz`.
    Data(PathBuf),
    /// A `.npz` whose array of this name has a row a sample.
    Rows(PathBuf, &'static str),
    /// The folder of a forest of the public data, whose array `X` has a row a sample, and how many rows a run takes.
    Forest(PathBuf, usize),
}

#[derive(Deserialize)]
struct Meta {
    file: String,
    inputs: Vec<Port>,
}

#[derive(Deserialize)]
struct Port {
    name: String,
    shape: Vec<usize>,
}

impl Case {
    /// Is it an ONNX file? If not, it is a TFLite one.
    pub fn is_onnx(&self) -> bool {
        self.model.extension().is_some_and(|extension| extension == "onnx")
    }

    /// The shape of each input, for the command line: files may leave it open.
    pub fn shapes(&self) -> Result<Vec<String>> {
        if let Source::Forest(folder, batch) = &self.source {
            return Ok(vec![format!("{}={batch}x{}", forest::INPUT, forest::features(folder)?)]);
        }
        let Source::Data(folder) = &self.source else { return Ok(Vec::new()) };
        if !self.is_onnx() {
            return Ok(Vec::new());
        }
        let fixed = |port: &Port| {
            let dims: Vec<String> = port.shape.iter().map(usize::to_string).collect();
            format!("{}={}", port.name, dims.join("x"))
        };
        // A number without dimensions has nothing to fix.
        Ok(meta(folder)?.inputs.iter().filter(|port| !port.shape.is_empty()).map(fixed).collect())
    }

    /// An array for each input, in the model's order, with a leading dimension of rows.
    pub fn inputs(&self) -> Result<Vec<Array>> {
        match &self.source {
            Source::Data(folder) => {
                let arrays = read_npz(&folder.join("io.npz"))?;
                let inputs = stacked(&meta(folder)?.inputs, &arrays);
                inputs.with_context(|| format!("{}: no sample has the inputs of meta.json", folder.display()))
            }
            Source::Rows(path, name) => {
                let arrays = read_npz(path)?;
                let mut array = arrays.into_iter().find(|a| a.name == *name).context("no such array")?;
                ensure!(!array.shape.is_empty(), "{} has no rows", path.display());
                let rows = array.shape[0].min(ROWS_MAX);
                array.data.truncate(array.data.len() / array.shape[0].max(1) * rows);
                array.shape[0] = rows;
                Ok(vec![array])
            }
            Source::Forest(folder, batch) => Ok(vec![forest::rows(folder, *batch)?]),
        }
    }

    /// A forest of the public data, run on so many rows at once.
    pub fn forest(folder: &Path, file: &str, batch: usize) -> Case {
        let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Case { name, model: folder.join(file), source: Source::Forest(folder.to_owned(), batch) }
    }
}

/// The four int8 models of MLPerf Tiny; without the public data only the one that the repository ships.
pub fn mlperf_tiny() -> Vec<Case> {
    let others = ["ic", "vww", "ad"].into_iter().filter_map(|name| match data() {
        Some(data) => in_folder(&data.join(format!("models/tflite/mlperf_{name}_int8"))).ok().map(|c| named(c, name)),
        None => {
            eprintln!("skipped: {name} (SANDERLING_DATA is not set)");
            None
        }
    });
    [kws()].into_iter().chain(others).collect()
}

/// Every TFLite and ONNX model of the public data, or the one that the repository ships.
pub fn all() -> Result<Vec<Case>> {
    let Some(data) = data() else {
        eprintln!("skipped: the public models (SANDERLING_DATA is not set)");
        return Ok(vec![kws()]);
    };
    let mut cases = Vec::new();
    for kind in ["onnx", "tflite"] {
        let folder = data.join("models").join(kind);
        let entries = fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))?;
        for entry in entries {
            cases.push(in_folder(&entry?.path())?);
        }
    }
    // The order of a folder differs between machines.
    cases.sort_by(|a, b| (a.is_onnx(), &a.name).cmp(&(b.is_onnx(), &b.name)));
    Ok(cases)
}

/// The public data, if they are here.
pub fn data() -> Option<PathBuf> {
    env::var_os("SANDERLING_DATA").map(PathBuf::from)
}

/// The model that the repository ships.
pub fn kws() -> Case {
    let folder = process::root().join("examples/models/kws");
    let source = Source::Rows(folder.join("inputs.npz"), "input_1");
    Case { name: "kws".to_owned(), model: folder.join("model.tflite"), source }
}

fn named(case: Case, name: &str) -> Case {
    Case { name: name.to_owned(), ..case }
}

fn in_folder(folder: &Path) -> Result<Case> {
    let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(Case { name, model: folder.join(meta(folder)?.file), source: Source::Data(folder.to_owned()) })
}

fn meta(folder: &Path) -> Result<Meta> {
    let path = folder.join("meta.json");
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| path.display().to_string())
}

/// The samples `s0_in0`, `s0_in1`, `s1_in0`, ... that have the ports' shapes; others are for other shapes of the model.
fn stacked(ports: &[Port], arrays: &[Array]) -> Option<Vec<Array>> {
    let find = |sample: usize, input: usize| arrays.iter().find(|a| a.name == format!("s{sample}_in{input}"));
    let samples: Vec<Vec<&Array>> = (0..)
        .map_while(|sample| (0..ports.len()).map(|input| find(sample, input)).collect::<Option<Vec<_>>>())
        .filter(|sample| sample.iter().zip(ports).all(|(array, port)| has_shape(array, &port.shape)))
        .take(ROWS_MAX)
        .collect();
    let first = samples.first()?;
    let inputs = ports.iter().enumerate().map(|(index, port)| Array {
        name: port.name.clone(),
        element: first[index].element,
        shape: [&[samples.len()], &port.shape[..]].concat(),
        data: samples.iter().flat_map(|sample| sample[index].data.iter().copied()).collect(),
    });
    Some(inputs.collect())
}

/// Numbers without dimensions may be stored with one.
fn has_shape(array: &Array, shape: &[usize]) -> bool {
    array.shape == shape || (shape.is_empty() && array.shape == [1])
}

#[cfg(test)]
mod tests {
    use super::*;
    use sanderling_format::Element;

    fn array(name: &str, shape: &[usize], data: &[u8]) -> Array {
        Array { name: name.to_owned(), element: Element::I8, shape: shape.to_vec(), data: data.to_vec() }
    }

    #[test]
    fn samples_of_the_models_shape_are_stacked() {
        let ports = [Port { name: "x".into(), shape: vec![1, 2] }, Port { name: "rate".into(), shape: vec![] }];
        let arrays = [
            array("s0_in0", &[1, 2], &[1, 2]),
            array("s0_in1", &[1], &[3]),
            array("s1_in0", &[2, 2], &[9; 4]),
            array("s1_in1", &[1], &[9]),
            array("s2_in0", &[1, 2], &[4, 5]),
            array("s2_in1", &[], &[6]),
        ];
        let expected = [array("x", &[2, 1, 2], &[1, 2, 4, 5]), array("rate", &[2], &[3, 6])];
        assert_eq!(stacked(&ports, &arrays).unwrap(), expected);
        assert!(stacked(&ports, &arrays[2..4]).is_none());
    }

    #[test]
    fn the_shipped_model_has_rows() {
        let inputs = kws().inputs().unwrap();
        assert_eq!((inputs.len(), &inputs[0].shape[..]), (1, &[ROWS_MAX, 1, 49, 10, 1][..]));
        assert_eq!(inputs[0].data.len(), ROWS_MAX * 490);
    }
}
