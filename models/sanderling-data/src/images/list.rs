//! `.lst`: index, labels and path of a picture a line, tabs between.

use std::io::{self, Write};

use crate::lines::{Lines, shown};
use crate::{DataError, Part};

/// A line of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    pub index: u64,
    /// One or more.
    pub labels: Vec<f32>,
    /// From the list's folder.
    pub path: String,
}

/// The lines of a file.
pub struct List {
    lines: Lines,
}

impl List {
    pub fn open(part: &Part) -> Result<List, DataError> {
        Ok(List { lines: Lines::open(part)? })
    }

    /// An error in the line that was read last.
    pub fn fail<T>(&self, what: impl Into<String>) -> Result<T, DataError> {
        self.lines.fail(what)
    }
}

impl Iterator for List {
    type Item = Result<Listed, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let parsed = match self.lines.next().transpose()? {
                Ok(line) if line.trim_ascii().is_empty() => continue,
                Ok(line) => parse(line),
                Err(error) => return Some(Err(error)),
            };
            return Some(parsed.or_else(|what| self.lines.fail(what)));
        }
    }
}

fn parse(line: &[u8]) -> Result<Listed, String> {
    let text = std::str::from_utf8(line).map_err(|_| format!("it is not UTF-8 text: \"{}\"", shown(line)))?;
    let fields: Vec<&str> = text.split('\t').map(str::trim).collect();
    let [index, labels @ .., path] = &fields[..] else {
        return Err("it should be index, label, path, tabs between".into());
    };
    if labels.is_empty() || path.is_empty() {
        return Err("it should be index, label, path, tabs between".into());
    }
    // im2rec writes indices as floating point numbers at times.
    let index = index.parse::<f64>().ok().filter(|index| index.fract() == 0.0 && (0.0..1e15).contains(index));
    let index = index.ok_or_else(|| format!("its index is \"{}\", not a whole number", fields[0]))? as u64;
    let number = |label: &&str| label.parse::<f32>().ok().filter(|label| label.is_finite());
    let labels: Option<Vec<f32>> = labels.iter().map(number).collect();
    let labels = labels.ok_or("a label is not a finite number")?;
    Ok(Listed { index, labels, path: (*path).to_string() })
}

/// Writes a line.
pub fn write(listed: &Listed, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "{}", listed.index)?;
    listed.labels.iter().try_for_each(|label| write!(out, "\t{label}"))?;
    writeln!(out, "\t{}", listed.path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.lst");
        let listed = |index, labels: &[f32], path: &str| Listed { index, labels: labels.into(), path: path.into() };
        let lines = [listed(0, &[1.0], "cat/a b.jpg"), listed(7, &[2.0, 5.0, 0.25], "dog.png")];
        let mut text = Vec::new();
        lines.iter().for_each(|line| write(line, &mut text).unwrap());
        assert_eq!(text, b"0\t1\tcat/a b.jpg\n7\t2\t5\t0.25\tdog.png\n");
        std::fs::write(&path, text).unwrap();
        let read: Vec<Listed> = List::open(&Part::local(&path)).unwrap().map(Result::unwrap).collect();
        assert_eq!(read, lines);
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert!(parse(b"0\ta.jpg").unwrap_err().contains("index, label, path"));
        assert!(parse(b"x\t1\ta.jpg").unwrap_err().contains("its index is \"x\""));
        assert!(parse(b"0\tnan\ta.jpg").unwrap_err().contains("not a finite number"));
        assert!(parse(b"0\t1\t\xff").unwrap_err().contains("not UTF-8"));
    }
}
