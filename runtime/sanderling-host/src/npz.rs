//! numpy's `.npz` and `.npy`.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek};
use std::path::Path;

use npyz::{DType, NpyHeader, Order, TypeStr, WriterBuilder};
use sanderling_format::Element;

use crate::array::Array;
use crate::file::{FileError, write_atomically};

/// All arrays of a `.npz`, in the order of the file, or the one of a `.npy`, which has no name.
pub fn read_npz(path: &Path) -> Result<Vec<Array>, FileError> {
    let file = File::open(path).map_err(|source| FileError::Read { path: path.into(), source })?;
    let content = |what: String| FileError::Content { path: path.into(), what };
    let mut file = BufReader::new(file);
    let mut magic = [0; 6];
    let is_npy = file.read_exact(&mut magic).is_ok() && magic == *b"\x93NUMPY";
    file.rewind().map_err(|source| FileError::Read { path: path.into(), source })?;
    if is_npy {
        return Ok(vec![read_array(String::new(), file).map_err(|e| content(e.to_string()))?]);
    }
    let mut archive = npyz::npz::NpzArchive::new(file).map_err(|e| content(format!("neither .npz nor .npy: {e}")))?;
    let mut names: Vec<String> = archive.array_names().map(str::to_string).collect();
    names.sort();
    let mut arrays = Vec::new();
    for name in names {
        let data = archive.by_name(&name).map_err(|e| content(format!("array {name}: {e}")))?;
        let Some(data) = data else { continue };
        let header = data.header().clone();
        let array = read_body(name.clone(), &header, data.into_inner());
        arrays.push(array.map_err(|e| content(format!("array {name}: {e}")))?);
    }
    Ok(arrays)
}

/// Writes arrays under their names, whole or not at all.
pub fn write_npz(path: &Path, arrays: &[Array]) -> Result<(), FileError> {
    let mut bytes = Cursor::new(Vec::new());
    encode(arrays, &mut bytes).map_err(|source| FileError::Write { path: path.into(), source })?;
    write_atomically(path, bytes.get_ref())
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
    let mut data = Vec::new();
    reader.read_to_end(&mut data)?;
    if bytes != Some(data.len()) {
        return Err(invalid(format!("{} bytes do not make {shape:?}", data.len())));
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
            Element::F16 => return Err(io::Error::other("float16 outputs cannot be written")),
        }
    }
    Ok(())
}
