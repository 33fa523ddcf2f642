//! CSV: labels in front, then a weight if there are any, then features.
//!
//! A first line without any number is a header. The separator is the one of comma, semicolon, tab and bar that the first
//! line has most of. Numbers may stand in quotes; a quoted field ends on its line.

use std::io::{self, Write};

use crate::batch::Builder;
use crate::lines::{Lines, shown};
use crate::rows::{Decode, Encode};
use crate::{Batch, DataError, Matrix, Part};

/// The rows of a file.
pub struct Csv {
    lines: Lines,
    layout: Layout,
    width: Option<usize>,
    separator: Option<u8>,
}

/// Which columns are what.
#[derive(Clone, Copy)]
struct Layout {
    labels: usize,
    /// Columns before the features.
    before: usize,
}

impl Csv {
    /// `labels` leading columns are labels; with `weights` the column behind them is the weight.
    pub fn open(part: &Part, labels: usize, weights: bool) -> Result<Csv, DataError> {
        let layout = Layout { labels, before: labels + usize::from(weights) };
        Ok(Csv { lines: Lines::open(part)?, layout, width: None, separator: None })
    }
}

impl Decode for Csv {
    fn fill(&mut self, out: &mut Builder) -> Result<bool, DataError> {
        while !out.is_full() {
            let Some(line) = self.lines.next()? else { return Ok(false) };
            if line.is_empty() {
                continue;
            }
            let is_first = self.separator.is_none();
            let separator = *self.separator.get_or_insert_with(|| separator(line));
            let quoted;
            let line = match memchr::memchr(b'"', line) {
                None => line,
                Some(_) => {
                    quoted = unquoted(line, separator);
                    match &quoted {
                        Ok(line) => line,
                        Err(what) => return self.lines.fail(*what),
                    }
                }
            };
            if is_first && let Some(names) = header(line, separator) {
                let (found, before) = (names.len(), self.layout.before);
                self.width = Some(found);
                match names.into_iter().collect::<Result<Vec<String>, String>>() {
                    Ok(names) if found > before => out.name(names[before..].to_vec()),
                    Ok(_) => return self.lines.fail(self.layout.too_few(found)),
                    Err(what) => return self.lines.fail(what),
                }
                continue;
            }
            let found = self.layout.row(line, separator, out).or_else(|what| self.lines.fail(what))?;
            match *self.width.get_or_insert(found) {
                width if width != found => {
                    return self.lines.fail(format!("it has {found} columns, the lines before it {width}"));
                }
                _ if found <= self.layout.before => return self.lines.fail(self.layout.too_few(found)),
                _ => out.end_dense().or_else(|what| self.lines.fail(what))?,
            }
        }
        Ok(true)
    }
}

impl Layout {
    fn too_few(self, found: usize) -> String {
        format!("it has {found} columns; {} and at least one feature are needed", self.before)
    }

    /// Adds what a line has, and counts its columns.
    fn row(self, line: &[u8], separator: u8, out: &mut Builder) -> Result<usize, String> {
        let mut rest = line;
        let mut index = 0;
        loop {
            // Nearly always a number begins here and ends at a separator.
            let (value, length) = match fast_float2::parse_partial::<f32, _>(rest) {
                Ok((value, length)) if rest.get(length).is_none_or(|&byte| byte == separator) => (Some(value), length),
                _ => {
                    let length = memchr::memchr(separator, rest).unwrap_or(rest.len());
                    let field = rest[..length].trim_ascii();
                    let value = if field.is_empty() && index >= self.before { Some(f32::NAN) } else { number(field) };
                    (value, length)
                }
            };
            let value = value.filter(|value| !value.is_infinite() && (index >= self.before || value.is_finite()));
            let Some(value) = value else { return Err(self.refuse(index, &rest[..length])) };
            if index >= self.before {
                out.value(value);
            } else if index < self.labels {
                out.label(value)?;
            } else {
                out.weight(value)?;
            }
            index += 1;
            if length == rest.len() {
                return Ok(index);
            }
            rest = &rest[length + 1..];
        }
    }

