//! Files as streams of plain bytes, and the files of a folder.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;

use crate::DataError;

/// The first bytes of a gzip file.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Opens a file and unpacks it where it is gzipped, whatever its name.
pub fn open(path: &Path) -> Result<Box<dyn BufRead>, DataError> {
    let mut file = BufReader::new(File::open(path).map_err(DataError::io(path))?);
    let start = file.fill_buf().map_err(DataError::io(path))?;
    Ok(match start.starts_with(&GZIP) {
        true => Box::new(BufReader::new(MultiGzDecoder::new(file))),
        false => Box::new(file),
    })
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

/// The name without `.gz`, in lower case, for guesses by extension.
pub fn plain_name(path: &Path) -> String {
    let name = name(path).to_lowercase();
    name.strip_suffix(".gz").unwrap_or(&name).to_string()
}
