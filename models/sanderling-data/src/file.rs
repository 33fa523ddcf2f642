//! Files by name, and the files of a folder.

use std::fs;
use std::io::BufRead;
use std::path::{Path, PathBuf};

use crate::{DataError, Part};

/// Opens a file and unpacks it where it is packed, whatever its name.
pub fn open(path: &Path) -> Result<Box<dyn BufRead + Send>, DataError> {
    Part::local(path).open()
}

/// The file itself, or the files of a folder in the order of their names, hidden ones and folders left out.
pub fn files(path: &Path) -> Result<Vec<PathBuf>, DataError> {
    if !path.is_dir() {
        return Ok(vec![path.to_path_buf()]);
    }
    let mut found = entries(path)?;
    found.retain(|entry| entry.is_file());
    if found.is_empty() { DataError::file(path, "the folder has no files") } else { Ok(found) }
}

/// What a folder holds, in the order of names, hidden entries left out.
pub fn entries(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(DataError::io(folder))? {
        let path = entry.map_err(DataError::io(folder))?.path();
        if !name(&path).starts_with('.') {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The last part of a path, as text.
pub fn name(path: &Path) -> String {
    path.file_name().map_or(String::new(), |name| name.to_string_lossy().into_owned())
}

/// The name without `.gz` and `.zst`, in lower case, for guesses by extension.
pub fn plain_name(path: &Path) -> String {
    let name = name(path).to_lowercase();
    let plain = [".gz", ".zst"].iter().find_map(|end| name.strip_suffix(end));
    plain.unwrap_or(&name).to_string()
}