    fn refuse(self, index: usize, field: &[u8]) -> String {
        let (column, field) = (index + 1, field.trim_ascii());
        if std::str::from_utf8(field).is_err() {
            return format!("column {column} is not UTF-8 text: \"{}\"", shown(field));
        }
        let field = shown(field);
        match index {
            _ if index < self.labels => format!("the label in column {column} is \"{field}\", not a finite number"),
            _ if index < self.before => format!("the weight in column {column} is \"{field}\", not a finite number"),
            _ => format!("column {column} is \"{field}\", not a finite number; encode text as numbers first"),
        }
    }
}

fn number(field: &[u8]) -> Option<f32> {
    fast_float2::parse(field).ok()
}

/// What a first line separates its fields by.
fn separator(line: &[u8]) -> u8 {
    let count = |of: u8| line.iter().filter(|&&byte| byte == of).count();
    // The last of equals: a line with none has one column, whatever separates.
    *[b'|', b'\t', b';', b','].iter().max_by_key(|&&of| count(of)).unwrap_or(&b',')
}

/// The names in a line without a number and without an empty field.
fn header(line: &[u8], separator: u8) -> Option<Vec<Result<String, String>>> {
    let fields: Vec<&[u8]> = line.split(|&byte| byte == separator).map(<[u8]>::trim_ascii).collect();
    if fields.iter().any(|field| field.is_empty() || number(field).is_some()) {
        return None;
    }
    let name = |(index, field): (usize, &&[u8])| match std::str::from_utf8(field) {
        // A separator within quotes.
        Ok(text) => Ok(text.replace('\0', &char::from(separator).to_string())),
        Err(_) => Err(format!("column {} is not UTF-8 text: \"{}\"", index + 1, shown(field))),
    };
    Some(fields.iter().enumerate().map(name).collect())
}

/// The line without its quotes; separators within them become zeros, which no number has.
fn unquoted(line: &[u8], separator: u8) -> Result<Vec<u8>, &'static str> {
    let mut plain = Vec::with_capacity(line.len());
    let mut bytes = line.iter().copied().peekable();
    let mut is_quoted = false;
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' if is_quoted && bytes.peek() == Some(&b'"') => {
                plain.push(b'"');
                bytes.next();
            }
            b'"' => is_quoted = !is_quoted,
            _ if is_quoted && byte == separator => plain.push(0),
            _ => plain.push(byte),
        }
    }
    if is_quoted { Err("a quote is open at its end; a field must end on its line") } else { Ok(plain) }
}

/// Writes dense rows: labels, weight, features. A missing value is an empty field, alone on its line `nan`; names, if there are any, come first.
#[derive(Default)]
pub struct Writer {
    is_begun: bool,
}

impl Encode for Writer {
    fn write(&mut self, batch: &Batch, out: &mut dyn Write) -> io::Result<()> {
        let Matrix::Dense { values, columns } = &batch.features else {
            return super::unfit("CSV has a field for every column; sparse rows fit RecordIO, libsvm and JSON Lines");
        };
        if !self.is_begun && !batch.names.is_empty() {
            header_of(batch, out)?;
        }
        self.is_begun = true;
        let is_single = columns + batch.label_size + usize::from(batch.weights.is_some()) == 1;
        for (row, values) in values.chunks(*columns).enumerate() {
            let mut before = "";
            let weight = batch.weights.as_ref().map(|weights| weights[row]);
            for value in batch.label(row).iter().copied().chain(weight).chain(values.iter().copied()) {
                match value.is_nan() {
                    // A line without anything would be none.
                    true if is_single => out.write_all(b"nan")?,
                    true => out.write_all(before.as_bytes())?,
                    false => write!(out, "{before}{value}")?,
                }
                before = ",";
            }
            out.write_all(b"\n")?;
        }
        Ok(())
    }
}

fn header_of(batch: &Batch, out: &mut dyn Write) -> io::Result<()> {
    let label = |index| if index == 0 { "label".to_string() } else { format!("label{index}") };
    let weight = batch.weights.iter().map(|_| "weight".to_string());
    let names = (0..batch.label_size).map(label).chain(weight).chain(batch.names.iter().cloned());
    let names: Vec<String> = names.map(quoted).collect();
    writeln!(out, "{}", names.join(","))
}

