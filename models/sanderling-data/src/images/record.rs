//! Image RecordIO, as MXNet's `im2rec` writes it: a header and a packed picture in each frame.
//!
//! The header is `{u32 flag, f32 label, u64 id, u64 id2}`, little-endian. A flag above 0 says that so many `f32` labels follow, and the
//! label in the header counts for nothing.

use std::io::{self, Write};

use crate::recordio::{Frames, write_frame};
use crate::{DataError, Part};

const HEADER: usize = 24;

/// A picture with its labels.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageRecord {
    pub id: u64,
    pub id2: u64,
    /// One or more; none is written as the label 0.
    pub labels: Vec<f32>,
    /// JPEG or PNG.
    pub picture: Vec<u8>,
}

impl ImageRecord {
    /// From the bytes of a frame.
    pub fn decode(bytes: &[u8]) -> Result<ImageRecord, String> {
        let Some((header, mut rest)) = bytes.split_first_chunk::<HEADER>() else {
            return Err(format!("it has {} bytes; an image record begins with {HEADER}", bytes.len()));
        };
        let word = |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
        let long = |at: usize| u64::from(word(at)) | u64::from(word(at + 4)) << 32;
        let flag = word(0) as usize;
        let mut labels = vec![f32::from_bits(word(4))];
        if flag > 0 {
            let Some((bytes, picture)) = flag.checked_mul(4).and_then(|size| rest.split_at_checked(size)) else {
                return Err(format!("it says that {flag} labels follow and has {} bytes", rest.len()));
            };
            labels = bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
            rest = picture;
        }
        match labels.iter().find(|label| !label.is_finite()) {
            Some(label) => Err(format!("the label is {label}, not a finite number")),
            None => Ok(ImageRecord { id: long(8), id2: long(16), labels, picture: rest.to_vec() }),
        }
    }

    /// As a frame; a label alone goes into the header.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let (flag, label) = match self.labels[..] {
            [] => (0, 0.0),
            [label] => (0, label),
            _ => (self.labels.len() as u32, 0.0),
        };
        let mut bytes = Vec::with_capacity(HEADER + self.picture.len());
        bytes.extend(flag.to_le_bytes());
        bytes.extend(label.to_le_bytes());
        bytes.extend(self.id.to_le_bytes());
        bytes.extend(self.id2.to_le_bytes());
        if flag > 0 {
            bytes.extend(self.labels.iter().flat_map(|label| label.to_le_bytes()));
        }
        bytes.extend(&self.picture);
        // MXNet's own readers join what is split.
        write_frame(&bytes, true, out)
    }
}

/// The image records of a file, one at a time.
pub struct ImageRecords {
    frames: Frames,
}

impl ImageRecords {
    pub fn open(part: &Part) -> Result<ImageRecords, DataError> {
        Ok(ImageRecords { frames: Frames::open(part)? })
    }

    /// An error in the record that was read last.
    pub fn fail<T>(&self, what: impl Into<String>) -> Result<T, DataError> {
        self.frames.fail(what)
    }
}

impl Iterator for ImageRecords {
    type Item = Result<ImageRecord, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        let record = match self.frames.read().transpose()? {
            Ok(bytes) => ImageRecord::decode(bytes),
            Err(error) => return Some(Err(error)),
        };
        Some(record.or_else(|what| self.frames.fail(what)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_label_and_several_come_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.rec");
        // A picture with the magic at a multiple of 4 is split.
        let picture = [&[9; 8][..], &0xCED7_230Au32.to_le_bytes(), &[7]].concat();
        let one = ImageRecord { id: 1, id2: 0, labels: vec![3.0], picture: picture.clone() };
        let detection = ImageRecord { id: 2, id2: u64::MAX, labels: vec![2.0, 5.0, 1.0, 0.0, 0.0, 1.0, 0.5], picture };
        let mut bytes = Vec::new();
        one.write(&mut bytes).unwrap();
        assert_eq!(
            &bytes[..36],
            [
                &0xCED7_230Au32.to_le_bytes()[..],
                &[32, 0, 0, 0x20],
                &[0; 4],
                &3f32.to_le_bytes(),
                &[1],
                &[0; 15],
                &[9; 4]
            ]
            .concat()
        );
        detection.write(&mut bytes).unwrap();
        std::fs::write(&path, bytes).unwrap();
        let read: Vec<ImageRecord> = ImageRecords::open(&Part::local(&path)).unwrap().map(Result::unwrap).collect();
        assert_eq!(read, [one, detection]);
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert_eq!(ImageRecord::decode(&[0; 23]).unwrap_err(), "it has 23 bytes; an image record begins with 24");
        let many = [&u32::MAX.to_le_bytes()[..], &[0; 20]].concat();
        assert_eq!(ImageRecord::decode(&many).unwrap_err(), "it says that 4294967295 labels follow and has 0 bytes");
        let nan = [&[0; 4][..], &f32::NAN.to_le_bytes(), &[0; 16]].concat();
        assert_eq!(ImageRecord::decode(&nan).unwrap_err(), "the label is NaN, not a finite number");
    }
}
