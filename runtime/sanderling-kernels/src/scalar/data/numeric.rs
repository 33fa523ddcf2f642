//! Elements of any type, one at a time.

use half::{bf16, f16};
use sanderling_format::calls::Numeric;

fn bytes<const N: usize>(data: &[u8], index: usize) -> [u8; N] {
    data.as_chunks::<N>().0.get(index).copied().unwrap_or([0; N])
}

fn put<const N: usize>(data: &mut [u8], index: usize, value: [u8; N]) {
    if let Some(place) = data.as_chunks_mut::<N>().0.get_mut(index) {
        *place = value;
    }
}

/// Element `index` as an integer; real ones toward zero, saturating.
pub fn integer(numeric: Numeric, data: &[u8], index: usize) -> i64 {
    let byte = || bytes::<1>(data, index)[0];
    match numeric {
        Numeric::I8 => i64::from(byte() as i8),
        Numeric::U8 => i64::from(byte()),
        Numeric::FlippedU8 => i64::from(byte() ^ 0x80),
        Numeric::Bool => i64::from(byte() != 0),
        Numeric::I16 => i64::from(i16::from_le_bytes(bytes(data, index))),
        Numeric::I32 => i64::from(i32::from_le_bytes(bytes(data, index))),
        Numeric::I64 => i64::from_le_bytes(bytes(data, index)),
        Numeric::F16 | Numeric::BF16 | Numeric::F32 => real(numeric, data, index) as i64,
    }
}

/// Element `index` as a real number.
pub fn real(numeric: Numeric, data: &[u8], index: usize) -> f64 {
    match numeric {
        Numeric::F16 => f16::from_le_bytes(bytes(data, index)).to_f64(),
        Numeric::BF16 => bf16::from_le_bytes(bytes(data, index)).to_f64(),
        Numeric::F32 => f64::from(f32::from_le_bytes(bytes(data, index))),
        _ => integer(numeric, data, index) as f64,
    }
}

/// Sets element `index` to an integer, which wraps.
pub fn put_integer(numeric: Numeric, data: &mut [u8], index: usize, value: i64) {
    match numeric {
        Numeric::I8 | Numeric::U8 => put(data, index, [value as u8]),
        Numeric::FlippedU8 => put(data, index, [value as u8 ^ 0x80]),
        Numeric::Bool => put(data, index, [u8::from(value != 0)]),
        Numeric::I16 => put(data, index, (value as i16).to_le_bytes()),
        Numeric::I32 => put(data, index, (value as i32).to_le_bytes()),
        Numeric::I64 => put(data, index, value.to_le_bytes()),
        Numeric::F16 | Numeric::BF16 | Numeric::F32 => put_real(numeric, data, index, value as f64),
    }
}

/// Sets element `index` to a real number, rounded once.
pub fn put_real(numeric: Numeric, data: &mut [u8], index: usize, value: f64) {
    match numeric {
        Numeric::F16 => put(data, index, f16::from_f64(value).to_le_bytes()),
        Numeric::BF16 => put(data, index, bf16::from_f64(value).to_le_bytes()),
        Numeric::F32 => put(data, index, (value as f32).to_le_bytes()),
        Numeric::Bool => put(data, index, [u8::from(value != 0.0)]),
        _ => put_integer(numeric, data, index, value as i64),
    }
}

/// Sets index `at` of an output of places to `value`, in 4 or 8 bytes.
pub fn put_index(index_bytes: u32, data: &mut [u8], at: usize, value: usize) {
    let numeric = if index_bytes == 4 { Numeric::I32 } else { Numeric::I64 };
    put_integer(numeric, data, at, value as i64);
}
