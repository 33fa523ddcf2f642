//! libsvm: `label[:weight] column:value ...`, a line for each row, columns counted from 0 and ascending.

use std::io::BufRead;
use std::path::Path;

use crate::{Csr, DataError, Matrix, Table, file};

/// Columns beyond this are taken for damage rather than for data.
const COLUMN_MAX: u32 = 1 << 28;

/// Reads one file.
pub fn read(path: &Path) -> Result<Table, DataError> {
    let (mut rows, mut labels, mut weights) = (Csr::default(), Vec::new(), Vec::new());
    for (index, text) in file::open(path)?.lines().enumerate() {
        let text = text.map_err(DataError::io(path))?;
        // What follows a number sign is a comment.
        let text = text.split('#').next().unwrap_or("").trim();
        if text.is_empty() {
            continue;
        }
        let row = parse(text).or_else(|what| DataError::line(path, index as u64 + 1, what))?;
        labels.push(row.label);
        weights.push(row.weight);
        rows.push(row.elements);
    }
    let weights = weights.iter().any(Option::is_some).then(|| weights.iter().map(|w| w.unwrap_or(1.0)).collect());
    Ok(Table { features: Matrix::Sparse(rows), labels, weights, names: Vec::new() })
}

struct Row {
    label: f32,
    weight: Option<f32>,
    elements: Vec<(u32, f32)>,
}

fn parse(text: &str) -> Result<Row, String> {
    let mut words = text.split_ascii_whitespace();
    let first = words.next().unwrap_or("");
    let (label, weight) = match first.split_once(':') {
        Some((label, weight)) => (label, Some(finite(weight, "the weight")?)),
        None => (first, None),
    };
    let label = finite(label, "the label")?;
    let mut elements: Vec<(u32, f32)> = Vec::new();
    // Ranking data has a query id behind the label.
    for word in words.filter(|word| !word.starts_with("qid:")) {
        let Some((column, value)) = word.split_once(':') else {
            return Err(format!("\"{word}\" should look like column:value"));
        };
        let column = column.parse().ok().filter(|&c| c <= COLUMN_MAX);
        let column = column.ok_or_else(|| format!("\"{word}\" has no column number up to {COLUMN_MAX}"))?;
        if elements.last().is_some_and(|&(before, _)| before >= column) {
            return Err(format!("column {column} follows column {}; they must ascend", elements[elements.len() - 1].0));
        }
        elements.push((column, finite(value, "a value")?));
    }
    Ok(Row { label, weight, elements })
}

fn finite(text: &str, what: &str) -> Result<f32, String> {
    let value = text.parse::<f32>().ok().filter(|v| v.is_finite());
    value.ok_or_else(|| format!("{what} is \"{text}\", not a finite number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_name_their_columns() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows.libsvm");
        std::fs::write(&path, "1 0:2.5 3:-1 # note\n\n-1:0.5\n").unwrap();
        let table = read(&path).unwrap();
        assert_eq!(table.labels, [1.0, -1.0]);
        assert_eq!(table.weights, Some(vec![1.0, 0.5]));
        let Matrix::Sparse(rows) = &table.features else { panic!() };
        assert_eq!((rows.row(0), rows.row(1), rows.width), ((&[0, 3][..], &[2.5, -1.0][..]), (&[][..], &[][..]), 4));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let fail = |text: &str| parse(text).err().unwrap();
        assert_eq!(fail("x 1:2"), "the label is \"x\", not a finite number");
        assert_eq!(fail("1 2"), "\"2\" should look like column:value");
        assert_eq!(fail("1 -2:3"), "\"-2:3\" has no column number up to 268435456");
        assert_eq!(fail("1 2:nan"), "a value is \"nan\", not a finite number");
        assert_eq!(fail("1 5:1 5:2"), "column 5 follows column 5; they must ascend");
    }
}
