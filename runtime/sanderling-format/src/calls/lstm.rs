//! Long short-term memory on int8 values.

use super::int8::is_shift;
use super::{Call, reads, words};
use crate::access::{Accesses, Region, size};
use crate::words::{Reader, Words};

words! {
    /// Long short-term memory over `x[steps, batch, features]`; the output is `y[steps, batch, units]`, `cell` takes the
    /// last cell state `[batch, units]`, i16 of `cell_bits` integer bits, clamped to `clip` unless that is 0. Gates input,
    /// forget, cell, output. `rows`: for each row of `w` and `r` bias, multiplier and shift of the input's share and of
    /// the state's, i32 each, zero points folded into the biases.
    LstmI8 {
        steps: u32, batch: u32, features: u32, units: u32, reverse: u32,
        cell_bits: u32, clip: i32, zero: i32, multiplier: i32, shift: i32,
        x: u32, w: u32, r: u32, rows: u32, h: u32, c: u32, output: u32, cell: u32,
    }
}

impl LstmI8 {
    /// Bytes of one entry of `rows`.
    pub const ROW_BYTES: u32 = 24;
}

impl Call for LstmI8 {
    const ID: u16 = 20;
    const NAME: &'static str = "lstm_i8";
    fn accesses(&self) -> Option<Accesses> {
        let state = size(&[self.batch, self.units])?;
        let cell = state.checked_mul(2)?;
        let ok = self.cell_bits <= 6
            && (0..=32767).contains(&self.clip)
            && (-128..=127).contains(&self.zero)
            && is_shift(self.shift);
        ok.then_some(Accesses {
            reads: reads([
                (self.x, size(&[self.steps, self.batch, self.features])?),
                (self.w, size(&[4, self.units, self.features])?),
                (self.r, size(&[4, self.units, self.units])?),
                (self.rows, size(&[4, self.units, Self::ROW_BYTES])?),
                (self.h, state),
                (self.c, cell),
            ]),
            output: Region { offset: self.output, bytes: size(&[self.steps, self.batch, self.units])? },
            scratch: Region { offset: self.cell, bytes: cell },
            ..Accesses::default()
        })
    }
}
