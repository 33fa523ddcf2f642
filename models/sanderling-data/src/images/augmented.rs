//! Augmented manifests: JSON Lines whose `-ref` fields are URIs of what belongs there.
//!
//! The names of attributes choose fields and order them. A name that ends in `-ref` gives the bytes behind its URI, any other
//! the value as it is. URIs without a scheme are beside the manifest.

use std::io::Read;

use serde_json::{Map, Value};

use crate::lines::Lines;
use crate::{DataError, Part, manifest};

/// A larger object is refused.
const OBJECT_MAX: u64 = 1 << 29;

/// What an attribute of a line is.
#[derive(Clone, Debug, PartialEq)]
pub enum Attribute {
    Value(Value),
    /// What a reference points to.
    Bytes(Vec<u8>),
}

/// The lines of a manifest, each with its attributes in the order of their names.
pub struct Augmented {
    part: Part,
    lines: Lines,
    names: Vec<String>,
}

impl Augmented {
    pub fn open(part: &Part, names: &[&str]) -> Result<Augmented, DataError> {
        let names = names.iter().map(|name| (*name).to_string()).collect();
        Ok(Augmented { part: part.clone(), lines: Lines::open(part)?, names })
    }

    /// An error in the line that was read last.
    pub fn fail<T>(&self, what: impl Into<String>) -> Result<T, DataError> {
        self.lines.fail(what)
    }

    fn resolve(&self, mut line: Map<String, Value>) -> Result<Vec<Attribute>, DataError> {
        let mut attributes = Vec::new();
        for name in &self.names {
            let Some(value) = line.remove(name) else {
                return self.fail(format!("it has no attribute \"{name}\""));
            };
            attributes.push(match (name.ends_with("-ref"), value) {
                (false, value) => Attribute::Value(value),
                (true, Value::String(uri)) => Attribute::Bytes(self.fetch(&uri)?),
                (true, _) => return self.fail(format!("attribute \"{name}\" should be the URI of its content")),
            });
        }
        Ok(attributes)
    }

    fn fetch(&self, uri: &str) -> Result<Vec<u8>, DataError> {
        let path = manifest::beside(self.part.path(), uri);
        let read = || {
            let mut bytes = Vec::new();
            self.part.store().open(&path)?.take(OBJECT_MAX + 1).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        let bytes: Vec<u8> =
            read().or_else(|error: std::io::Error| self.fail(format!("{}: {error}", path.display())))?;
        match bytes.len() as u64 > OBJECT_MAX {
            true => self.fail(format!("{} is larger than {OBJECT_MAX} bytes", path.display())),
            false => Ok(bytes),
        }
    }
}

impl Iterator for Augmented {
    type Item = Result<Vec<Attribute>, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let line = match self.lines.next().transpose()? {
                Ok(line) if line.trim_ascii().is_empty() => continue,
                Ok(line) => serde_json::from_slice(line),
                Err(error) => return Some(Err(error)),
            };
            let line = line.or_else(|error| self.lines.fail(format!("it is no JSON object: {error}")));
            return Some(line.and_then(|line| self.resolve(line)));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn attributes_are_chosen_and_resolved() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.manifest");
        fs::write(folder.path().join("a.bin"), [1, 2, 3]).unwrap();
        let whole = format!("file://{}", folder.path().join("a.bin").display());
        fs::write(
            &path,
            format!("{{\"class\": 3, \"source-ref\": \"a.bin\", \"more\": {{}}}}\n{{\"source-ref\":\"{whole}\",\"class\":0}}\n"),
        )
        .unwrap();
        let lines = Augmented::open(&Part::local(&path), &["source-ref", "class"]).unwrap();
        let read: Vec<_> = lines.map(Result::unwrap).collect();
        let line = |class: u32| vec![Attribute::Bytes(vec![1, 2, 3]), Attribute::Value(class.into())];
        assert_eq!(read, [line(3), line(0)]);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.manifest");
        let why = |text: &str| {
            fs::write(&path, text).unwrap();
            let mut lines = Augmented::open(&Part::local(&path), &["source-ref"]).unwrap();
            lines.next().unwrap().unwrap_err().to_string()
        };
        assert!(why("{\"class\": 3}").contains("line 1 (byte 0): it has no attribute \"source-ref\""));
        assert!(why("[1]").contains("it is no JSON object"));
        assert!(why("{\"source-ref\": 3}").contains("should be the URI"));
        assert!(why("{\"source-ref\": \"none\"}").contains("none: "));
        assert!(why("{\"source-ref\": \"s3://bucket/a\"}").contains("not s3://"));
    }
}
