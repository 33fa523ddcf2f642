//! numpy's `.npz` and `.npy`.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek};
use std::path::Path;

use npyz::{DType, NpyHeader, Order, TypeStr, WriterBuilder};
use sanderling_format::Element;

use crate::array::Array;
use crate::file::{FileError, write_atomically};

/// Largest array that is read.
const MOST_BYTES: usize = 1 << 32;

/// All arrays of a `.npz`, in the order of the file, or the one of a `.npy`, which has no name.
pub fn read_npz(path: &Path) -> Result<Vec<Array>, FileError> {
    let file = File::open(path).map_err(|source| FileError::Read { path: path.into(), source })?;
    decode_npz(BufReader::new(file)).map_err(|what| FileError::Content { path: path.into(), what })
}

/// As [`read_npz`], from anywhere; the error says what is wrong with the content.
pub fn decode_npz(mut file: impl Read + Seek) -> Result<Vec<Array>, String> {
    let mut magic = [0; 6];
    let is_npy = file.read_exact(&mut magic).is_ok() && magic == *b"\x93NUMPY";
    file.rewind().map_err(|e| e.to_string())?;
    if is_npy {
        return Ok(vec![read_array(String::new(), file).map_err(|e| e.to_string())?]);
    }
    let mut archive = npyz::npz::NpzArchive::new(file).map_err(|e| format!("neither .npz nor .npy: {e}"))?;
    let mut names: Vec<String> = archive.array_names().map(str::to_string).collect();
    names.sort();
    let mut arrays = Vec::new();
    for name in names {
        let data = archive.by_name(&name).map_err(|e| format!("array {name}: {e}"))?;
        let Some(data) = data else { continue };
        let header = data.header().clone();
        let array = read_body(name.clone(), &header, data.into_inner());
        arrays.push(array.map_err(|e| format!("array {name}: {e}"))?);
    }
    Ok(arrays)
}

/// Writes arrays under their names, whole or not at all.
pub fn write_npz(path: &Path, arrays: &[Array]) -> Result<(), FileError> {
    let bytes = encode_npz(arrays).map_err(|source| FileError::Write { path: path.into(), source })?;
    write_atomically(path, &bytes)
}

/// As [`write_npz`], into memory.
pub fn encode_npz(arrays: &[Array]) -> io::Result<Vec<u8>> {
    let mut bytes = Cursor::new(Vec::new());
    encode(arrays, &mut bytes)?;
    Ok(bytes.into_inner())
}

fn read_array(name: String, mut reader: impl Read) -> io::Result<Array> {
    let header = NpyHeader::from_reader(&mut reader)?;
    read_body(name, &header, reader)
}

fn read_body(name: String, header: &NpyHeader, mut reader: impl Read) -> io::Result<Array> {
    let invalid = |what: String| io::Error::new(io::ErrorKind::InvalidData, what);
    let DType::Plain(kind) = header.dtype() else {
        return Err(invalid("a structured array; store one array for each field".into()));
    };
    let kind = kind.to_string();
    let element = element(kind.trim_matches('\'')).ok_or_else(|| {
        invalid(format!("elements of type {kind} are not supported; convert to int8, uint8, int32, int64 or float32"))
    })?;
    let is_matrix = header.shape().len() > 1;
    if header.order() == Order::Fortran && is_matrix {
        return Err(invalid("stored column by column; store numpy.ascontiguousarray of it".into()));
    }
    let shape: Vec<usize> = header.shape().iter().map(|&d| d as usize).collect();
    let bytes = shape.iter().try_fold(element.bytes() as usize, |n, &d| n.checked_mul(d));
    let Some(bytes) = bytes.filter(|&n| n <= MOST_BYTES) else {
        return Err(invalid(format!(
            "{shape:?} of {kind} is larger than {MOST_BYTES} bytes; split it into several files"
        )));
    };
    let mut data = Vec::new();
    // One more than it should: a small file can hold any number of zeros.
    reader.by_ref().take(bytes as u64 + 1).read_to_end(&mut data)?;
    if data.len() != bytes {
        let more = if data.len() > bytes { "more bytes" } else { "fewer bytes" };
        return Err(invalid(format!("it has {more} than {shape:?} takes, {bytes}")));
    }
    Ok(Array { name, element, shape, data })
}

