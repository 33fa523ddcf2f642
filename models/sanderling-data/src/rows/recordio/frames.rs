//! The frames of RecordIO, as dmlc defines them: records of bytes one behind another.
//!
//! A frame is the magic `0xCED7230A`, a word with a flag (its top 3 bits) and a length (the other 29), then that many bytes
//! and zeros up to a multiple of 4; words are little-endian. Flag 0 is a whole record. A record that holds the magic at a
//! multiple of 4 may be split there: 1 begins it, 2 goes on, 3 ends it, and the magic between the parts is left out.
//! Readers take both; writers split only when asked, since SageMaker's own tools read whole records alone.

use std::io::{self, BufRead, Read, Write};
use std::path::{Path, PathBuf};

use crate::error::At;
use crate::{DataError, Part};

const MAGIC: [u8; 4] = 0xCED7_230Au32.to_le_bytes();
const LENGTH_BITS: u32 = 29;
/// The largest record, split or not.
const RECORD_MAX: usize = (1 << LENGTH_BITS) - 1;

/// Reads records of bytes.
pub struct Frames {
    path: PathBuf,
    bytes: Box<dyn BufRead + Send>,
    record: Vec<u8>,
    number: u64,
    offset: u64,
    next_offset: u64,
}

impl Frames {
    pub fn open(part: &Part) -> Result<Frames, DataError> {
        Ok(Frames::new(part.path(), part.open()?))
    }

    /// The path is for errors.
    pub fn new(path: &Path, bytes: Box<dyn BufRead + Send>) -> Frames {
        Frames { path: path.into(), bytes, record: Vec::new(), number: 0, offset: 0, next_offset: 0 }
    }

    /// The next record, parts joined; none at the end.
    pub fn read(&mut self) -> Result<Option<&[u8]>, DataError> {
        self.number += 1;
        self.offset = self.next_offset;
        self.record.clear();
        let mut is_begun = false;
        loop {
            let at = At { offset: self.next_offset, ..self.at() };
            if !is_begun && self.bytes.fill_buf().map_err(DataError::broken(&self.path, at))?.is_empty() {
                return Ok(None);
            }
            let flag = self.frame(at)?;
            match (flag, is_begun) {
                (0, false) | (3, true) => return Ok(Some(&self.record)),
                (1, false) | (2, true) => is_begun = true,
                _ => return DataError::at(&self.path, at, format!("a part with flag {flag} is out of order")),
            }
            self.record.extend_from_slice(&MAGIC);
        }
    }

    /// Where the record is that was read last.
    pub fn at(&self) -> At {
        At { unit: "record", number: self.number, offset: self.offset }
    }

    /// An error in that record.
    pub fn fail<T>(&self, what: impl Into<String>) -> Result<T, DataError> {
        DataError::at(&self.path, self.at(), what)
    }

    /// Appends the bytes of a frame and gives its flag.
    fn frame(&mut self, at: At) -> Result<u32, DataError> {
        let mut head = [0; 8];
        self.bytes.read_exact(&mut head).map_err(DataError::broken(&self.path, at))?;
        if head[..4] != MAGIC {
            let found = u32::from_le_bytes([head[0], head[1], head[2], head[3]]);
            let what = format!("it begins with {found:#010x}, not with RecordIO's 0xced7230a");
            return DataError::at(&self.path, at, what);
        }
        let word = u32::from_le_bytes([head[4], head[5], head[6], head[7]]);
        let length = (word & ((1 << LENGTH_BITS) - 1)) as usize;
        if self.record.len() + length > RECORD_MAX {
            return DataError::at(&self.path, at, format!("its parts are longer than {RECORD_MAX} bytes together"));
        }
        // Memory grows with what is there, not with what the length promises.
        let before = self.record.len();
        let padded = length.next_multiple_of(4) as u64;
        let read = self.bytes.by_ref().take(padded).read_to_end(&mut self.record);
        let read = read.map_err(DataError::broken(&self.path, at))?;
        if (read as u64) < padded {
            let what = format!("the data end {} bytes before it does: it is cut short", padded - read as u64);
            return DataError::at(&self.path, at, what);
        }
        self.record.truncate(before + length);
        self.next_offset += 8 + padded;
        Ok(word >> LENGTH_BITS)
    }
}

