//! Tensors and element types of the file.

use sanderling_ir::{DType, Tensor, TensorType};
use tract_onnx::pb::TensorProto;
use tract_onnx::pb::tensor_proto::DataType;

use super::call::{MOST, MOST_AXES};

/// Most elements that a tensor may have.
const MOST_ELEMENTS: usize = MOST;

/// The element type that stands for one of ONNX; types that exist there alone become the next wider ones.
pub(super) fn dtype(code: i32) -> Result<DType, String> {
    let known = DataType::try_from(code).map_err(|_| format!("element type {code} is unknown"))?;
    Ok(match known {
        DataType::Float | DataType::Double => DType::F32,
        DataType::Float16 => DType::F16,
        DataType::Bfloat16 => DType::BF16,
        DataType::Int8 => DType::I8,
        DataType::Uint8 => DType::U8,
        DataType::Int16 => DType::I16,
        DataType::Uint16 | DataType::Int32 => DType::I32,
        DataType::Uint32 | DataType::Uint64 | DataType::Int64 => DType::I64,
        DataType::Bool => DType::Bool,
        other => return Err(format!("element type {} is not supported", other.as_str_name())),
    })
}

/// Element types of inputs, which callers fill: those that the graph has under the same name.
pub(super) fn input_dtype(code: i32) -> Result<DType, String> {
    match DataType::try_from(code) {
        Ok(wide @ (DataType::Double | DataType::Uint16 | DataType::Uint32 | DataType::Uint64)) => Err(format!(
            "inputs of element type {} are not supported; export the model with another",
            wide.as_str_name()
        )),
        _ => dtype(code),
    }
}

/// The number of elements, if a tensor can have as many.
pub(super) fn elements(shape: &[usize]) -> Option<usize> {
    // An empty axis does not excuse the others.
    let product = |skip_zero: bool| {
        shape.iter().filter(|&&n| !(skip_zero && n == 0)).try_fold(1usize, |all, &n| all.checked_mul(n))
    };
    if shape.len() > MOST_AXES {
        return None;
    }
    product(true).filter(|&n| n <= MOST_ELEMENTS).and_then(|_| product(false))
}

/// A tensor of the file.
pub(super) fn read(proto: &TensorProto) -> Result<Tensor, String> {
    if proto.data_location == Some(1) || !proto.external_data.is_empty() {
        return Err("its data is in another file; save the model with all data inside".into());
    }
    let shape: Option<Vec<usize>> = proto.dims.iter().map(|&d| usize::try_from(d).ok()).collect();
    let shape = shape.filter(|shape| elements(shape).is_some()).ok_or("its shape is not one that a tensor can have")?;
    let count = shape.iter().product();
    let ty = TensorType::new(dtype(proto.data_type)?, &shape);
    let data = match proto.raw_data.is_empty() {
        true => from_fields(proto, count)?,
        false => from_raw(proto, count)?,
    };
    match data.len() == ty.bytes() {
        true => Ok(Tensor { ty, data }),
        false => Err(format!("it holds {} bytes, but {ty} needs {}", data.len(), ty.bytes())),
    }
}

fn widen<const N: usize, const M: usize>(
    raw: &[u8],
    count: usize,
    convert: impl Fn([u8; N]) -> [u8; M],
) -> Result<Vec<u8>, String> {
    let (chunks, rest) = raw.as_chunks::<N>();
    if !rest.is_empty() || chunks.len() != count {
        return Err(format!("it holds {} bytes for {count} elements of {N}", raw.len()));
    }
    Ok(chunks.iter().flat_map(|c| convert(*c)).collect())
}

fn from_raw(proto: &TensorProto, count: usize) -> Result<Vec<u8>, String> {
    let raw = &proto.raw_data;
    match DataType::try_from(proto.data_type) {
        Ok(DataType::Double) => widen(raw, count, |c| (f64::from_le_bytes(c) as f32).to_le_bytes()),
        Ok(DataType::Uint16) => widen(raw, count, |c| i32::from(u16::from_le_bytes(c)).to_le_bytes()),
        Ok(DataType::Uint32) => widen(raw, count, |c| i64::from(u32::from_le_bytes(c)).to_le_bytes()),
        Ok(DataType::Bool) => widen(raw, count, |[c]| [u8::from(c != 0)]),
        _ => Ok(raw.clone()),
    }
}

fn from_fields(proto: &TensorProto, count: usize) -> Result<Vec<u8>, String> {
    let words = &proto.int32_data;
    let (found, data): (usize, Vec<u8>) = match DataType::try_from(proto.data_type) {
        Ok(DataType::Float) => (proto.float_data.len(), flat(&proto.float_data, |v| v.to_le_bytes())),
        Ok(DataType::Double) => (proto.double_data.len(), flat(&proto.double_data, |v| (v as f32).to_le_bytes())),
        Ok(DataType::Int64) => (proto.int64_data.len(), flat(&proto.int64_data, i64::to_le_bytes)),
        Ok(DataType::Uint32 | DataType::Uint64) => {
            (proto.uint64_data.len(), flat(&proto.uint64_data, u64::to_le_bytes))
        }
        Ok(DataType::Int32 | DataType::Uint16) => (words.len(), flat(words, i32::to_le_bytes)),
        Ok(DataType::Int16 | DataType::Float16 | DataType::Bfloat16) => {
            (words.len(), flat(words, |v| (v as i16).to_le_bytes()))
        }
        Ok(DataType::Bool) => (words.len(), flat(words, |v| [u8::from(v != 0)])),
        _ => (words.len(), flat(words, |v| [v as u8])),
    };
    match found == count {
        true => Ok(data),
        false => Err(format!("it holds {found} elements instead of {count}")),
    }
}

fn flat<T: Copy, const N: usize>(values: &[T], bytes: impl Fn(T) -> [u8; N]) -> Vec<u8> {
    values.iter().flat_map(|&v| bytes(v)).collect()
}
