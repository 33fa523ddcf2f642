//! int8 convolution: two weight rows against one or two columns.

use core::arch::asm;

use sanderling_format::calls::Conv2dI8;

use super::Dsp;
use crate::kernel::{Operands, Runs};
use crate::scalar::{Dot, convolve};

impl Runs<Conv2dI8> for Dsp {
    fn run(call: &Conv2dI8, operands: Operands<'_>) {
        convolve::<Dsp>(call, operands);
    }
}

impl Dot for Dsp {
    const ROWS: usize = 2;

    #[inline(always)]
    fn pair(rows: &[u8], columns: &[u8], row_bytes: usize) -> [[i32; 2]; 4] {
        if row_bytes == 0 || rows.len() < 2 * row_bytes || columns.len() < 2 * row_bytes {
            return [[0; 2]; 4];
        }
        let (mut a00, mut a01, mut a10, mut a11) = (0i32, 0i32, 0i32, 0i32);
        // SAFETY: both slices hold two rows of `row_bytes`, a multiple of 4; words at `p` and `p + row_bytes` are read
        // for `p` in the first row. r7 cannot be an operand and is saved; no operand is on the stack.
        unsafe {
            asm!(
                "push {{r7}}",
                "2:",
                "ldr {x1}, [{x}, {n}]",
                "ldr {x0}, [{x}], #4",
                "ldr {wo}, [{w}]",
                "sxtb16 {e0}, {x0}",
                "sxtb16 {x0}, {x0}, ror #8",
                "sxtb16 {e1}, {x1}",
                "sxtb16 {x1}, {x1}, ror #8",
                "sxtb16 r7, {wo}",
                "sxtb16 {wo}, {wo}, ror #8",
                "smlad {a00}, r7, {e0}, {a00}",
                "smlad {a01}, r7, {e1}, {a01}",
                "smlad {a00}, {wo}, {x0}, {a00}",
                "smlad {a01}, {wo}, {x1}, {a01}",
                "ldr {wo}, [{w}, {n}]",
                "adds {w}, {w}, #4",
                "sxtb16 r7, {wo}",
                "sxtb16 {wo}, {wo}, ror #8",
                "smlad {a10}, r7, {e0}, {a10}",
                "smlad {a11}, r7, {e1}, {a11}",
                "smlad {a10}, {wo}, {x0}, {a10}",
                "smlad {a11}, {wo}, {x1}, {a11}",
                "cmp {w}, {end}",
                "bne 2b",
                "pop {{r7}}",
                w = inout(reg) rows.as_ptr() => _,
                x = inout(reg) columns.as_ptr() => _,
                n = in(reg) row_bytes,
                end = in(reg) rows.as_ptr().add(row_bytes),
                a00 = inout(reg) a00, a01 = inout(reg) a01, a10 = inout(reg) a10, a11 = inout(reg) a11,
                wo = out(reg) _, x0 = out(reg) _, x1 = out(reg) _, e0 = out(reg) _, e1 = out(reg) _,
                options(readonly),
            );
        }
        [[a00, a01], [a10, a11], [0; 2], [0; 2]]
    }

    #[inline(always)]
    fn single(rows: &[u8], column: &[u8]) -> [i32; 4] {
        let row_bytes = column.len();
        if row_bytes == 0 || rows.len() < 2 * row_bytes {
            return [0; 4];
        }
        let (mut a0, mut a1) = (0i32, 0i32);
        // SAFETY: `rows` holds two rows as long as the column, a multiple of 4 bytes.
        unsafe {
            asm!(
                "2:",
                "ldr {w1}, [{w}, {n}]",
                "ldr {w0}, [{w}], #4",
                "ldr {x0}, [{x}], #4",
                "sxtb16 {t}, {w0}",
                "sxtb16 {w0}, {w0}, ror #8",
                "sxtb16 {x1}, {x0}",
                "sxtb16 {x0}, {x0}, ror #8",
                "smlad {a0}, {t}, {x1}, {a0}",
                "smlad {a0}, {w0}, {x0}, {a0}",
                "sxtb16 {t}, {w1}",
                "sxtb16 {w1}, {w1}, ror #8",
                "smlad {a1}, {t}, {x1}, {a1}",
                "smlad {a1}, {w1}, {x0}, {a1}",
                "cmp {w}, {end}",
                "bne 2b",
                w = inout(reg) rows.as_ptr() => _,
                x = inout(reg) column.as_ptr() => _,
                n = in(reg) row_bytes,
                end = in(reg) rows.as_ptr().add(row_bytes),
                a0 = inout(reg) a0, a1 = inout(reg) a1,
                w0 = out(reg) _, w1 = out(reg) _, x0 = out(reg) _, x1 = out(reg) _, t = out(reg) _,
                options(readonly, nostack),
            );
        }
        [a0, a1, 0, 0]
    }
}
