//! CSV: a label in front, then features.

use std::path::Path;

use crate::{DataError, Matrix, Table, file};

/// Reads one file. `labels` leading columns (0 or 1) are labels; with `weights` the column behind them is the weight.
pub fn read(path: &Path, labels: usize, weights: bool) -> Result<Table, DataError> {
    let mut options = csv::ReaderBuilder::new();
    options.has_headers(false).flexible(true).trim(csv::Trim::All);
    let mut reader = options.from_reader(file::open(path)?);
    let before = labels + usize::from(weights);
    let mut rows = Rows { path, before, width: None, values: Vec::new() };
    let (mut names, mut all_labels, mut all_weights) = (Vec::new(), Vec::new(), Vec::new());
    let mut record = csv::StringRecord::new();
    let mut is_first = true;
    loop {
        let more = reader.read_record(&mut record).map_err(|error| broken(path, error))?;
        if !more {
            break;
        }
        let line = record.position().map_or(0, csv::Position::line);
        let is_header = is_first && record.iter().all(|field| !field.is_empty() && field.parse::<f32>().is_err());
        is_first = false;
        if is_header {
            rows.check_width(line, record.len())?;
            names = record.iter().skip(before).map(str::to_string).collect();
            continue;
        }
        rows.check_width(line, record.len())?;
        for (index, field) in record.iter().enumerate() {
            match index {
                i if i < labels => all_labels.push(rows.finite(line, index, field, "label")?),
                i if i < before => all_weights.push(rows.finite(line, index, field, "weight")?),
                _ => rows.feature(line, index, field)?,
            }
        }
    }
    let columns = rows.width.unwrap_or(before) - before;
    let features = Matrix::Dense { values: rows.values, columns };
    Ok(Table { features, labels: all_labels, weights: weights.then_some(all_weights), names })
}

struct Rows<'a> {
    path: &'a Path,
    /// Columns before the features.
    before: usize,
    width: Option<usize>,
    values: Vec<f32>,
}

impl Rows<'_> {
    fn check_width(&mut self, line: u64, found: usize) -> Result<(), DataError> {
        match self.width {
            Some(width) if width != found => {
                DataError::line(self.path, line, format!("it has {found} columns, the lines before it {width}"))
            }
            None if found <= self.before => {
                let what = format!("it has {found} columns; {} and at least one feature are needed", self.before);
                DataError::line(self.path, line, what)
            }
            _ => {
                self.width = Some(found);
                Ok(())
            }
        }
    }

    /// A label or a weight, which must be there.
    fn finite(&self, line: u64, index: usize, field: &str, what: &str) -> Result<f32, DataError> {
        match field.parse::<f32>() {
            Ok(value) if value.is_finite() => Ok(value),
            _ => DataError::line(
                self.path,
                line,
                format!("the {what} in column {} is \"{field}\", not a finite number", index + 1),
            ),
        }
    }

    fn feature(&mut self, line: u64, index: usize, field: &str) -> Result<(), DataError> {
        let value = if field.is_empty() { Some(f32::NAN) } else { field.parse::<f32>().ok() };
        match value.filter(|v| !v.is_infinite()) {
            Some(value) => self.values.push(value),
            None => {
                let column = index + 1;
                let what = format!("column {column} is \"{field}\", not a finite number; encode text as numbers first");
                return DataError::line(self.path, line, what);
            }
        }
        Ok(())
    }
}

fn broken(path: &Path, error: csv::Error) -> DataError {
    let line = error.position().map_or(0, csv::Position::line);
    match error.into_kind() {
        csv::ErrorKind::Io(source) => DataError::Io { path: path.into(), source },
        csv::ErrorKind::Utf8 { err, .. } => {
            DataError::Line { path: path.into(), line, what: format!("it is not UTF-8 text: {err}") }
        }
        kind => DataError::Line { path: path.into(), line, what: format!("{kind:?}") },
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn table(text: &str) -> Result<Table, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows.csv");
        fs::write(&path, text).unwrap();
        let shown = path.display().to_string();
        read(&path, 1, false).map_err(|e| e.to_string().replace(&shown, "rows.csv"))
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
    fn what_is_wrong_is_named_with_its_line() {
        let cases = [
            ("1,2,3\n0,4\n", "rows.csv, line 2: it has 2 columns, the lines before it 3"),
            ("nan,2\n", "rows.csv, line 1: the label in column 1 is \"nan\", not a finite number"),
            (",2\n", "rows.csv, line 1: the label in column 1 is \"\", not a finite number"),
            ("1,red\n", "rows.csv, line 1: column 2 is \"red\", not a finite number; encode text as numbers first"),
            ("1,inf\n", "rows.csv, line 1: column 2 is \"inf\", not a finite number; encode text as numbers first"),
            ("1\n2\n", "rows.csv, line 1: it has 1 columns; 1 and at least one feature are needed"),
        ];
        for (text, why) in cases {
            assert_eq!(table(text).unwrap_err(), why);
        }
    }
}
