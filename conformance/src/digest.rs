//! The digests of `litert/trace.py`.

use std::fmt::Write;

use sha2::{Digest as _, Sha256};

/// Over runs: the SHA-256 of the SHA-256 of what each one gave.
#[derive(Clone, Default)]
pub struct Digest(Sha256);

impl Digest {
    /// Adds a run by the [`sha256`] of its bytes.
    pub fn add(&mut self, run: &[u8; 32]) {
        self.0.update(run);
    }

    /// The first 16 bytes in hexadecimal, as the files have them.
    pub fn hex(&self) -> String {
        let mut hex = String::new();
        for byte in &self.0.clone().finalize()[..16] {
            let _ = write!(hex, "{byte:02x}");
        }
        hex
    }
}

/// The digest of the bytes of one run.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}
