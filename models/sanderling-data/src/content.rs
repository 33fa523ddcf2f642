//! Which format data are in: by content type, by name, by their first bytes.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use crate::store::{Local, Part, Store};
use crate::{DataError, file};

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// Numbers with a separator between them, with or without a header; of `labels` leading columns of labels, then, with
    /// `weights`, a column of weights. An empty field is a missing value.
    Csv { labels: usize, weights: bool },
    /// `label[:weight] column:value ...`, columns counted from 0.
    Libsvm,
    /// SageMaker's records, dense or sparse.
    RecordIo,
    /// An object a line: `{"label": 1, "features": [1.5, null]}`.
    JsonLines,
    /// `{"instances": [...]}` of the same objects.
    Json,
    /// numpy's `.npy`: a matrix whose columns are as those of CSV.
    Npy { labels: usize, weights: bool },
    /// numpy's `.npz`: `features` (or `x`), `labels` (or `y`), `weights` (or `w`).
    Npz,
    /// Columns as those of CSV.
    #[cfg(feature = "parquet")]
    Parquet { labels: usize, weights: bool },
    /// Arrow's IPC, stream or file; columns as those of CSV.
    #[cfg(feature = "parquet")]
    Arrow { labels: usize, weights: bool },
}

/// Extensions, and their format with so many labels.
type Named = (&'static [&'static str], fn(usize) -> Format);

const EXTENSIONS: [Named; 6] = [
    (&["csv", "tsv"], |labels| Format::Csv { labels, weights: false }),
    (&["libsvm", "svm", "svmlight"], |_| Format::Libsvm),
    (&["pbr", "rec", "recordio"], |_| Format::RecordIo),
    (&["jsonl", "jsonlines", "ndjson"], |_| Format::JsonLines),
    (&["npy"], |labels| Format::Npy { labels, weights: false }),
    (&["npz"], |_| Format::Npz),
];

#[cfg(feature = "parquet")]
const COLUMNAR: [Named; 2] = [
    (&["parquet", "pq"], |labels| Format::Parquet { labels, weights: false }),
    (&["arrow", "arrows", "feather"], |labels| Format::Arrow { labels, weights: false }),
];
#[cfg(not(feature = "parquet"))]
const COLUMNAR: [Named; 0] = [];

/// Content types by their names in SageMaker, and the extension of each.
const TYPES: [(&str, &str); 14] = [
    ("text/csv", "csv"),
    ("text/libsvm", "libsvm"),
    ("text/x-libsvm", "libsvm"),
    ("application/x-recordio-protobuf", "pbr"),
    ("application/jsonlines", "jsonl"),
    ("application/x-jsonlines", "jsonl"),
    ("application/x-ndjson", "jsonl"),
    ("application/json", "json"),
    ("application/x-npy", "npy"),
    ("application/x-npz", "npz"),
    ("application/x-parquet", "parquet"),
    ("application/vnd.apache.parquet", "parquet"),
    ("application/vnd.apache.arrow.file", "arrow"),
    ("application/vnd.apache.arrow.stream", "arrow"),
];

impl Format {
    /// A label in front, no weights.
    pub const CSV: Format = Format::Csv { labels: 1, weights: false };

    /// By a content type such as `text/csv;label_size=1`. Where it has no label size, there is one label.
    pub fn of_type(content_type: &str) -> Result<Format, String> {
        let mut parts = content_type.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default().to_ascii_lowercase();
        let mut labels = 1;
        for part in parts.filter(|part| !part.is_empty()) {
            let value = match part.split_once('=') {
                Some((key, value)) if key.trim() == "label_size" => value.trim().parse::<usize>().ok(),
                // What HTTP clients add.
                Some((key, _)) if key.trim() == "charset" => continue,
                _ => {
                    return Err(format!(
                        "content type \"{content_type}\": \"{part}\" is unknown; there is label_size=N"
                    ));
                }
            };
            let value = value.filter(|&value| value < 1 << 16);
            labels =
                value.ok_or_else(|| format!("content type \"{content_type}\": \"{part}\" is no number of labels"))?;
        }
        let known = TYPES.iter().find(|(known, _)| *known == name);
        let known = known.and_then(|(_, extension)| by_extension(extension, labels));
        known.ok_or_else(|| {
            let known: Vec<&str> = TYPES.iter().map(|(name, _)| *name).collect();
            format!("content type \"{content_type}\" is not one of rows of numbers: {}", known.join(", "))
        })
    }

    /// By the extension of a file, or of the first file of a folder; by the first bytes where it tells nothing.
    pub fn of(path: &Path) -> Result<Format, DataError> {
        let local: Arc<dyn Store> = Arc::new(Local);
        Format::of_part(&Part::all(&local, path)?[0])
    }

    /// As [`Format::of`].
    pub fn of_part(part: &Part) -> Result<Format, DataError> {
        let name = file::plain_name(part.path());
        match name.rsplit_once('.') {
            // DeepAR's files of this name have an object a line.
            Some((_, extension)) if extension != "json" => match by_extension(extension, 1) {
                Some(format) => Ok(format),
                None => by_bytes(part),
            },
            _ => by_bytes(part),
        }
    }

