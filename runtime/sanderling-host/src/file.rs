//! Files that are either whole or not there.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What went wrong with which file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    #[error("cannot read {path}")]
    Read { path: PathBuf, source: io::Error },
    #[error("cannot write {path}; what was there before is untouched")]
    Write { path: PathBuf, source: io::Error },
    #[error("{path}: {what}")]
    Content { path: PathBuf, what: String },
}

/// Reads a whole file.
pub fn read(path: &Path) -> Result<Vec<u8>, FileError> {
    fs::read(path).map_err(|source| FileError::Read { path: path.into(), source })
}

/// Writes beside the file, flushes to the disk, then renames: a full disk or a crash leaves the old file.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    write_together(&[(path, bytes)])
}

/// Writes several files, each as [`write_atomically`] does; none is renamed before all of them are on the disk.
pub fn write_together(files: &[(&Path, &[u8])]) -> Result<(), FileError> {
    // Dropping them removes what has not been renamed.
    let mut written = Vec::new();
    for &(path, bytes) in files {
        let fail = |source| FileError::Write { path: path.into(), source };
        written.push((path, Temporary::write(path, bytes).map_err(fail)?));
    }
    for (path, temporary) in written {
        temporary.rename(path).map_err(|source| FileError::Write { path: path.into(), source })?;
    }
    Ok(())
}

/// A file beside the one that it is to become.
struct Temporary {
    /// None where there is nothing to rename.
    path: Option<PathBuf>,
}

impl Temporary {
    fn write(path: &Path, bytes: &[u8]) -> io::Result<Temporary> {
        // A pipe or device has nothing to protect and cannot be renamed over.
        match fs::metadata(path) {
            Ok(m) if m.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
            Ok(m) if !m.is_file() => {
                File::options().write(true).open(path)?.write_all(bytes)?;
                return Ok(Temporary { path: None });
            }
            _ => {}
        }
        let name = path.file_name().ok_or_else(|| io::Error::other("the path names no file"))?;
        let beside = path.with_file_name(format!(".{}.{}", name.to_string_lossy(), std::process::id()));
        let mut file = File::create_new(&beside)?;
        let temporary = Temporary { path: Some(beside) };
        file.write_all(bytes)?;
        file.sync_all()?;
        Ok(temporary)
    }

    fn rename(mut self, to: &Path) -> io::Result<()> {
        let Some(from) = self.path.take() else { return Ok(()) };
        fs::rename(&from, to).inspect_err(|_| self.path = Some(from))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            // Nothing more can be done where even this fails.
            let _ = fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_file_that_cannot_be_written_leaves_all_as_they_were() {
        let folder = std::env::temp_dir().join(format!("sanderling-together-{}", std::process::id()));
        fs::create_dir_all(folder.join("taken")).unwrap();
        let (old, taken) = (folder.join("old"), folder.join("taken"));
        fs::write(&old, "before").unwrap();
        assert!(write_together(&[(&old, b"after"), (&folder.join("absent/new"), b"after")]).is_err());
        assert!(write_together(&[(&old, b"after"), (&taken, b"after")]).is_err());
        assert_eq!(fs::read(&old).unwrap(), b"before");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 2, "a temporary file is left");
        write_together(&[(&old, b"after"), (&folder.join("new"), b"after")]).unwrap();
        assert_eq!(
            (fs::read(&old).unwrap(), fs::read(folder.join("new")).unwrap()),
            (b"after".into(), b"after".into())
        );
        fs::remove_dir_all(&folder).unwrap();
    }
}
