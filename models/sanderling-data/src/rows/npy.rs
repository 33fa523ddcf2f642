//! numpy's `.npy` and `.npz`.
//!
//! A `.npy` is a matrix whose columns are as those of CSV: labels, a weight if there is one, features. Further dimensions
//! count as columns. A `.npz` has `features` (or `x`), and may have `labels` (`y`) and `weights` (`w`); its directory is at its end, so
//! that it is read whole, as far as the limit to unpacking lets it grow.

use std::io::{self, BufRead, Cursor, Read, Write};
use std::path::{Path, PathBuf};

use npyz::npz::{NpzArchive, file_name_from_array_name};
use npyz::zip::write::FileOptions;
use npyz::zip::{CompressionMethod, DateTime, ZipWriter};

use crate::batch::Builder;
use crate::error::At;
use crate::rows::{Decode, Encode};
use crate::{Batch, DataError, Matrix, Part};

/// Longest header of an array, numpy's own limit.
const HEADER_MAX: usize = 10_000;
/// A longer row is taken for damage.
const ROW_MAX: u64 = 1 << 29;

/// The rows of a `.npy`.
pub struct Npy {
    array: Array,
    labels: usize,
    /// Columns before the features.
    before: usize,
}

impl Npy {
    pub fn open(part: &Part, labels: usize, weights: bool) -> Result<Npy, DataError> {
        let array = Array::open(part.path(), part.open()?)?;
        let before = labels + usize::from(weights);
        match array.columns {
            columns if columns <= before => DataError::file(
                part.path(),
                format!("it has {columns} columns; {before} and at least one feature are needed"),
            ),
            _ => Ok(Npy { array, labels, before }),
        }
    }
}

impl Decode for Npy {
    fn fill(&mut self, out: &mut Builder) -> Result<bool, DataError> {
        let mut row = Vec::new();
        while !out.is_full() {
            if !self.array.next(&mut row)? {
                return Ok(false);
            }
            let result = (|| {
                row[..self.labels].iter().try_for_each(|&value| out.label(value))?;
                row[self.labels..self.before].iter().try_for_each(|&value| out.weight(value))?;
                row[self.before..].iter().for_each(|&value| out.value(value));
                out.end_dense()
            })();
            result.or_else(|what: String| DataError::at(&self.array.path, self.array.at(), what))?;
        }
        Ok(true)
    }
}

/// The rows of a `.npz`.
pub struct Npz {
    features: Array,
    labels: Option<Array>,
    weights: Option<Array>,
}

impl Npz {
    pub fn open(part: &Part) -> Result<Npz, DataError> {
        let mut bytes = Vec::new();
        part.open()?.read_to_end(&mut bytes).map_err(DataError::io(part.path()))?;
        let archive = NpzArchive::new(Cursor::new(bytes));
        let mut archive = archive.or_else(|error| DataError::file(part.path(), format!("it is no .npz: {error}")))?;
        let mut take = |names: [&str; 2]| {
            let name = names.into_iter().find(|name| archive.array_names().any(|has| has == *name));
            name.map(|name| {
                let path = part.path().join(name);
                let file = archive.zip_archive().by_name(&file_name_from_array_name(name));
                let mut file = file.or_else(|error| DataError::file(&path, error.to_string()))?;
                let most = part.limit().most(file.compressed_size());
                let mut bytes = Vec::new();
                file.by_ref().take(most + 1).read_to_end(&mut bytes).map_err(DataError::io(&path))?;
                if bytes.len() as u64 > most {
                    return DataError::file(
                        &path,
                        format!("it unpacks to more than {most} bytes, the limit for its size"),
                    );
                }
                Array::open(&path, Box::new(Cursor::new(bytes)))
            })
            .transpose()
        };
        let Some(features) = take(["features", "x"])? else {
            return DataError::file(part.path(), "it has no array \"features\" or \"x\"");
        };
        let (labels, weights) = (take(["labels", "y"])?, take(["weights", "w"])?);
        for other in labels.iter().chain(&weights) {
            if other.rows != features.rows {
                let what = format!("it has {} rows, the features {}", other.rows, features.rows);
                return DataError::file(&other.path, what);
            }
        }
        match weights.as_ref().filter(|weights| weights.columns != 1) {
            Some(weights) => DataError::file(&weights.path, "it has more than one weight a row"),
            None => Ok(Npz { features, labels, weights }),
        }
    }
}