/// Writes a record: whole, or with `split` in parts at each magic that lies at a multiple of 4.
pub fn write(record: &[u8], split: bool, out: &mut dyn Write) -> io::Result<()> {
    if record.len() > RECORD_MAX {
        let what = format!("a record of {} bytes; RecordIO has up to {RECORD_MAX}", record.len());
        return Err(io::Error::new(io::ErrorKind::InvalidInput, what));
    }
    let words = record.as_chunks::<4>().0.iter().enumerate();
    let cuts = words.filter(|(_, word)| split && **word == MAGIC).map(|(index, _)| 4 * index);
    let mut start = 0;
    for cut in cuts {
        frame(if start == 0 { 1 } else { 2 }, &record[start..cut], out)?;
        start = cut + MAGIC.len();
    }
    frame(if start == 0 { 0 } else { 3 }, &record[start..], out)
}

fn frame(flag: u32, bytes: &[u8], out: &mut dyn Write) -> io::Result<()> {
    out.write_all(&MAGIC)?;
    out.write_all(&(flag << LENGTH_BITS | bytes.len() as u32).to_le_bytes())?;
    out.write_all(bytes)?;
    out.write_all(&[0; 4][..bytes.len().next_multiple_of(4) - bytes.len()])
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn read(bytes: &[u8]) -> Result<Vec<Vec<u8>>, String> {
        let mut frames = Frames::new(Path::new("x.rec"), Box::new(Cursor::new(bytes.to_vec())));
        let mut records = Vec::new();
        while let Some(record) = frames.read().map_err(|error| error.to_string())? {
            records.push(record.to_vec());
        }
        Ok(records)
    }

    #[test]
    fn records_come_back_whole_and_split() {
        let magic = &MAGIC[..];
        let records: Vec<Vec<u8>> = vec![
            vec![],
            vec![1],
            vec![1, 2, 3, 4],
            magic.to_vec(),
            [magic, magic].concat(),
            [&[0; 4], magic, &[9], magic].concat(),
            [magic, &[7; 5]].concat(),
        ];
        for split in [false, true] {
            let mut bytes = Vec::new();
            records.iter().for_each(|record| write(record, split, &mut bytes).unwrap());
            assert_eq!(read(&bytes).unwrap(), records, "{split}");
        }
        // The layout by hand: the magic is between the parts and in none of them.
        let mut bytes = Vec::new();
        write(&[&[5; 4], magic, &[6]].concat(), true, &mut bytes).unwrap();
        let parts = [magic, &[4, 0, 0, 0x20], &[5; 4], magic, &[1, 0, 0, 0x60], &[6, 0, 0, 0]];
        assert_eq!(bytes, parts.concat());
    }

    #[test]
    fn what_is_wrong_is_named() {
        let mut two = Vec::new();
        write(&[1, 2, 3, 4], false, &mut two).unwrap();
        write(&[5, 6], false, &mut two).unwrap();
        let with = |at: usize, byte: u8| {
            let mut bytes = two.clone();
            bytes[at] = byte;
            read(&bytes).unwrap_err()
        };
        assert_eq!(with(12, 0), "x.rec, record 2 (byte 12): it begins with 0xced72300, not with RecordIO's 0xced7230a");
        assert_eq!(with(7, 0x40), "x.rec, record 1 (byte 0): a part with flag 2 is out of order");
        assert_eq!(with(7, 0x20), "x.rec, record 1 (byte 12): a part with flag 0 is out of order");
        // A length of nearly 512 MiB in a file of 24 bytes.
        let why = with(19, 0x1f);
        assert!(why.starts_with("x.rec, record 2 (byte 12): the data end 520"), "{why}");
        for cut in 1..two.len() {
            let found = read(&two[..cut]);
            match cut {
                12 => assert_eq!(found.unwrap().len(), 1),
                _ => assert!(found.unwrap_err().contains("cut short"), "{cut}"),
            }
        }
    }
}
