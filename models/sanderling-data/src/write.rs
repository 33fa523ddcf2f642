//! Writing what readers read, whole or not at all.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::NamedTempFile;

use crate::rows::{self, Encode};
use crate::{Batch, DataError, Format};

/// A file of rows. It appears under its name when it is finished, not before.
pub struct Writer {
    path: PathBuf,
    encode: Box<dyn Encode>,
    sink: Sink,
}

impl Writer {
    /// A name that ends in `.gz` or `.zst` says that the file is to be packed.
    pub fn create(path: &Path, format: Format) -> Result<Writer, DataError> {
        let sink = Sink::create(path).map_err(DataError::io(path))?;
        Ok(Writer { path: path.into(), encode: rows::encode(format), sink })
    }

    pub fn write(&mut self, batch: &Batch) -> Result<(), DataError> {
        self.encode.write(batch, &mut self.sink).map_err(DataError::io(&self.path))
    }

    /// Writes what is left and gives the file its name.
    pub fn finish(mut self) -> Result<(), DataError> {
        self.encode.finish(&mut self.sink).map_err(DataError::io(&self.path))?;
        self.sink.finish(&self.path).map_err(DataError::io(&self.path))
    }
}

/// A file that has no name yet, with what packs its bytes.
pub enum Sink {
    Plain(BufWriter<NamedTempFile>),
    Gzip(GzEncoder<BufWriter<NamedTempFile>>),
    Zstd(zstd::Encoder<'static, BufWriter<NamedTempFile>>),
}

impl Sink {
    pub fn create(path: &Path) -> io::Result<Sink> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let file = BufWriter::new(NamedTempFile::new_in(folder)?);
        Ok(match path.extension().and_then(|end| end.to_str()) {
            Some("gz") => Sink::Gzip(GzEncoder::new(file, Compression::default())),
            Some("zst") => Sink::Zstd(zstd::Encoder::new(file, zstd::DEFAULT_COMPRESSION_LEVEL)?),
            _ => Sink::Plain(file),
        })
    }

    pub fn finish(self, path: &Path) -> io::Result<()> {
        let file = match self {
            Sink::Plain(file) => file,
            Sink::Gzip(packer) => packer.finish()?,
            Sink::Zstd(packer) => packer.finish()?,
        };
        let file = file.into_inner().map_err(|error| error.into_error())?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Sink::Plain(file) => file.write(bytes),
            Sink::Gzip(packer) => packer.write(bytes),
            Sink::Zstd(packer) => packer.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Sink::Plain(file) => file.flush(),
            Sink::Gzip(packer) => packer.flush(),
            Sink::Zstd(packer) => packer.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Matrix, Table};

    fn batch(values: Vec<f32>) -> Batch {
        let labels = vec![1.0; values.len() / 2];
        Batch { features: Matrix::Dense { values, columns: 2 }, labels, label_size: 1, weights: None, names: [].into() }
    }

    #[test]
    fn packed_files_read_back() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.csv", "a.csv.gz", "a.csv.zst"] {
            let path = folder.path().join(name);
            let mut writer = Writer::create(&path, Format::CSV).unwrap();
            writer.write(&batch(vec![1.5, f32::NAN])).unwrap();
            writer.write(&batch(vec![3.0, 4.0])).unwrap();
            assert!(!path.exists(), "{name} is there before it is finished");
            writer.finish().unwrap();
            let table = Table::read(&path, Format::of(&path).unwrap()).unwrap();
            let Matrix::Dense { values, columns: 2 } = table.features else { panic!() };
            assert_eq!((values[0], values[2], values[3], values[1].is_nan()), (1.5, 3.0, 4.0, true));
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3);
    }

    #[test]
    fn what_is_not_finished_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = Writer::create(&folder.path().join("a.csv"), Format::CSV).unwrap();
        writer.write(&batch(vec![1.0, 2.0])).unwrap();
        drop(writer);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