impl Decode for Npz {
    fn fill(&mut self, out: &mut Builder) -> Result<bool, DataError> {
        let mut row = Vec::new();
        while !out.is_full() {
            if !self.features.next(&mut row)? {
                return Ok(false);
            }
            row.iter().for_each(|&value| out.value(value));
            if let Some(labels) = &mut self.labels {
                labels.next(&mut row)?;
                let result = row.iter().try_for_each(|&value| out.label(value));
                result.or_else(|what| DataError::at(&labels.path, labels.at(), what))?;
            }
            if let Some(weights) = &mut self.weights {
                weights.next(&mut row)?;
                let result = row.iter().try_for_each(|&value| out.weight(value));
                result.or_else(|what| DataError::at(&weights.path, weights.at(), what))?;
            }
            out.end_dense().or_else(|what| DataError::at(&self.features.path, self.features.at(), what))?;
        }
        Ok(true)
    }
}

/// An array as rows of `f32`, read as they come.
struct Array {
    path: PathBuf,
    bytes: Box<dyn BufRead + Send>,
    element: Element,
    rows: u64,
    columns: usize,
    /// Rows that were read.
    row: u64,
    start: u64,
    raw: Vec<u8>,
}

/// Size of an element, and its value as `f32`.
type Element = (usize, fn(&[u8]) -> f32);

/// The `N` bytes of an element.
fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.try_into().unwrap_or([0; N])
}

fn element(kind: &str) -> Option<Element> {
    Some(match kind {
        "<f4" => (4, |b| f32::from_le_bytes(array(b))),
        "<f8" => (8, |b| f64::from_le_bytes(array(b)) as f32),
        "|i1" => (1, |b| f32::from(i8::from_le_bytes(array(b)))),
        "|u1" | "|b1" => (1, |b| f32::from(u8::from_le_bytes(array(b)))),
        "<i2" => (2, |b| f32::from(i16::from_le_bytes(array(b)))),
        "<u2" => (2, |b| f32::from(u16::from_le_bytes(array(b)))),
        "<i4" => (4, |b| i32::from_le_bytes(array(b)) as f32),
        "<u4" => (4, |b| u32::from_le_bytes(array(b)) as f32),
        "<i8" => (8, |b| i64::from_le_bytes(array(b)) as f32),
        "<u8" => (8, |b| u64::from_le_bytes(array(b)) as f32),
        _ => return None,
    })
}

impl Array {
    fn open(path: &Path, mut bytes: Box<dyn BufRead + Send>) -> Result<Array, DataError> {
        let header = header(&mut bytes).or_else(|error| DataError::file(path, format!("it is no .npy: {error}")))?;
        let (text, start) = header;
        let broken = |what: String| DataError::file(path, what);
        let Some((kind, is_fortran, shape)) = fields(&text) else {
            return broken(format!("its header is not one of numpy: {}", text.trim()));
        };
        let Some(element) = element(kind) else {
            return broken(format!("elements of type {kind} are not supported; convert to float32"));
        };
        if is_fortran && shape.len() > 1 {
            return broken("stored column by column; store numpy.ascontiguousarray of it".into());
        }
        let rows = shape.first().copied().unwrap_or(1);
        let columns = shape.iter().skip(1).try_fold(1u64, |size, &d| size.checked_mul(d));
        match columns.filter(|columns| columns.saturating_mul(8) <= ROW_MAX) {
            Some(columns) if columns > 0 => {
                let columns = columns as usize;
                Ok(Array { path: path.into(), bytes, element, rows, columns, row: 0, start, raw: Vec::new() })
            }
            _ => broken(format!("its shape {shape:?} has no columns, or too many")),
        }
    }

    /// Where the row is that was read last.
    fn at(&self) -> At {
        let bytes = (self.columns * self.element.0) as u64;
        let offset = self.row.saturating_sub(1).saturating_mul(bytes).saturating_add(self.start);
        At { unit: "row", number: self.row, offset }
    }