fn quoted(name: String) -> String {
    match name.contains([',', '"', ';', '\t', '|']) {
        true => format!("\"{}\"", name.replace('"', "\"\"")),
        false => name,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::{Format, Table};

    fn table_of(bytes: &[u8], format: Format) -> Result<Table, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows.csv");
        fs::write(&path, bytes).unwrap();
        let shown = path.display().to_string();
        Table::read(&path, format).map_err(|e| e.to_string().replace(&shown, "rows.csv"))
    }

    fn table(text: &str) -> Result<Table, String> {
        table_of(text.as_bytes(), Format::CSV)
    }

    #[test]
    fn a_header_is_optional_and_empty_fields_are_missing() {
        let plain = table("1,2.5,\n0,-1e3,4\n").unwrap();
        assert_eq!(plain.labels, [1.0, 0.0]);
        let Matrix::Dense { values, columns: 2 } = &plain.features else { panic!() };
        assert_eq!(values[0], 2.5);
        assert!(values[1].is_nan());
        let named = table("y, a ,b\n1,2.5,\n0,-1e3,4").unwrap();
        assert_eq!(named.names, ["a", "b"]);
        assert_eq!(named.labels, plain.labels);
    }

    #[test]
    fn separators_and_quotes_are_understood() {
        let want = table("1,2.5,3\n0,4,5\n").unwrap();
        for text in ["1;2.5;3\n0;4;5\n", "1\t2.5\t3\r\n0\t 4\t5", "1|2.5|3\n0|4|5", "\"1\",\"2.5\",3\n0,\"4\",5"] {
            assert_eq!(table(text).unwrap(), want, "{text:?}");
        }
        let named = table("y,\"a,b\",\"c\"\"d\"\n1,2.5,3\n").unwrap();
        assert_eq!(named.names, ["a,b", "c\"d"]);
    }

    #[test]
    fn labels_and_weights_are_counted() {
        let weighed = table_of(b"1,0.5,3\n0,2,5\n", Format::Csv { labels: 1, weights: true }).unwrap();
        assert_eq!((weighed.weights, weighed.features.columns()), (Some(vec![0.5, 2.0]), 1));
        let none = table_of(b"1,0.5,3\n", Format::Csv { labels: 0, weights: false }).unwrap();
        assert_eq!((none.labels.len(), none.features.columns()), (0, 3));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let cases = [
            ("1,2,3\n0,4\n", "rows.csv, line 2 (byte 6): it has 2 columns, the lines before it 3"),
            ("nan,2\n", "rows.csv, line 1 (byte 0): the label in column 1 is \"nan\", not a finite number"),
            (",2\n", "rows.csv, line 1 (byte 0): the label in column 1 is \"\", not a finite number"),
            (
                "1,1\n1,red\n",
                "rows.csv, line 2 (byte 4): column 2 is \"red\", not a finite number; encode text as numbers first",
            ),
            (
                "1,inf\n",
                "rows.csv, line 1 (byte 0): column 2 is \"inf\", not a finite number; encode text as numbers first",
            ),
            ("1\n2\n", "rows.csv, line 1 (byte 0): it has 1 columns; 1 and at least one feature are needed"),
            ("1,\"2\n", "rows.csv, line 1 (byte 0): a quote is open at its end; a field must end on its line"),
        ];
        for (text, why) in cases {
            assert_eq!(table(text).unwrap_err(), why);
        }
        let why = table_of(b"1,2\n1,\xff\xfe\n", Format::CSV).unwrap_err();
        assert!(why.contains("line 2 (byte 4): column 2 is not UTF-8 text"), "{why}");
        let why = table_of(b"y,\xff\xfe\n1,2\n", Format::CSV).unwrap_err();
        assert!(why.contains("line 1 (byte 0): column 2 is not UTF-8 text"), "{why}");
    }
}
