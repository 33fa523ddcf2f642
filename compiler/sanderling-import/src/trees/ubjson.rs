//! Universal Binary JSON, as XGBoost writes it: <https://ubjson.org>.

use serde_json::{Map, Value};

use crate::ImportError;

/// How deep values may nest.
const DEPTH_MOST: usize = 64;

/// Reads one value.
pub(super) fn read(bytes: &[u8]) -> Result<Value, ImportError> {
    let mut reader = Reader { bytes, at: 0 };
    let marker = reader.marker()?;
    reader.value(marker, 0)
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn fail<T>(&self, what: impl Into<String>) -> Result<T, ImportError> {
        Err(ImportError::Malformed { what: what.into(), offset: self.at })
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], ImportError> {
        let found = self.at.checked_add(count).and_then(|end| self.bytes.get(self.at..end));
        let found = found.ok_or(ImportError::Truncated { what: "a value", offset: self.at })?;
        self.at += count;
        Ok(found)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], ImportError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// The next marker; those that say nothing are skipped.
    fn marker(&mut self) -> Result<u8, ImportError> {
        loop {
            match self.array::<1>()?[0] {
                b'N' => {}
                marker => return Ok(marker),
            }
        }
    }

    fn integer(&mut self, marker: u8) -> Result<i64, ImportError> {
        Ok(match marker {
            b'i' => i64::from(i8::from_be_bytes(self.array()?)),
            b'U' => i64::from(u8::from_be_bytes(self.array()?)),
            b'I' => i64::from(i16::from_be_bytes(self.array()?)),
            b'l' => i64::from(i32::from_be_bytes(self.array()?)),
            b'L' => i64::from_be_bytes(self.array()?),
            other => return self.fail(format!("{:?} is no integer type of UBJSON", char::from(other))),
        })
    }

    fn length(&mut self) -> Result<usize, ImportError> {
        let marker = self.marker()?;
        let length = self.integer(marker)?;
        usize::try_from(length).or_else(|_| self.fail(format!("a length of {length}")))
    }

    fn text(&mut self) -> Result<String, ImportError> {
        let length = self.length()?;
        let bytes = self.take(length)?;
        String::from_utf8(bytes.to_vec()).or_else(|_| self.fail("a text that is not UTF-8"))
    }

    fn value(&mut self, marker: u8, depth: usize) -> Result<Value, ImportError> {
        if depth > DEPTH_MOST {
            return self.fail("values nest too deep");
        }
        Ok(match marker {
            b'Z' => Value::Null,
            b'T' => Value::Bool(true),
            b'F' => Value::Bool(false),
            b'd' => Value::from(f64::from(f32::from_be_bytes(self.array()?))),
            b'D' => Value::from(f64::from_be_bytes(self.array()?)),
            b'C' => Value::from(char::from(self.array::<1>()?[0]).to_string()),
            b'S' => Value::from(self.text()?),
            b'[' => Value::Array(self.elements(depth)?),
            b'{' => Value::Object(self.members(depth)?),
            other => Value::from(self.integer(other)?),
        })
    }

    /// The type and count that may stand before the elements of a container.
    fn header(&mut self) -> Result<(Option<u8>, Option<usize>), ImportError> {
        let mut kind = None;
        if self.peek() == Some(b'$') {
            self.at += 1;
            kind = Some(self.array::<1>()?[0]);
            // Elements without bytes would let a small file ask for any number of them.
            if matches!(kind, Some(b'Z' | b'T' | b'F' | b'N')) || self.peek() != Some(b'#') {
                return self.fail("a container whose elements have no bytes, or no count");
            }
        }
        if self.peek() != Some(b'#') {
            return Ok((kind, None));
        }
        self.at += 1;
        self.length().map(|count| (kind, Some(count)))
    }

    /// Whether another element follows.
    fn goes_on(&mut self, found: usize, count: Option<usize>, end: u8) -> Result<bool, ImportError> {
        if let Some(count) = count {
            return Ok(found < count);
        }
        while self.peek() == Some(b'N') {
            self.at += 1;
        }
        let ends = self.peek() == Some(end);
        self.at += usize::from(ends);
        Ok(!ends)
    }

    fn elements(&mut self, depth: usize) -> Result<Vec<Value>, ImportError> {
        let (kind, count) = self.header()?;
        let mut found = Vec::new();
        while self.goes_on(found.len(), count, b']')? {
            let marker = kind.map_or_else(|| self.marker(), Ok)?;
            found.push(self.value(marker, depth + 1)?);
        }
        Ok(found)
    }

    fn members(&mut self, depth: usize) -> Result<Map<String, Value>, ImportError> {
        let (kind, count) = self.header()?;
        let mut found = Map::new();
        let mut read = 0;
        while self.goes_on(read, count, b'}')? {
            let name = self.text()?;
            let marker = kind.map_or_else(|| self.marker(), Ok)?;
            found.insert(name, self.value(marker, depth + 1)?);
            read += 1;
        }
        Ok(found)
    }
}
