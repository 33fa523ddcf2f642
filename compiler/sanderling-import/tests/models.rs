//! Every model of the data directory, where there is one.

use std::path::Path;

use sanderling_import::{ImportOptions, import};

/// Models that are refused, and the op that the message has to name.
const REFUSED: [(&str, &str); 1] = [("tflm_mnist_lstm_int8", "UNIDIRECTIONAL_SEQUENCE_LSTM")];

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
        let result = import(&bytes, &ImportOptions::default());
        match (result, REFUSED.iter().find(|(model, _)| *model == name)) {
            (Ok(module), None) => {
                let main = module.function("main").unwrap();
                eprintln!("{name}: {} nodes, {} states", main.nodes.len(), main.states.len());
            }
            (Err(error), Some((_, op))) => assert!(error.to_string().contains(op), "{name}: {error}"),
            (Ok(_), Some(_)) => panic!("{name} imports now; take it off the list"),
            (Err(error), None) => panic!("{name}: {error}"),
        }
    }
    assert!(seen > 0);
}
