//! Between quantized and real numbers.

use sanderling_format::calls::{Dequantize, Numeric, Quantize};

use super::round;
use crate::kernel::{Operands, Runs};
use crate::scalar::Scalar;
use crate::scalar::data::numeric::{integer, put_integer};

/// Scale and zero point of each index of an axis.
struct Params<'a> {
    words: &'a [[u8; 8]],
    count: usize,
    inner: usize,
}

impl Params<'_> {
    fn new(bytes: &[u8], count: u32, inner: u32) -> Params<'_> {
        Params { words: bytes.as_chunks().0, count: count as usize, inner: inner as usize }
    }

    /// Those of an element.
    fn of(&self, index: usize) -> (f32, i32) {
        let channel = if self.count == 1 { 0 } else { index / self.inner.max(1) % self.count.max(1) };
        let [a, b, c, d, e, f, g, h] = self.words.get(channel).copied().unwrap_or([0; 8]);
        (f32::from_le_bytes([a, b, c, d]), i32::from_le_bytes([e, f, g, h]))
    }
}

impl Runs<Dequantize> for Scalar {
    fn run(call: &Dequantize, operands: Operands<'_>) {
        let Operands { reads: [input, params, ..], output, .. } = operands;
        let Some(from) = Numeric::from_code(call.from) else { return };
        let params = Params::new(params, call.count, call.inner);
        for (i, out) in output.as_chunks_mut::<4>().0.iter_mut().enumerate() {
            let (scale, zero) = params.of(i);
            let value = (integer(from, input, i) as i32).wrapping_sub(zero);
            *out = (value as f32 * scale).to_le_bytes();
        }
    }
}

impl Runs<Quantize> for Scalar {
    fn run(call: &Quantize, operands: Operands<'_>) {
        let Operands { reads: [input, params, ..], output, .. } = operands;
        let Some(to) = Numeric::from_code(call.to) else { return };
        let params = Params::new(params, call.count, call.inner);
        for (i, real) in input.as_chunks::<4>().0.iter().enumerate() {
            let (scale, zero) = params.of(i);
            let value = zero.saturating_add(round(f32::from_le_bytes(*real) / scale) as i32);
            put_integer(to, output, i, i64::from(value.max(call.low).min(call.high)));
        }
    }
}