    /// Replaces `row` by the next. False once there are no more.
    fn next(&mut self, row: &mut Vec<f32>) -> Result<bool, DataError> {
        row.clear();
        if self.row == self.rows {
            let at = self.at();
            let more = self.bytes.fill_buf().map_err(DataError::broken(&self.path, at))?;
            return match more.is_empty() {
                true => Ok(false),
                false => DataError::file(&self.path, format!("it has more bytes than its {} rows take", self.rows)),
            };
        }
        self.row += 1;
        let (size, value) = self.element;
        self.raw.clear();
        let want = self.columns * size;
        let read = self.bytes.by_ref().take(want as u64).read_to_end(&mut self.raw);
        let read = read.map_err(DataError::broken(&self.path, self.at()))?;
        if read < want {
            let what = format!("the data end {} bytes before it does: it is cut short", want - read);
            return DataError::at(&self.path, self.at(), what);
        }
        row.extend(self.raw.chunks_exact(size).map(value));
        Ok(true)
    }
}

/// The text of a header, and where the elements start.
fn header(bytes: &mut dyn BufRead) -> io::Result<(String, u64)> {
    let mut head = [0; 8];
    bytes.read_exact(&mut head)?;
    if &head[..6] != b"\x93NUMPY" {
        return Err(io::Error::other("it does not begin as one"));
    }
    // From version 2 on, its length takes four bytes.
    let mut length = [0; 4];
    let width = if head[6] < 2 { 2 } else { 4 };
    bytes.read_exact(&mut length[..width])?;
    let length = u32::from_le_bytes(length) as usize;
    if length > HEADER_MAX {
        return Err(io::Error::other(format!("its header has {length} bytes, numpy reads {HEADER_MAX}")));
    }
    let mut text = vec![0; length];
    bytes.read_exact(&mut text)?;
    Ok((String::from_utf8_lossy(&text).into_owned(), (8 + width + length) as u64))
}

/// Type, order and shape in a header such as `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }`.
fn fields(text: &str) -> Option<(&str, bool, Vec<u64>)> {
    let after =
        |name: &str| Some(text.split_once(&format!("'{name}'"))?.1.trim_start().strip_prefix(':')?.trim_start());
    let kind = after("descr")?.strip_prefix('\'')?.split_once('\'')?.0;
    let order = after("fortran_order")?;
    let is_fortran = order.starts_with("True");
    let shape = after("shape")?.strip_prefix('(')?.split_once(')')?.0;
    let dims = shape.split(',').map(str::trim).filter(|d| !d.is_empty()).map(|d| d.parse().ok());
    let shape = dims.collect::<Option<Vec<u64>>>()?;
    (is_fortran || order.starts_with("False")).then_some((kind, is_fortran, shape))
}

/// Gathers all rows, since the shape comes first, and writes them at the end.
pub struct Writer {
    is_npz: bool,
    features: Vec<u8>,
    labels: Vec<u8>,
    weights: Vec<u8>,
    /// Columns of features, columns of labels, whether there are weights.
    layout: Option<(usize, usize, bool)>,
}

impl Writer {
    pub fn npy() -> Writer {
        let (features, labels, weights) = Default::default();
        Writer { is_npz: false, features, labels, weights, layout: None }
    }

    pub fn npz() -> Writer {
        Writer { is_npz: true, ..Writer::npy() }
    }
}

