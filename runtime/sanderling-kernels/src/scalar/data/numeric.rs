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
        Numeric::F16 | Numeric::BF16 | Numeric::F32 => put_real(numeric, data, index, odd_double(value)),
    }
}

/// Sets element `index` to a real number, rounded once.
pub fn put_real(numeric: Numeric, data: &mut [u8], index: usize, value: f64) {
    match numeric {
        Numeric::F16 => put(data, index, f16::from_f32(odd_single(value)).to_le_bytes()),
        Numeric::BF16 => put(data, index, bf16::from_f32(odd_single(value)).to_le_bytes()),
        Numeric::F32 => put(data, index, (value as f32).to_le_bytes()),
        Numeric::Bool => put(data, index, [u8::from(value != 0.0)]),
        _ => put_integer(numeric, data, index, value as i64),
    }
}

/// The integer where f64 holds it, elsewhere a number near it that rounds as it does: what is lost leaves a last odd bit.
fn odd_double(value: i64) -> f64 {
    let size = value.unsigned_abs();
    if size >> 53 == 0 {
        return value as f64;
    }
    // 42 digits or more stay, of which a result has 24.
    let lost = u64::from(size & 0x7ff != 0);
    let near = (size >> 11 | lost) as f64 * 2048.0;
    if value < 0 { -near } else { near }
}

/// The same of a real number where f32 holds it. The conversions of `half` from f64 itself lose digits before they round.
fn odd_single(value: f64) -> f32 {
    let near = value as f32;
    let back = f64::from(near);
    if back == value || value.is_nan() {
        return near;
    }
    let beyond = u32::from(back.abs() > value.abs());
    f32::from_bits(near.to_bits().wrapping_sub(beyond) | 1)
}

/// Sets index `at` of an output of places to `value`, in 4 or 8 bytes.
pub fn put_index(index_bytes: u32, data: &mut [u8], at: usize, value: usize) {
    let numeric = if index_bytes == 4 { Numeric::I32 } else { Numeric::I64 };
    put_integer(numeric, data, at, value as i64);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(numeric: Numeric, store: impl FnOnce(&mut [u8])) -> u32 {
        let mut data = [0; 4];
        store(&mut data[..numeric.bytes() as usize]);
        u32::from_le_bytes(data)
    }

    #[test]
    fn real_numbers_round_once() {
        let real = |numeric, v| bits(numeric, |data| put_real(numeric, data, 0, v));
        // Just above the middle of two halves, by what f32 still holds and by what only f64 does.
        assert_eq!(real(Numeric::F16, 1.0 + 2f64.powi(-11) + 2f64.powi(-23)), 0x3c01);
        assert_eq!(real(Numeric::F16, 1.0 + 2f64.powi(-11) + 2f64.powi(-50)), 0x3c01);
        assert_eq!(real(Numeric::F16, 1.0 + 2f64.powi(-11)), 0x3c00);
        assert_eq!(real(Numeric::BF16, -1.0 - 2f64.powi(-8) - 2f64.powi(-30)), 0xbf81);
        assert_eq!(real(Numeric::F16, 65519.999), 0x7bff);
        assert_eq!(real(Numeric::F16, 65520.0), 0x7c00);
        assert_eq!(real(Numeric::F16, f64::NEG_INFINITY), 0xfc00);
        assert_eq!(real(Numeric::F16, 2f64.powi(-25) + 2f64.powi(-60)), 1);
        assert_eq!(real(Numeric::F16, 1e300), 0x7c00);
        assert_eq!(real(Numeric::BF16, f64::from(f32::MAX)), 0x7f80);
        assert_eq!(real(Numeric::BF16, f64::NAN) & 0x7fc0, 0x7fc0);
    }

    #[test]
    fn integers_round_once() {
        let integer = |numeric, v: i64| bits(numeric, |data| put_integer(numeric, data, 0, v));
        assert_eq!(integer(Numeric::BF16, (1 << 30) + (1 << 22) + 1), 0x4e81);
        assert_eq!(integer(Numeric::BF16, (1 << 60) + (1 << 52) + 1), 0x5d81);
        assert_eq!(integer(Numeric::F32, (1 << 60) + (1 << 36) + 1), 0x5d80_0001);
        assert_eq!(integer(Numeric::F32, -(1 << 60) - (1 << 36)), 0xdd80_0000);
        assert_eq!(integer(Numeric::F32, i64::MIN), 0xdf00_0000);
        assert_eq!(integer(Numeric::F32, i64::MAX), 0x5f00_0000);
        assert_eq!(integer(Numeric::F16, 65519), 0x7bff);
    }
}
