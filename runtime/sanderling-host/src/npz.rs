//! numpy's `.npz` and `.npy`.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek};
use std::path::Path;

use npyz::npz::file_name_from_array_name;
use npyz::{DType, NpyHeader, Order, TypeStr, WriterBuilder};
use sanderling_format::Element;

use crate::array::Array;
use crate::file::{FileError, write_atomically};

/// Largest array that is read.
const MOST_BYTES: usize = 1 << 32;
/// Longest header of an array, numpy's own limit.
const MOST_HEADER_BYTES: u32 = 10_000;
/// Deepest nesting of brackets in a header; a shape is two deep.
const MOST_DEPTH: i32 = 6;

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
        // Not by the archive's own name for it, which would parse any header.
        let file = archive.zip_archive().by_name(&file_name_from_array_name(&name)).map_err(io::Error::from);
        let array = file.and_then(|file| read_array(name.clone(), file));
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
    let header = read_header(&mut reader)?;
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

/// The header, whose text is a Python literal. The time to parse one grows with the power of how deep its brackets are nested.
fn read_header(reader: &mut impl Read) -> io::Result<NpyHeader> {
    let mut head = vec![0; 8];
    reader.read_exact(&mut head)?;
    // From version 2 on, its length takes four bytes.
    let mut length = [0; 4];
    let width = if head[6] < 2 { 2 } else { 4 };
    reader.read_exact(&mut length[..width])?;
    let bytes = u32::from_le_bytes(length);
    if bytes > MOST_HEADER_BYTES {
        return Err(invalid(format!(
            "its header has {bytes} bytes, more than the {MOST_HEADER_BYTES} that numpy reads"
        )));
    }
    head.extend_from_slice(&length[..width]);
    let text = head.len();
    head.resize(text + bytes as usize, 0);
    reader.read_exact(&mut head[text..])?;
    let mut depth = 0;
    for byte in &head[text..] {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth -= 1,
            _ => {}
        }
        if depth > MOST_DEPTH {
            return Err(invalid(format!("the brackets of its header are nested more than {MOST_DEPTH} deep")));
        }
    }
    NpyHeader::from_reader(head.as_slice())
}

fn invalid(what: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
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
    fn nested_brackets_are_refused_at_once() {
        let why = decode_npz(Cursor::new(npy(&"1,(".repeat(30), 6))).unwrap_err();
        assert!(why.contains("nested"), "{why}");
        let why = decode_npz(Cursor::new(npy(&"1,".repeat(6000), 6))).unwrap_err();
        assert!(why.contains("12"), "{why}");
    }

    #[test]
    fn no_more_is_read_than_the_shape_says() {
        let mut endless = Counted(Cursor::new(npy("2, 3", 6)).chain(io::repeat(0)), 0);
        read_array(String::new(), &mut endless).unwrap_err();
        assert!(endless.1 < 1000, "{}", endless.1);
    }
}
