//! Models in folders: the file, and recorded inputs and outputs.

use std::path::{Path, PathBuf};
use std::{env, fs};

use sanderling_host::{Array, read_npz};
use sanderling_import::{ImportError, ImportOptions, import};
use sanderling_ir::Module;
use serde_json::Value;

/// The repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the repository root")
}

/// The public data, if they are here; says that it skips where they are not.
pub fn data() -> Option<PathBuf> {
    let data = env::var_os("SANDERLING_DATA").map(PathBuf::from);
    if data.is_none() {
        println!("skipped: SANDERLING_DATA is not set");
    }
    data
}

/// A model of the public data with its recorded samples.
pub struct Example {
    pub name: String,
    /// The model file.
    pub bytes: Vec<u8>,
    arrays: Vec<Array>,
    open: Vec<Option<String>>,
}

impl Example {
    /// Every model of a kind, `tflite` or `onnx`, by name.
    pub fn all(data: &Path, kind: &str) -> Vec<Example> {
        let mut folders: Vec<PathBuf> =
            fs::read_dir(data.join("models").join(kind)).unwrap().map(|entry| entry.unwrap().path()).collect();
        folders.sort();
        folders.iter().map(|folder| Example::read(folder)).collect()
    }

    /// The model in a folder.
    pub fn read(folder: &Path) -> Example {
        let files = ["model.tflite", "model.onnx"].map(|file| folder.join(file));
        let file = files.iter().find(|file| file.is_file()).unwrap_or_else(|| panic!("no model in {folder:?}"));
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let arrays = read_npz(&folder.join("io.npz")).unwrap_or_else(|e| panic!("{e}"));
        let open = if file.ends_with("model.onnx") { open_inputs(folder) } else { Vec::new() };
        Example { name, bytes: fs::read(file).unwrap(), arrays, open }
    }

    /// The keyword spotting model of the repository, which comes without samples of this form.
    pub fn shipped() -> Example {
        let bytes = fs::read(root().join("examples/models/kws/model.tflite")).unwrap();
        Example { name: "mlperf_kws_int8".into(), bytes, arrays: Vec::new(), open: Vec::new() }
    }

    /// The inputs of a sample in the graph's order, none after the last sample.
    pub fn inputs(&self, sample: usize) -> Vec<&Array> {
        self.series(&format!("s{sample}_in"))
    }

    /// The outputs that the other runtime gave.
    pub fn outputs(&self, sample: usize) -> Vec<&Array> {
        self.series(&format!("s{sample}_out"))
    }

    fn series(&self, prefix: &str) -> Vec<&Array> {
        (0..).map_while(|i| self.arrays.iter().find(|a| a.name == format!("{prefix}{i}"))).collect()
    }

    /// The model for inputs of the shapes of a sample: ONNX files leave them open, TFLite files do not.
    pub fn import(&self, sample: usize) -> Result<Module, ImportError> {
        let given = self.open.iter().zip(self.inputs(sample));
        let shapes = given.filter_map(|(name, array)| Some((name.clone()?, array.shape.clone()))).collect();
        import(&self.bytes, &ImportOptions { shapes })
    }
}

/// The names of a model's inputs whose shapes a sample gives; archives have no arrays without dimensions.
fn open_inputs(folder: &Path) -> Vec<Option<String>> {
    let meta: Value = serde_json::from_slice(&fs::read(folder.join("meta.json")).unwrap()).unwrap();
    let inputs = meta["inputs"].as_array().expect("meta.json lists the inputs");
    let name = |input: &Value| {
        let has_dimensions = !input["shape"].as_array()?.is_empty();
        has_dimensions.then(|| input["name"].as_str().map(str::to_string))?
    };
    inputs.iter().map(name).collect()
}
