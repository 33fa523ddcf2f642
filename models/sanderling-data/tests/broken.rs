//! What other libraries wrote, cut short and changed: an error or other rows, never a panic.

use std::fs;
use std::path::Path;

use sanderling_data::{Format, Table};

/// Cuts and changes of files are so many bytes apart, a number that shares no factor with the words of a format.
const STEP: usize = 7;

fn fixtures() -> Vec<(String, Format, Vec<u8>)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures");
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.ends_with(".py") || name == "mxnet.rec" {
            continue;
        }
        if cfg!(not(feature = "parquet")) && (name.ends_with(".parquet") || name.ends_with(".arrow")) {
            continue;
        }
        files.push((name, Format::of(&path).unwrap(), fs::read(&path).unwrap()));
    }
    files
}

fn read(path: &Path, format: Format, bytes: &[u8]) -> Result<Table, String> {
    fs::write(path, bytes).unwrap();
    Table::read(path, format).map_err(|error| error.to_string())
}

#[test]
fn cut_files_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows");
    for (name, format, bytes) in fixtures() {
        let whole = read(&path, format, &bytes).unwrap();
        for length in (0..bytes.len()).step_by(STEP) {
            let Ok(cut) = read(&path, format, &bytes[..length]) else { continue };
            // Text and records may end behind any row.
            assert!(cut.rows() <= whole.rows(), "{name}, {length} bytes");
            let ends_anywhere = !name.ends_with(".parquet") && !name.contains(".np");
            assert!(ends_anywhere, "{name}: {length} of {} bytes are read as a whole", bytes.len());
        }
    }
}

#[test]
fn changed_files_do_not_panic() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows");
    let mut errors = 0;
    for (_, format, bytes) in fixtures() {
        for at in (0..bytes.len()).step_by(STEP) {
            for change in [0xff, 0x01, 0x80] {
                let mut changed = bytes.clone();
                changed[at] ^= change;
                errors += usize::from(read(&path, format, &changed).is_err());
            }
        }
    }
    assert!(errors > 0);
}
