//! Where bytes come from. Stores of objects can come beside the local file system: they implement [`Store`].

use std::fs::{self, File};
use std::io::{self, BufRead, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::unpack::{Limit, unpack};
use crate::{DataError, manifest};

/// A place that has bytes under names, which are paths or URLs.
pub trait Store: Send + Sync {
    /// The bytes under a name from their start, packed or not, as they are.
    fn open(&self, name: &Path) -> io::Result<Box<dyn Read + Send>>;
    /// The names under a folder or prefix, sorted, hidden ones left out; the name itself where it has bytes.
    fn list(&self, name: &Path) -> io::Result<Vec<PathBuf>>;
    /// The file of a name, where it is one that can be read from its end.
    fn file(&self, _name: &Path) -> Option<PathBuf> {
        None
    }
}

/// Files and folders of this machine. Names may start with `file://`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Local;

impl Store for Local {
    fn open(&self, name: &Path) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(File::open(plain(name)?)?))
    }

    fn list(&self, name: &Path) -> io::Result<Vec<PathBuf>> {
        let name = plain(name)?;
        if !name.is_dir() {
            return Ok(vec![name.to_path_buf()]);
        }
        let mut found = Vec::new();
        for entry in fs::read_dir(name)? {
            let path = entry?.path();
            if path.is_file() && !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.')) {
                found.push(path);
            }
        }
        found.sort();
        Ok(found)
    }

    fn file(&self, name: &Path) -> Option<PathBuf> {
        plain(name).ok().map(Path::to_path_buf)
    }
}

/// The path that a name stands for.
fn plain(name: &Path) -> io::Result<&Path> {
    let Some(text) = name.to_str() else { return Ok(name) };
    match text.split_once("://") {
        None => Ok(name),
        Some(("file", path)) => Ok(Path::new(path)),
        Some((scheme, _)) => {
            let what = format!("only files of this machine can be read, not {scheme}://");
            Err(io::Error::new(io::ErrorKind::Unsupported, what))
        }
    }
}

#[cfg(unix)]
fn is_fifo(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt;
    path.metadata().is_ok_and(|about| about.file_type().is_fifo())
}

#[cfg(not(unix))]
fn is_fifo(_path: &Path) -> bool {
    false
}

/// A named piece of data in a store: one file of a channel.
#[derive(Clone)]
pub struct Part {
    store: Arc<dyn Store>,
    path: PathBuf,
    limit: Limit,
    is_pipe: bool,
}

impl Part {
    pub fn new(store: Arc<dyn Store>, path: impl Into<PathBuf>) -> Part {
        Part { store, path: path.into(), limit: Limit::default(), is_pipe: false }
    }

    /// A FIFO: a last line without an end is cut.
    pub(crate) fn pipe(path: impl Into<PathBuf>) -> Part {
        Part { is_pipe: true, ..Part::local(path) }
    }

    pub(crate) fn is_pipe(&self) -> bool {
        self.is_pipe || is_fifo(&self.path)
    }

    /// The file, where it can be read from its end.
    #[cfg(feature = "parquet")]
    pub(crate) fn file(&self) -> Option<PathBuf> {
        if self.is_pipe() { None } else { self.store.file(&self.path) }
    }

    /// A file of this machine.
    pub fn local(path: impl Into<PathBuf>) -> Part {
        Part::new(Arc::new(Local), path)
    }

    /// The file itself; the files of a folder in the order of their names, hidden ones and folders left out; or what a
    /// `ManifestFile` lists, whose name ends in `.manifest`.
    pub fn all(store: &Arc<dyn Store>, path: &Path) -> Result<Vec<Part>, DataError> {
        if path.extension().is_some_and(|end| end == "manifest") {
            return manifest::parts(store, path);
        }
        let found = store.list(path).map_err(DataError::io(path))?;
        if found.is_empty() {
            return DataError::file(path, "the folder has no files");
        }
        Ok(found.into_iter().map(|path| Part::new(store.clone(), path)).collect())
    }

    /// The same with another limit to what unpacking may give.
    pub fn with_limit(self, limit: Limit) -> Part {
        Part { limit, ..self }
    }

    pub fn limit(&self) -> Limit {
        self.limit
    }

    /// The name, for errors.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The store it is in.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// Its bytes, unpacked where they are packed.
    pub fn open(&self) -> Result<Box<dyn BufRead + Send>, DataError> {
        let bytes = self.store.open(&self.path).map_err(DataError::io(&self.path))?;
        unpack(bytes, self.limit).map_err(DataError::io(&self.path))
    }
}
