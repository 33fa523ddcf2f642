//! libsvm: `label[:weight] column:value ...`, a line for each row, columns counted from 0 and ascending.
//!
//! The contract leaves the first column open where a file has no column 0; here columns are as written, never shifted.

use std::io::{self, Write};

use crate::batch::Builder;
use crate::lines::{Lines, shown};
use crate::rows::{COLUMN_MAX, Decode, Encode};
use crate::{Batch, DataError, Part};

/// The rows of a file.
pub struct Libsvm {
    lines: Lines,
}

impl Libsvm {
    pub fn open(part: &Part) -> Result<Libsvm, DataError> {
        Ok(Libsvm { lines: Lines::open(part)? })
    }
}

impl Decode for Libsvm {
    fn fill(&mut self, out: &mut Builder) -> Result<bool, DataError> {
        while !out.is_full() {
            let Some(line) = self.lines.next()? else { return Ok(false) };
            // What follows a number sign is a comment.
            let text = memchr::memchr(b'#', line).map_or(line, |end| &line[..end]).trim_ascii();
            if text.is_empty() {
                continue;
            }
            row(text, out).or_else(|what| self.lines.fail(what))?;
        }
        Ok(true)
    }
}

fn row(text: &[u8], out: &mut Builder) -> Result<(), String> {
    let mut words = text.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let first = words.next().unwrap_or_default();
    let (label, weight) = halves(first).map_or((first, None), |(label, weight)| (label, Some(weight)));
    let weight = weight.map(|weight| finite(weight, "the weight")).transpose()?;
    out.label(finite(label, "the label")?)?;
    if let Some(weight) = weight {
        out.weight(weight)?;
    }
    let mut before = None;
    for word in words {
        let Some((column, value)) = halves(word) else {
            return Err(format!("\"{}\" should look like column:value", shown(word)));
        };
        // Ranking data has a query id behind the label.
        if column == b"qid" {
            continue;
        }
        let Some(column) = whole(column) else {
            return Err(format!("\"{}\" has no column number up to {COLUMN_MAX}", shown(word)));
        };
        if let Some(before) = before.filter(|&before| before >= column) {
            return Err(format!("column {column} follows column {before}; they must ascend"));
        }
        before = Some(column);
        out.element(column, finite(value, "a value")?);
    }
    out.end_sparse(None)
}

fn halves(word: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = word.iter().position(|&byte| byte == b':')?;
    Some((&word[..at], &word[at + 1..]))
}

/// A column number.
fn whole(text: &[u8]) -> Option<u32> {
    let digit = |number: u32, byte: &u8| match byte {
        b'0'..=b'9' => number.checked_mul(10)?.checked_add(u32::from(byte - b'0')),
        _ => None,
    };
    let number = text.iter().try_fold(0, digit)?;
    (!text.is_empty() && number <= COLUMN_MAX).then_some(number)
}

fn finite(text: &[u8], what: &str) -> Result<f32, String> {
    let value = fast_float2::parse::<f32, _>(text).ok().filter(|v| v.is_finite());
    value.ok_or_else(|| match std::str::from_utf8(text) {
        Ok(_) => format!("{what} is \"{}\", not a finite number", shown(text)),
        Err(_) => format!("{what} is not UTF-8 text: \"{}\"", shown(text)),
    })
}

/// Writes rows, dense ones with all that is not missing. A row has one label; 0 where the batch has none.
pub struct Writer;

impl Encode for Writer {
    fn write(&mut self, batch: &Batch, out: &mut dyn Write) -> io::Result<()> {
        if batch.label_size > 1 {
            return super::unfit("libsvm has one label a row");
        }
        for row in 0..batch.rows() {
            write!(out, "{}", batch.label(row).first().unwrap_or(&0.0))?;
            if let Some(weights) = &batch.weights {
                write!(out, ":{}", weights[row])?;
            }
            let mut result = Ok(());
            batch.features.each(row, |column, value| {
                if result.is_ok() {
                    result = write!(out, " {column}:{value}");
                }
            });
            result?;
            out.write_all(b"\n")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Bounds, Format, Matrix, Table};

    #[test]
    fn rows_name_their_columns() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows.libsvm");
        std::fs::write(&path, "1 0:2.5 3:-1 # note\n\n-1:0.5\n").unwrap();
        let table = Table::read(&path, Format::Libsvm).unwrap();
        assert_eq!(table.labels, [1.0, -1.0]);
        assert_eq!(table.weights, Some(vec![1.0, 0.5]));
        let Matrix::Sparse(rows) = &table.features else { panic!() };
        assert_eq!((rows.row(0), rows.row(1), rows.width), ((&[0, 3][..], &[2.5, -1.0][..]), (&[][..], &[][..]), 4));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let fail = |text: &[u8]| row(text, &mut Builder::new(Bounds::default())).unwrap_err();
        assert_eq!(fail(b"x 1:2"), "the label is \"x\", not a finite number");
        assert_eq!(fail(b"inf 1:2"), "the label is \"inf\", not a finite number");
        assert_eq!(fail(b"1 2"), "\"2\" should look like column:value");
        assert_eq!(fail(b"1 -2:3"), "\"-2:3\" has no column number up to 268435456");
        assert_eq!(fail(b"1 99999999999:3"), "\"99999999999:3\" has no column number up to 268435456");
        assert_eq!(fail(b"1 2:nan"), "a value is \"nan\", not a finite number");
        assert_eq!(fail(b"1 2:\xff"), "a value is not UTF-8 text: \"\u{fffd}\"");
        assert_eq!(fail(b"1 5:1 5:2"), "column 5 follows column 5; they must ascend");
    }
}
