//! `ManifestFile`: JSON that lists files, as SageMaker's `S3DataType=ManifestFile` takes it.
//!
//! `[{"prefix": "s3://bucket/folder/"}, "part-0", "part-1"]`: each name goes behind the prefix as it is. Without a prefix
//! names are beside the manifest.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;

use crate::DataError;
use crate::store::{Part, Store};

/// A longer manifest is taken for damage.
const BYTES_MAX: u64 = 1 << 28;

#[derive(Deserialize)]
#[serde(untagged)]
enum Entry {
    Prefix { prefix: String },
    Name(String),
}

/// The parts that a manifest lists, in its order.
pub fn parts(store: &Arc<dyn Store>, path: &Path) -> Result<Vec<Part>, DataError> {
    let mut text = Vec::new();
    let bytes = Part::new(store.clone(), path).open()?;
    bytes.take(BYTES_MAX).read_to_end(&mut text).map_err(DataError::io(path))?;
    let entries: Result<Vec<Entry>, _> = serde_json::from_slice(&text);
    let entries = entries.or_else(|error| {
        let what = format!("it is no manifest like [{{\"prefix\": \"s3://bucket/folder/\"}}, \"name\", ...]: {error}");
        DataError::file(path, what)
    })?;
    let mut prefix = None;
    let mut parts = Vec::new();
    for (index, entry) in entries.into_iter().enumerate() {
        match (entry, &prefix) {
            (Entry::Prefix { prefix: found }, None) if index == 0 => prefix = Some(found),
            (Entry::Prefix { .. }, _) => return DataError::file(path, "its prefix should be the first entry, alone"),
            (Entry::Name(name), Some(prefix)) => parts.push(Part::new(store.clone(), format!("{prefix}{name}"))),
            (Entry::Name(name), None) => parts.push(Part::new(store.clone(), beside(path, &name))),
        }
    }
    if parts.is_empty() { DataError::file(path, "it lists no files") } else { Ok(parts) }
}

/// The name of a file beside another; URLs and whole paths stay.
pub fn beside(path: &Path, name: &str) -> PathBuf {
    if name.contains("://") { PathBuf::from(name) } else { path.with_file_name("").join(name) }
}
