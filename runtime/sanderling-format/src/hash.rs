//! Digests, and the generator of the self-test's inputs.

use crate::io::Element;

/// Streaming 64-bit FNV-1a: the content hash of an artifact and of its golden outputs.
///
/// It finds damage, not malice: a release is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digest(pub u64);

impl Default for Digest {
    fn default() -> Self {
        Digest(0xcbf2_9ce4_8422_2325)
    }
}

impl Digest {
    /// The digest of `bytes` alone.
    pub fn of(bytes: &[u8]) -> u64 {
        let mut digest = Digest::default();
        digest.update(bytes);
        digest.0
    }

    /// Appends bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        for &b in bytes {
            self.0 = (self.0 ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

/// 32-bit FNV-1a, the hash of the published LiteRT golden values.
pub fn fnv1a32(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |h, &b| (h ^ u32::from(b)).wrapping_mul(0x0100_0193))
}

/// Fills `out` with the top bytes of the generator `x -> 1664525 x + 1013904223`, stepped before each byte.
///
/// Returns where the generator stands, to go on from.
pub fn lcg_bytes(seed: u32, out: &mut [u8]) -> u32 {
    out.iter_mut().fold(seed, |x, byte| {
        let x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *byte = (x >> 24) as u8;
        x
    })
}

/// Fills an input of the self-test from the bytes of [`lcg_bytes`], and returns where the generator stands.
///
/// 8-bit elements are the bytes themselves. Of wider elements the first byte counts: real numbers are
/// `(byte - 128) / 64`, integers 0 or 1, so that they are indices of whatever has two elements.
pub fn golden_input(seed: u32, element: Element, out: &mut [u8]) -> u32 {
    let next = lcg_bytes(seed, out);
    match element {
        Element::I8 | Element::U8 => {}
        Element::F32 => {
            for value in out.as_chunks_mut::<4>().0 {
                *value = ((f32::from(value[0]) - 128.0) / 64.0).to_le_bytes();
            }
        }
        _ => {
            for value in out.chunks_exact_mut(element.bytes() as usize) {
                for (i, byte) in value.iter_mut().enumerate() {
                    *byte = if i == 0 { *byte & 1 } else { 0 };
                }
            }
        }
    }
    next
}
