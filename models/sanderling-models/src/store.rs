//! Files of a model folder: `model.json` names the algorithm and holds what it wants to keep. All writing is atomic.

use std::fs;
use std::io::Write;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::TrainError;

/// The file that every model folder has.
pub const MODEL: &str = "model.json";

/// Writes a file as a whole or not at all.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), TrainError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(TrainError::io(path))?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(TrainError::io(path))?;
    file.persist(path).map_err(|error| TrainError::Io { path: path.into(), source: error.error })?;
    Ok(())
}

/// Writes a value as JSON under the name of an algorithm.
pub fn save<T: Serialize>(path: &Path, algorithm: &str, value: &T) -> Result<(), TrainError> {
    let mut object = serde_json::Map::new();
    object.insert("algorithm".into(), algorithm.into());
    let value = serde_json::to_value(value).or_else(|error| TrainError::model(path, error.to_string()))?;
    object.insert("model".into(), value);
    write(path, format!("{}\n", Value::Object(object)).as_bytes())
}

/// Reads what [`save`] wrote.
pub fn load<T: DeserializeOwned>(path: &Path, algorithm: &str) -> Result<T, TrainError> {
    let mut object = object(path)?;
    if object["algorithm"] != algorithm {
        return TrainError::model(path, format!("it is a model of {}, not of {algorithm}", object["algorithm"]));
    }
    serde_json::from_value(object["model"].take()).or_else(|error| TrainError::model(path, error.to_string()))
}

/// The algorithm that made a model folder.
pub fn algorithm(folder: &Path) -> Result<String, TrainError> {
    let path = folder.join(MODEL);
    match object(&path)?["algorithm"].as_str() {
        Some(name) => Ok(name.to_string()),
        None => TrainError::model(&path, "it does not name its algorithm"),
    }
}

fn object(path: &Path) -> Result<Value, TrainError> {
    let bytes = fs::read(path).map_err(TrainError::io(path))?;
    let value: Value = serde_json::from_slice(&bytes).or_else(|error| TrainError::model(path, error.to_string()))?;
    if value.is_object() { Ok(value) } else { TrainError::model(path, "it is no JSON object") }
}
