//! Every model of the data directory, where there is one.

use std::path::Path;

use sanderling_import::{ImportOptions, import};

#[test]
fn every_tflite_model_imports() {
    let Some(data) = std::env::var_os("SANDERLING_DATA") else {
        eprintln!("skipped: SANDERLING_DATA is not set");
        return;
    };
    let folder = Path::new(&data).join("models/tflite");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let Ok(bytes) = std::fs::read(path.join("model.tflite")) else { continue };
        seen += 1;
        let module = import(&bytes, &ImportOptions::default()).unwrap_or_else(|error| panic!("{name}: {error}"));
        let main = module.function("main").unwrap();
        eprintln!("{name}: {} nodes, {} states", main.nodes.len(), main.states.len());
    }
    assert!(seen > 0);
}
