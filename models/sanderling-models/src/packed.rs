//! Long lists of numbers in JSON: the bytes as hexadecimal digits, so that they are short, exact and quick to read.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};

pub fn serialize<S: Serializer>(values: &[f32], serializer: S) -> Result<S::Ok, S::Error> {
    bytes::serialize(&values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>(), serializer)
}

pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f32>, D::Error> {
    let bytes = bytes::deserialize(deserializer)?;
    let (values, rest) = bytes.as_chunks::<4>();
    if rest.is_empty() {
        Ok(values.iter().map(|b| f32::from_le_bytes(*b)).collect())
    } else {
        Err(D::Error::custom("a list of numbers is cut short"))
    }
}

/// The same for bytes.
pub mod bytes {
    use super::*;

    const DIGITS: &[u8; 16] = b"0123456789abcdef";

    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        let digits = bytes.iter().flat_map(|b| [b >> 4, b & 15]).map(|d| char::from(DIGITS[usize::from(d)]));
        serializer.serialize_str(&digits.collect::<String>())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        let digit = |c: u8| char::from(c).to_digit(16).map(|d| d as u8);
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        let bytes: Option<Vec<u8>> = pairs.iter().map(|&[a, b]| Some(digit(a)? << 4 | digit(b)?)).collect();
        bytes.filter(|_| rest.is_empty()).ok_or_else(|| D::Error::custom("a list of bytes is no list of digits"))
    }
}
