//! Tensor types, quantization and constant data as text.

use std::fmt::Write;

use super::ParseError;
use super::cursor::{Cursor, size};
use super::words::{Word, float, parse_float};
use crate::{DType, Quant, Tensor, TensorType};

/// Constants up to this many elements are spelled as numbers.
const FEW: usize = 8;

/// `i8[1x4] q(0.5, 3)`.
pub(super) fn spell_type(ty: &TensorType) -> String {
    let mut out = ty.to_string();
    let Some(q) = &ty.quant else { return out };
    if let ([scale], [zero], 0) = (&q.scales[..], &q.zero_points[..], q.axis) {
        let _ = write!(out, " q({}, {zero})", float(*scale));
        return out;
    }
    let scales: Vec<String> = q.scales.iter().map(|s| float(*s)).collect();
    let _ = write!(out, " q(axis={}, [{}]", q.axis, scales.join(", "));
    // Weights have as many zeros as channels: left out, they leave room to read the scales.
    if q.zero_points.len() != q.scales.len() || q.zero_points.iter().any(|z| *z != 0) {
        let zeros: Vec<String> = q.zero_points.iter().map(i32::to_string).collect();
        let _ = write!(out, ", [{}]", zeros.join(", "));
    }
    out.push(')');
    out
}

/// `dtype[dims]` with its quantization.
pub(super) fn read_type(c: &mut Cursor) -> Result<TensorType, ParseError> {
    let start = *c;
    let word = c.word()?;
    let Some(dtype) = DType::from_word(word) else {
        return start.fail(format!("`{word}` is none of {}", DType::choices()));
    };
    c.expect('[')?;
    let shape = if c.sees(']') { Vec::new() } else { read_shape(c)? };
    c.expect(']')?;
    let bytes = shape.iter().try_fold(dtype.bytes(), |n, &d| n.checked_mul(d));
    // Beyond an empty axis the product says nothing: the others must stay small on their own.
    let nonzero = shape.iter().filter(|&&d| d != 0).try_fold(dtype.bytes(), |n, &d| n.checked_mul(d));
    if bytes.and(nonzero).is_none_or(|n| n > isize::MAX as usize) {
        return start.fail("a tensor of this shape does not fit the memory of any machine");
    }
    let quant = if c.peek_word() == "q" { Some(read_quant(c)?) } else { None };
    Ok(TensorType { dtype, shape, quant })
}

fn read_shape(c: &mut Cursor) -> Result<Vec<usize>, ParseError> {
    let start = *c;
    let dims: Result<Vec<usize>, String> = c.word()?.split('x').map(size).collect();
    dims.or_else(|why| start.fail(why))
}

fn read_quant(c: &mut Cursor) -> Result<Quant, ParseError> {
    c.keyword("q")?;
    c.expect('(')?;
    let quant = if c.peek_word() == "axis" {
        c.keyword("axis")?;
        c.expect('=')?;
        let axis = c.size()?;
        c.expect(',')?;
        let scales = c.list('[', ']', read_float)?;
        let zero_points = match c.eat(',') {
            true => c.list('[', ']', read_int::<i32>)?,
            false => vec![0; scales.len()],
        };
        Quant { scales, zero_points, axis }
    } else {
        let scale = read_float(c)?;
        c.expect(',')?;
        Quant::per_tensor(scale, read_int(c)?)
    };
    c.expect(')')?;
    Ok(quant)
}

fn read_float(c: &mut Cursor) -> Result<f32, ParseError> {
    let start = *c;
    let word = c.word()?;
    parse_float(word).map_or_else(|| start.fail(format!("`{word}` is not a number")), Ok)
}

fn read_int<T: std::str::FromStr>(c: &mut Cursor) -> Result<T, ParseError> {
    let start = *c;
    let word = c.word()?;
    word.parse().or_else(|_| start.fail(format!("`{word}` is not an integer of this type")))
}

/// The elements of a constant: a list of numbers, or bytes.
pub(super) fn spell_data(tensor: &Tensor) -> String {
    if let Some(numbers) = few_numbers(tensor) {
        return format!("[{}]", numbers.join(", "));
    }
    let mut out = String::with_capacity(tensor.data.len().saturating_mul(2).saturating_add(5));
    out.push_str("hex\"");
    for byte in &tensor.data {
        let _ = write!(out, "{byte:02x}");
    }
    out.push('"');
    out
}

fn few_numbers(tensor: &Tensor) -> Option<Vec<String>> {
    let size = tensor.ty.dtype.bytes();
    if tensor.data.len() > FEW * size || !tensor.data.len().is_multiple_of(size) {
        return None;
    }
    tensor.data.chunks_exact(size).map(|bytes| spell_element(tensor.ty.dtype, bytes)).collect()
}

fn spell_element(dtype: DType, bytes: &[u8]) -> Option<String> {
    match (dtype, bytes) {
        (DType::F32, &[a, b, c, d]) => Some(float(f32::from_le_bytes([a, b, c, d]))),
        (DType::I8, &[a]) => Some((a as i8).to_string()),
        (DType::U8, &[a]) => Some(a.to_string()),
        (DType::I16, &[a, b]) => Some(i16::from_le_bytes([a, b]).to_string()),
        (DType::I32, &[a, b, c, d]) => Some(i32::from_le_bytes([a, b, c, d]).to_string()),
        (DType::I64, bytes) => bytes.try_into().ok().map(|b| i64::from_le_bytes(b).to_string()),
        (DType::Bool, &[a @ (0 | 1)]) => Some((a == 1).to_string()),
        _ => None,
    }
}

/// Reads the elements of a constant of type `ty`.
pub(super) fn read_data(c: &mut Cursor, ty: TensorType) -> Result<Tensor, ParseError> {
    let start = *c;
    let data = match c.sees('[') {
        true => c.list('[', ']', |c| read_element(c, ty.dtype))?.concat(),
        false => c.hex(ty.bytes())?,
    };
    if data.len() != ty.bytes() {
        return start.fail(format!("{ty} takes {} bytes, found {}", ty.bytes(), data.len()));
    }
    Ok(Tensor { ty, data })
}

fn read_element(c: &mut Cursor, dtype: DType) -> Result<Vec<u8>, ParseError> {
    Ok(match dtype {
        DType::F32 => read_float(c)?.to_le_bytes().to_vec(),
        DType::I8 => read_int::<i8>(c)?.to_le_bytes().to_vec(),
        DType::U8 => read_int::<u8>(c)?.to_le_bytes().to_vec(),
        DType::I16 => read_int::<i16>(c)?.to_le_bytes().to_vec(),
        DType::I32 => read_int::<i32>(c)?.to_le_bytes().to_vec(),
        DType::I64 => read_int::<i64>(c)?.to_le_bytes().to_vec(),
        DType::Bool => vec![u8::from(read_int::<bool>(c)?)],
        DType::F16 | DType::BF16 => return c.fail(format!("{dtype} elements are given as hex\"...\"")),
    })
}