    /// The same with a column of weights, where the format may have one.
    pub fn with_weights(self, weights: bool) -> Format {
        match self {
            Format::Csv { labels, .. } => Format::Csv { labels, weights },
            Format::Npy { labels, .. } => Format::Npy { labels, weights },
            #[cfg(feature = "parquet")]
            Format::Parquet { labels, .. } => Format::Parquet { labels, weights },
            #[cfg(feature = "parquet")]
            Format::Arrow { labels, .. } => Format::Arrow { labels, weights },
            other => other,
        }
    }
}

fn by_extension(extension: &str, labels: usize) -> Option<Format> {
    if extension == "json" {
        return Some(Format::Json);
    }
    let mut all = EXTENSIONS.iter().chain(&COLUMNAR);
    all.find(|(names, _)| names.contains(&extension)).map(|(_, format)| format(labels))
}

fn by_bytes(part: &Part) -> Result<Format, DataError> {
    const MAGICS: [(&[u8], &str); 6] = [
        (&0xCED7_230Au32.to_le_bytes(), "pbr"),
        (b"\x93NUMPY", "npy"),
        (b"PK\x03\x04", "npz"),
        (b"PAR1", "parquet"),
        (b"ARROW1", "arrow"),
        (b"\xff\xff\xff\xff", "arrow"),
    ];
    // So many that a line of hundreds of numbers is in them.
    const START: u64 = 1 << 14;
    let mut start = Vec::new();
    part.open()?.take(START).read_to_end(&mut start).map_err(DataError::io(part.path()))?;
    let start = start.as_slice();
    if let Some((_, extension)) = MAGICS.iter().find(|(magic, _)| start.starts_with(magic)) {
        let format = by_extension(extension, 1);
        return format.map_or_else(|| DataError::file(part.path(), "this build reads no Parquet and no Arrow"), Ok);
    }
    let line = start.trim_ascii_start().split(|&byte| byte == b'\n').next().unwrap_or_default();
    if line.starts_with(b"{") {
        let object = line[1..].trim_ascii_start();
        let is_whole = object.is_empty() || object.starts_with(b"\"instances\"");
        return Ok(if is_whole { Format::Json } else { Format::JsonLines });
    }
    if !line.iter().all(|&byte| byte == b'\t' || (b' '..=b'~').contains(&byte) || byte == b'\r' || byte >= 0x80) {
        let what =
            "its format is unknown; name a content type, or give it an extension such as .csv, .libsvm, .pbr, .jsonl";
        return DataError::file(part.path(), what);
    }
    let is_sparse = line.split(u8::is_ascii_whitespace).skip(1).any(|word| word.contains(&b':'));
    Ok(if is_sparse { Format::Libsvm } else { Format::CSV })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn content_types_are_understood() {
        for (text, format) in [
            ("text/csv", Format::CSV),
            ("text/csv;label_size=0", Format::Csv { labels: 0, weights: false }),
            ("Text/CSV; label_size=2; charset=utf-8", Format::Csv { labels: 2, weights: false }),
            ("text/libsvm", Format::Libsvm),
            ("application/x-recordio-protobuf", Format::RecordIo),
            ("application/jsonlines", Format::JsonLines),
            ("application/json", Format::Json),
        ] {
            assert_eq!(Format::of_type(text), Ok(format), "{text}");
        }
        assert!(Format::of_type("text/csv;label_size=x").unwrap_err().contains("\"label_size=x\" is no number"));
        assert!(Format::of_type("text/csv;labels=1").unwrap_err().contains("there is label_size=N"));
        assert!(Format::of_type("image/png").unwrap_err().contains("application/x-recordio-protobuf"));
        #[cfg(feature = "parquet")]
        assert_eq!(Format::of_type("application/x-parquet"), Ok(Format::Parquet { labels: 1, weights: false }));
    }

    #[test]
    fn files_tell_by_name_or_by_content() {
        let folder = tempfile::tempdir().unwrap();
        let of = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            fs::write(&path, bytes).unwrap();
            Format::of(&path).map_err(|error| error.to_string())
        };
        assert_eq!(of("a.CSV.gz", b"").unwrap(), Format::CSV);
        assert_eq!(of("b.pbr", b"").unwrap(), Format::RecordIo);
        assert_eq!(of("c", &[0x0a, 0x23, 0xd7, 0xce, 0, 0, 0, 0]).unwrap(), Format::RecordIo);
        assert_eq!(of("d", b"1 0:2 5:3\n").unwrap(), Format::Libsvm);
        assert_eq!(of("part-00001", b"\n1,2,3\n").unwrap(), Format::CSV);
        assert_eq!(of("e.json", b"{\"instances\": []}").unwrap(), Format::Json);
        assert_eq!(of("f.json", b"{\"features\": [1]}\n").unwrap(), Format::JsonLines);
        assert!(of("g.bin", &[0, 1, 2]).unwrap_err().contains("its format is unknown"));
        let packed = zstd::encode_all(&b"1 0:2 5:3\n"[..], 3).unwrap();
        assert_eq!(of("h", &packed).unwrap(), Format::Libsvm);
    }
}
