//! int8 convolution: two weight rows against one or two columns.

use core::arch::asm;

use sanderling_format::calls::Conv2dI8;

use super::{Dsp, requantize};
use crate::kernel::{Operands, Runs};
use crate::scalar::{Columns, Layer, Scalar, convolve};

impl Runs<Conv2dI8> for Dsp {
    fn run(call: &Conv2dI8, operands: Operands<'_>) {
        convolve::<Dsp>(call, operands);
    }
}

impl Columns for Dsp {
    fn pair(layer: &Layer<'_>, columns: &[u8], (a, b): (&mut [u8], &mut [u8])) {
        let n = layer.call.row_bytes as usize;
        let rows = layer.channels.len();
        let fits = layer.weights.len() >= rows * n && columns.len() >= 2 * n && a.len() >= rows && b.len() >= rows;
        if !fits || rows % 2 != 0 || n == 0 {
            return Scalar::pair(layer, columns, (a, b));
        }
        let finish = |channel: &_, sum| requantize(channel, layer.call.rounding, sum, &layer.call.clamp);
        for o in (0..rows).step_by(2) {
            // SAFETY: rows `o` and `o + 1` and both columns are there, as just checked.
            let sums = unsafe { dot_2x2(layer.weights.as_ptr().add(o * n), columns.as_ptr(), n) };
            // SAFETY: as above, and so are two channels and two bytes of each output.
            unsafe {
                let [first, second] = *layer.channels.as_ptr().add(o).cast();
                *a.get_unchecked_mut(o) = finish(&first, sums[0]);
                *b.get_unchecked_mut(o) = finish(&first, sums[1]);
                *a.get_unchecked_mut(o + 1) = finish(&second, sums[2]);
                *b.get_unchecked_mut(o + 1) = finish(&second, sums[3]);
            }
        }
    }

    fn single(layer: &Layer<'_>, column: &[u8], out: &mut [u8]) {
        let n = column.len();
        let rows = layer.channels.len();
        if layer.weights.len() < rows * n || rows % 2 != 0 || n == 0 {
            return Scalar::single(layer, column, out);
        }
        let (channels, _) = layer.channels.as_chunks::<2>();
        let (out, _) = out.as_chunks_mut::<2>();
        for (pair, (channels, out)) in channels.iter().zip(out).enumerate() {
            // SAFETY: both rows are there, as just checked, and `n` is the length of the column.
            let sums = unsafe { dot_2x1(layer.weights.as_ptr().add(pair * 2 * n), column.as_ptr(), n) };
            for ((channel, sum), out) in channels.iter().zip(sums).zip(out) {
                *out = layer.requantize(channel, sum);
            }
        }
    }
}

/// Rows at `w` and `w + n` times columns at `x` and `x + n`: `[w0 x0, w0 x1, w1 x0, w1 x1]`.
///
/// # Safety
/// Both point to `2 * n` bytes; `n` is a multiple of 4 and not 0.
#[inline(always)]
unsafe fn dot_2x2(w: *const u8, x: *const u8, n: usize) -> [i32; 4] {
    let (mut a00, mut a01, mut a10, mut a11) = (0i32, 0i32, 0i32, 0i32);
    // SAFETY: words at `p` and `p + n` are read for `p` in the first row or column. r7 cannot be an operand and is
    // saved; no operand is on the stack.
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
            w = inout(reg) w => _,
            x = inout(reg) x => _,
            n = in(reg) n,
            end = in(reg) w.add(n),
            a00 = inout(reg) a00, a01 = inout(reg) a01, a10 = inout(reg) a10, a11 = inout(reg) a11,
            wo = out(reg) _, x0 = out(reg) _, x1 = out(reg) _, e0 = out(reg) _, e1 = out(reg) _,
            options(readonly),
        );
    }
    [a00, a01, a10, a11]
}

/// Rows at `w` and `w + n` times the column at `x`.
///
/// # Safety
/// `w` points to `2 * n` bytes, `x` to `n`; `n` is a multiple of 4 and not 0.
#[inline(always)]
unsafe fn dot_2x1(w: *const u8, x: *const u8, n: usize) -> [i32; 2] {
    let (mut a0, mut a1) = (0i32, 0i32);
    // SAFETY: words at `p` and `p + n` are read for `p` in the first row.
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
            w = inout(reg) w => _,
            x = inout(reg) x => _,
            n = in(reg) n,
            end = in(reg) w.add(n),
            a0 = inout(reg) a0, a1 = inout(reg) a1,
            w0 = out(reg) _, w1 = out(reg) _, x0 = out(reg) _, x1 = out(reg) _, t = out(reg) _,
            options(readonly, nostack),
        );
    }
    [a0, a1]
}
