//! JSON: an object for each row, one a line or within `{"instances": [...]}`.
//!
//! `{"features": [1.5, null]}` is a dense row, null a missing value;
//! `{"data": {"features": {"values": [7], "keys": [3], "shape": [10]}}}` a sparse one, and dense without keys. The contract's
//! objects are those of requests. To train on them they also may have `"label"`, a number or a list, and `"weight"`.

use std::io::{self, BufRead, Read, Write};
use std::path::PathBuf;

use serde::Deserialize;

use crate::batch::Builder;
use crate::error::At;
use crate::lines::Lines;
use crate::rows::tensor::{Numbers, Values};
use crate::rows::{Decode, Encode};
use crate::{Batch, DataError, Matrix, Part};

/// A longer object is taken for damage.
const OBJECT_MAX: u64 = 256 << 20;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Instance {
    features: Option<Vec<Option<f32>>>,
    data: Option<Data>,
    label: Option<Labels>,
    weight: Option<f32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Data {
    features: Tensor,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tensor {
    values: Vec<Option<f32>>,
    #[serde(default)]
    keys: Vec<u64>,
    #[serde(default)]
    shape: Vec<u64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Labels {
    One(f32),
    Several(Vec<f32>),
}

/// Adds a row.
fn row(instance: Instance, elements: &mut Vec<(u32, f32)>, out: &mut Builder) -> Result<(), String> {
    match instance.label {
        None => {}
        Some(Labels::One(value)) => out.label(value)?,
        Some(Labels::Several(values)) => values.into_iter().try_for_each(|value| out.label(value))?,
    }
    if let Some(weight) = instance.weight {
        out.weight(weight)?;
    }
    let (values, keys, shape) = match (instance.features, instance.data) {
        (Some(values), None) => (values, Vec::new(), Vec::new()),
        (None, Some(Data { features })) => (features.values, features.keys, features.shape),
        _ => return Err("it should have \"features\" or \"data\"".into()),
    };
    let values: Vec<f32> = values.into_iter().map(|value| value.unwrap_or(f32::NAN)).collect();
    Numbers { values: Values::F32(&values), keys: &keys, shape: &shape }.features(elements, out)
}

/// The rows of a file with an object a line.
pub struct JsonLines {
    lines: Lines,
    elements: Vec<(u32, f32)>,
}

impl JsonLines {
    pub fn open(part: &Part) -> Result<JsonLines, DataError> {
        Ok(JsonLines { lines: Lines::open(part)?, elements: Vec::new() })
    }
}

impl Decode for JsonLines {
    fn fill(&mut self, out: &mut Builder) -> Result<bool, DataError> {
        while !out.is_full() {
            let Some(line) = self.lines.next()? else { return Ok(false) };
            if line.trim_ascii().is_empty() {
                continue;
            }
            let instance = serde_json::from_slice(line).map_err(|error| error.to_string());
            instance
                .and_then(|instance| row(instance, &mut self.elements, out))
                .or_else(|what| self.lines.fail(what))?;
        }
        Ok(true)
    }
}

/// The rows of `{"instances": [...]}`, one object at a time.
pub struct Instances {
    path: PathBuf,
    bytes: Counted,
    number: u64,
    elements: Vec<(u32, f32)>,
}

impl Instances {
    pub fn open(part: &Part) -> Result<Instances, DataError> {
        let bytes = Counted { bytes: part.open()?, offset: 0 };
        let mut rows = Instances { path: part.path().into(), bytes, number: 0, elements: Vec::new() };
        // Spaces may be around the signs, not in the name.
        for sign in [&b"{"[..], b"\"instances\"", b":", b"["] {
            let mut next = rows.sign()?;
            for byte in sign {
                if next != Some(*byte) {
                    return rows.fail("it should begin with {\"instances\": [");
                }
                rows.bytes.consume(1);
                next = rows.bytes.peek().map_err(DataError::broken(&rows.path, rows.at()))?;
            }
        }
        Ok(rows)
    }

    fn fail<T>(&self, what: impl Into<String>) -> Result<T, DataError> {
        DataError::at(&self.path, self.at(), what)
    }

    fn at(&self) -> At {
        At { unit: "instance", number: self.number, offset: self.bytes.offset }
    }

    /// The next byte that is no space, which stays.
    fn sign(&mut self) -> Result<Option<u8>, DataError> {
        let at = self.at();
        loop {
            match self.bytes.peek().map_err(DataError::broken(&self.path, at))? {
                Some(byte) if byte.is_ascii_whitespace() => self.bytes.consume(1),
                other => return Ok(other),
            }
        }
    }

    /// Whether there is another object; if so it is next.
    fn has_more(&mut self) -> Result<bool, DataError> {
        match (self.sign()?, self.number) {
            (Some(b']'), _) => {
                self.bytes.consume(1);
                if self.sign()? != Some(b'}') {
                    return self.fail("the list of instances should be the only field");
                }
                self.bytes.consume(1);
                match self.sign()? {
                    None => Ok(false),
                    Some(_) => self.fail("there is something behind the end"),
                }
            }
            (Some(b','), 1..) => {
                self.bytes.consume(1);
                self.sign()?;
                Ok(true)
            }
            (Some(_), 0) => Ok(true),
            (Some(_), _) => self.fail("a comma or a bracket should follow it"),
            (None, _) => self.fail("the data end within the list: it is cut short"),
        }
    }
}

impl Decode for Instances {
    fn fill(&mut self, out: &mut Builder) -> Result<bool, DataError> {
        while !out.is_full() {
            if !self.has_more()? {
                return Ok(false);
            }
            self.number += 1;
            let at = self.at();
            // An object ends at its brace, so that nothing behind it is taken.
            let mut json = serde_json::Deserializer::from_reader(self.bytes.by_ref().take(OBJECT_MAX));
            let instance = Instance::deserialize(&mut json).map_err(|error| error.to_string());
            instance
                .and_then(|instance| row(instance, &mut self.elements, out))
                .or_else(|what| DataError::at(&self.path, at, what))?;
        }
        Ok(true)
    }
}

/// Bytes that know how far they are.
struct Counted {
    bytes: Box<dyn BufRead + Send>,
    offset: u64,
}

impl Counted {
    fn peek(&mut self) -> io::Result<Option<u8>> {
        Ok(self.bytes.fill_buf()?.first().copied())
    }

    fn consume(&mut self, count: usize) {
        self.bytes.consume(count);
        self.offset += count as u64;
    }
}

impl Read for Counted {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.bytes.read(into)?;
        self.offset += count as u64;
        Ok(count)
    }
}

/// Writes objects, one a line or in a list.
pub struct Writer {
    is_list: bool,
    is_begun: bool,
    /// Of the sparse rows so far.
    width: Option<usize>,
}

impl Writer {
    pub fn lines() -> Writer {
        Writer { is_list: false, is_begun: false, width: None }
    }

    pub fn list() -> Writer {
        Writer { is_list: true, ..Writer::lines() }
    }
}

impl Encode for Writer {
    fn write(&mut self, batch: &Batch, out: &mut dyn Write) -> io::Result<()> {
        if let Matrix::Sparse(csr) = &batch.features {
            super::one_width(&mut self.width, csr.width)?;
        }
        for row in 0..batch.rows() {
            match (self.is_list, self.is_begun) {
                (true, false) => out.write_all(b"{\"instances\":[")?,
                (true, true) => out.write_all(b",")?,
                (false, _) => {}
            }
            self.is_begun = true;
            object(batch, row, out)?;
            if !self.is_list {
                out.write_all(b"\n")?;
            }
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        match (self.is_list, self.is_begun) {
            (true, true) => out.write_all(b"]}\n"),
            (true, false) => out.write_all(b"{\"instances\":[]}\n"),
            (false, _) => Ok(()),
        }
    }
}

fn object(batch: &Batch, row: usize, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"{")?;
    match batch.label(row) {
        [] => {}
        [one] => write!(out, "\"label\":{one},")?,
        several => {
            out.write_all(b"\"label\":")?;
            list(several, out)?;
            out.write_all(b",")?;
        }
    }
    if let Some(weights) = &batch.weights {
        write!(out, "\"weight\":{},", weights[row])?;
    }
    match &batch.features {
        Matrix::Dense { values, columns } => {
            out.write_all(b"\"features\":")?;
            list(&values[row * columns..(row + 1) * columns], out)?;
            out.write_all(b"}")
        }
        Matrix::Sparse(csr) => {
            let (columns, values) = csr.row(row);
            out.write_all(b"\"data\":{\"features\":{\"values\":")?;
            list(values, out)?;
            write!(out, ",\"keys\":{columns:?},\"shape\":[{}]}}}}}}", csr.width)
        }
    }
}

fn list(values: &[f32], out: &mut dyn Write) -> io::Result<()> {
    let mut before = "[";
    for value in values {
        if value.is_nan() {
            write!(out, "{before}null")?
        } else {
            write!(out, "{before}{value}")?
        }
        before = ",";
    }
    out.write_all(if values.is_empty() { b"[]" } else { b"]" })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::{Format, Table};

    fn read(text: &str, format: Format) -> Result<Table, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.json");
        fs::write(&path, text).unwrap();
        let shown = path.display().to_string();
        Table::read(&path, format).map_err(|e| e.to_string().replace(&shown, "x.json"))
    }

    #[test]
    fn both_forms_of_rows_are_read() {
        let dense = r#"{"features": [1.5, 16], "label": 1}"#;
        let other = r#"{"label": [0], "features": [2, -3e2]}"#;
        let lines = read(&format!("{dense}\n\n{other}\n"), Format::JsonLines).unwrap();
        assert_eq!(lines.features, Matrix::Dense { values: vec![1.5, 16.0, 2.0, -300.0], columns: 2 });
        assert_eq!(lines.labels, [1.0, 0.0]);
        for list in
            [format!("{{\"instances\":[{dense},{other}]}}"), format!("{{ \"instances\" : [ {dense} ,\n{other} ] }}\n")]
        {
            assert_eq!(read(&list, Format::Json).unwrap(), lines);
        }
        let sparse = r#"{"data":{"features":{"values":[7],"keys":[3],"shape":[10]}},"weight":2}"#;
        let sparse = read(sparse, Format::JsonLines).unwrap();
        let Matrix::Sparse(csr) = &sparse.features else { panic!() };
        assert_eq!((csr.row(0), csr.width, sparse.weights), ((&[3][..], &[7.0][..]), 10, Some(vec![2.0])));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let lines = |text: &str| read(text, Format::JsonLines).unwrap_err();
        let good = "{\"features\":[1]}\n";
        assert!(lines(&format!("{good}{{\"features\":[1")).starts_with("x.json, line 2 (byte 17): EOF while parsing"));
        assert!(lines("{\"feature\":[1]}").contains("unknown field `feature`"));
        assert!(lines("{\"label\":1}").contains("it should have \"features\" or \"data\""));
        assert!(lines(&format!("{good}{{\"features\":[1,2]}}")).contains("it has 2 features, those before it 1"));
        assert!(
            lines("{\"data\":{\"features\":{\"values\":[7],\"keys\":[10],\"shape\":[10]}}}").contains("out of range")
        );
        let list = |text: &str| read(text, Format::Json).unwrap_err();
        let start = "x.json, instance 1 (byte ";
        assert!(list("[1]").contains("it should begin with"));
        assert!(list("{\"instances\":[{\"features\":[1]}").contains("cut short"));
        assert!(list("{\"instances\":[{\"features\":[1]} {").starts_with(&format!("{start}31): a comma")));
        assert!(list("{\"instances\":[{\"features\":[1]}]} x").contains("something behind the end"));
        assert!(list("{\"instances\":[7]}").starts_with(&format!("{start}14): invalid type")));
        assert!(list("{\"instances\":[{\"features\":[\"\u{0}\"]}]}").starts_with(start));
    }
}
