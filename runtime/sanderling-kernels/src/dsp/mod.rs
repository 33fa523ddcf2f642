//! Cortex-M4 and up: two multiply-accumulates an instruction.
//!
//! SXTB16 widens bytes 0 and 2 of a word to two halves, and bytes 1 and 3 after a rotation by 8. Weights and inputs
//! are widened the same way, so that lanes meet without packing anything ahead; SMLAD multiplies and adds both halves.

mod conv_i8;
mod depthwise_i8;

use core::arch::asm;

use sanderling_format::calls::*;

use crate::fixed::{Channel, limit};
use crate::kernel::{Isa, Kernel, kernel, overlay};
use crate::scalar;

/// Code that uses the DSP extension.
struct Dsp;

/// Every kernel: those of this folder where there are any, the scalar ones elsewhere.
pub const ALL: &[Kernel] =
    &overlay(&scalar::TABLE, &[kernel::<Conv2dI8, Dsp>(Isa::Dsp), kernel::<DepthwiseI8, Dsp>(Isa::Dsp)]);

/// From a sum to an output byte, as [`Channel::requantize_as`]; the usual case of two roundings and a factor below one half
/// in line.
#[inline(always)]
fn requantize(channel: &[u8; Channel::BYTES], rounding: u32, sum: i32, clamp: &Clamp) -> u8 {
    let channel = Channel::from_bytes(channel);
    // One test for both: of one rounding nothing is left of the shift.
    if channel.shift & (rounding as i32).wrapping_sub(1) >= 0 {
        return general(&channel, rounding, sum, clamp);
    }
    let (high, low): (i32, u32);
    // SAFETY: arithmetic on registers.
    unsafe {
        asm!(
            "smull {low}, {high}, {x}, {m}",
            // To 31 fractional bits fewer, to nearest.
            "adds {low}, {low}, #0x40000000",
            "adc {high}, {high}, #0",
            "lsl {high}, {high}, #1",
            "orr {high}, {high}, {low}, lsr #31",
            // To nearest, halves away from zero: the last bit shifted out is the carry.
            "add {high}, {high}, {high}, asr #31",
            "asrs {high}, {high}, {e}",
            "adc {high}, {high}, {zero}",
            x = in(reg) sum.wrapping_add(channel.bias),
            m = in(reg) channel.multiplier,
            e = in(reg) -channel.shift,
            zero = in(reg) clamp.zero,
            low = out(reg) low,
            high = out(reg) high,
            options(pure, nomem, nostack),
        );
    }
    let _ = low;
    limit(high, clamp)
}

#[inline(never)]
fn general(channel: &Channel, rounding: u32, sum: i32, clamp: &Clamp) -> u8 {
    if rounding == 0 || channel.shift >= 0 {
        return channel.requantize_as(rounding, sum, clamp);
    }
    let (high, low): (i32, u32);
    // SAFETY: arithmetic on registers.
    unsafe {
        asm!(
            "smull {low}, {high}, {x}, {m}",
            // Of a negative half, one less makes the carry round it down, away from zero.
            "adds {low}, {low}, {high}, asr #31",
            "adc {high}, {high}, {high}, asr #31",
            // The last bit shifted out is the carry: of the low word, unless the high one is shifted.
            "lsls {low}, {low}, #1",
            "asrs {high}, {high}, {e}",
            "adc {high}, {high}, {zero}",
            x = in(reg) sum.wrapping_add(channel.bias),
            m = in(reg) channel.multiplier,
            // What is left of `31 - shift` when the low word is gone.
            e = in(reg) !channel.shift,
            zero = in(reg) clamp.zero,
            low = out(reg) low,
            high = out(reg) high,
            options(pure, nomem, nostack),
        );
    }
    let _ = low;
    limit(high, clamp)
}