fn element(kind: &str) -> Option<Element> {
    Some(match kind {
        "|i1" | "<i1" => Element::I8,
        "|u1" | "<u1" => Element::U8,
        "<i2" => Element::I16,
        "<i4" => Element::I32,
        "<i8" => Element::I64,
        "<f2" => Element::F16,
        "<f4" => Element::F32,
        "|b1" => Element::Bool,
        _ => return None,
    })
}

fn kind(element: Element) -> &'static str {
    match element {
        Element::I8 => "|i1",
        Element::U8 => "|u1",
        Element::I16 => "<i2",
        Element::I32 => "<i4",
        Element::I64 => "<i8",
        Element::F16 => "<f2",
        Element::F32 => "<f4",
        Element::Bool => "|b1",
    }
}

fn encode(arrays: &[Array], out: &mut Cursor<Vec<u8>>) -> io::Result<()> {
    let mut archive = npyz::npz::NpzWriter::new(out);
    for array in arrays {
        let kind: TypeStr = kind(array.element).parse().map_err(io::Error::other)?;
        let shape: Vec<u64> = array.shape.iter().map(|&d| d as u64).collect();
        let chunks = array.data.as_slice();
        macro_rules! write {
            ($ty:ty) => {{
                let builder = archive.array::<$ty>(&array.name, Default::default())?;
                let mut writer = builder.dtype(DType::Plain(kind)).shape(&shape).begin_nd()?;
                let (values, _) = chunks.as_chunks();
                writer.extend(values.iter().map(|&bytes| <$ty>::from_le_bytes(bytes)))?;
                writer.finish()?;
            }};
        }
        match array.element {
            Element::I8 => write!(i8),
            Element::U8 => write!(u8),
            Element::I16 => write!(i16),
            Element::I32 => write!(i32),
            Element::I64 => write!(i64),
            Element::F32 => write!(f32),
            Element::Bool => {
                let builder = archive.array::<bool>(&array.name, Default::default())?;
                let mut writer = builder.dtype(DType::Plain(kind)).shape(&shape).begin_nd()?;
                writer.extend(chunks.iter().map(|&b| b != 0))?;
                writer.finish()?;
            }
            Element::F16 => write!(half::f16),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An array of bytes whose header is of another shape than its data.
    fn npy(shape: &str, bytes: usize) -> Vec<u8> {
        let header = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': ({shape}), }}");
        let header = format!("{header:117}\n");
        [b"\x93NUMPY\x01\x00", &(header.len() as u16).to_le_bytes()[..], header.as_bytes(), &vec![0; bytes]].concat()
    }

    /// How many bytes were asked for.
    struct Counted<R>(R, usize);

    impl<R: Read> Read for Counted<R> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let n = self.0.read(buffer)?;
            self.1 += n;
            Ok(n)
        }
    }

    #[test]
    fn data_fits_its_shape() {
        assert_eq!(decode_npz(Cursor::new(npy("2, 3", 6))).unwrap()[0].data.len(), 6);
        for (bytes, words) in [(5, "fewer bytes"), (7, "more bytes")] {
            let why = decode_npz(Cursor::new(npy("2, 3", bytes))).unwrap_err();
            assert!(why.contains(words) && why.contains("[2, 3]"), "{why}");
        }
        let why = decode_npz(Cursor::new(npy("1048576, 1048576", 6))).unwrap_err();
        assert!(why.contains("split"), "{why}");
    }

    #[test]
    fn no_more_is_read_than_the_shape_says() {
        let mut endless = Counted(Cursor::new(npy("2, 3", 6)).chain(io::repeat(0)), 0);
        read_array(String::new(), &mut endless).unwrap_err();
        assert!(endless.1 < 1000, "{}", endless.1);
    }
}