impl Encode for Writer {
    fn write(&mut self, batch: &Batch, _out: &mut dyn Write) -> io::Result<()> {
        let Matrix::Dense { values, columns } = &batch.features else {
            return super::unfit(
                "an array has a value for every column; sparse rows fit RecordIO, libsvm and JSON Lines",
            );
        };
        let layout = (*columns, batch.label_size, batch.weights.is_some());
        if *self.layout.get_or_insert(layout) != layout {
            return super::unfit("all batches should have the same columns, labels and weights");
        }
        let append = |into: &mut Vec<u8>, values: &[f32]| into.extend(values.iter().flat_map(|v| v.to_le_bytes()));
        for (row, values) in values.chunks(*columns).enumerate() {
            let weight = batch.weights.as_ref().map(|weights| weights[row]);
            let weight = weight.as_slice();
            if self.is_npz {
                append(&mut self.labels, batch.label(row));
                append(&mut self.weights, weight);
            } else {
                append(&mut self.features, batch.label(row));
                append(&mut self.features, weight);
            }
            append(&mut self.features, values);
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let Some((columns, labels, has_weights)) = self.layout else {
            return super::unfit("there are no rows to write");
        };
        if !self.is_npz {
            return npy(columns + labels + usize::from(has_weights), &self.features, out);
        }
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        // The same rows are the same bytes at any time.
        let options = FileOptions::default().compression_method(CompressionMethod::Stored);
        let options = options.last_modified_time(DateTime::default());
        let arrays = [
            ("features", columns, &self.features),
            ("labels", labels, &self.labels),
            ("weights", usize::from(has_weights), &self.weights),
        ];
        for (name, columns, bytes) in arrays.into_iter().filter(|(_, columns, _)| *columns > 0) {
            zip.start_file(file_name_from_array_name(name), options)?;
            npy(columns, bytes, &mut zip)?;
        }
        out.write_all(zip.finish()?.get_ref())
    }
}

fn npy(columns: usize, bytes: &[u8], out: &mut dyn Write) -> io::Result<()> {
    let rows = bytes.len() / (columns * size_of::<f32>());
    let mut text = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {columns}), }}");
    // The elements start at a multiple of 64, behind a line's end.
    let head = 10;
    let length = (head + text.len() + 1).next_multiple_of(64) - head;
    text.extend(std::iter::repeat_n(' ', length - text.len() - 1));
    text.push('\n');
    out.write_all(b"\x93NUMPY\x01\x00")?;
    out.write_all(&(text.len() as u16).to_le_bytes())?;
    out.write_all(text.as_bytes())?;
    out.write_all(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array_of(bytes: &[u8]) -> Result<Vec<f32>, String> {
        let bytes = Box::new(Cursor::new(bytes.to_vec()));
        let mut array = Array::open(Path::new("x.npy"), bytes).map_err(|e| e.to_string())?;
        let (mut all, mut row) = (Vec::new(), Vec::new());
        while array.next(&mut row).map_err(|e| e.to_string())? {
            all.extend_from_slice(&row);
        }
        Ok(all)
    }

    fn file(header: &str, bytes: &[u8]) -> Vec<u8> {
        [&b"\x93NUMPY\x01\x00"[..], &(header.len() as u16).to_le_bytes(), header.as_bytes(), bytes].concat()
    }

    #[test]
    fn elements_of_many_types_are_numbers() {
        let with = |kind: &str| format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': (2, 1), }}");
        assert_eq!(array_of(&file(&with("<i2"), &[1, 0, 0xff, 0xff])).unwrap(), [1.0, -1.0]);
        assert_eq!(array_of(&file(&with("|b1"), &[1, 0])).unwrap(), [1.0, 0.0]);
        let doubles = [1.5f64.to_le_bytes(), (-2f64).to_le_bytes()].concat();
        assert_eq!(array_of(&file(&with("<f8"), &doubles)).unwrap(), [1.5, -2.0]);
        assert!(array_of(&file(&with(">f4"), &[0; 8])).unwrap_err().contains("type >f4"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let header = "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), }";
        let why = |header: &str, bytes: &[u8]| array_of(&file(header, bytes)).unwrap_err();
        assert_eq!(
            why(header, &[0; 5]),
            "x.npy, row 2 (byte 72): the data end 1 bytes before it does: it is cut short"
        );
        assert_eq!(why(header, &[0; 7]), "x.npy: it has more bytes than its 2 rows take");
        let vast = header.replace("2, 3", "99999999999999, 3");
        assert!(why(&vast, &[0; 5]).contains("row 2"));
        assert!(why(&header.replace('3', "99999999999999"), &[0; 5]).contains("no columns, or too many"));
        assert!(why(&header.replace("False", "True"), &[0; 6]).contains("ascontiguousarray"));
        assert!(why("{}", &[]).contains("not one of numpy"));
        assert!(array_of(b"\x93NUMPZ\x01\x00\x00\x00").unwrap_err().contains("it is no .npy"));
    }
}
